// Named models of delays: the domains of science.md 6.1, each with the facts of its row. Where a row gives
// quantiles, the model gives them too (tests/workload/delay_models_test.cpp); where it gives a story (an
// upload period, a stall), the model tells the story, so that neighbours hang together as they do out there.
//
// Beside them stand the quantile knots of single traces (delay_profiles.hpp): a shape without a story.
#pragma once

#include <span>
#include <string_view>

#include "engine/workload/delay_law.hpp"

namespace wrackline::workload {

struct DelayModel {
  std::string_view name;         ///< "phones-umts"
  std::string_view description;  ///< one line
  std::string_view basis;        ///< the row of science.md 6.1
  DelayLaw (*make)();
};

/// All of them, by name.
std::span<const DelayModel> delay_models();
/// Null if there is none of that name.
const DelayModel* find_delay_model(std::string_view name);

/// The generator of the out-of-order literature (Grulich et al., DEBS 2019): a share of the records is
/// delayed evenly between two ends, the rest not at all.
sim::Distribution fraction_delayed(double share, double min_ns, double max_ns);

}  // namespace wrackline::workload
