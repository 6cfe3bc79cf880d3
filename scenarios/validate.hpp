// What concerns several parts of a scenario: references, settings that contradict each other, what is not
// built yet.
#pragma once

#include "scenarios/document.hpp"
#include "scenarios/scenario.hpp"

namespace wrackline::scenarios {

/// Checks a cell that was read without errors, and completes it: group.id and enable.auto.commit from the
/// job, ids of faults. `document` is what it was read from, for the places.
void validate(ScenarioSpec& spec, const Node& document, Diagnostics& diagnostics);

}  // namespace wrackline::scenarios
