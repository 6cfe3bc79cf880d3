// From the values of a scenario to those of the rooms that act on them: laws to sim's distributions, sources
// to the workload's laws, faults to the specs that faults::resolve turns into a plan.
#pragma once

#include <string>
#include <vector>

#include "engine/workload/source.hpp"
#include "faults/plan.hpp"
#include "scenarios/scenario.hpp"
#include "sim/distribution.hpp"

namespace wrackline::scenarios {

/// In nanoseconds. Not of the laws that only a source's delay can have.
sim::Distribution distribution_of(const Law& law);
/// Of a source.
workload::DelayLaw delay_law_of(const Law& law);

std::vector<workload::ClockChange> clock_changes_of(const ClockSpec& clock);

/// `share` producers share the rate of the source evenly.
workload::ArrivalLaw arrival_law_of(const SourceSpec& source, std::int32_t share);
workload::KeyLaw key_law_of(const KeySpec& keys);

faults::FaultSpec fault_of(const FaultSpec& fault);
std::vector<faults::FaultSpec> faults_of(const ScenarioSpec& scenario);

}  // namespace wrackline::scenarios
