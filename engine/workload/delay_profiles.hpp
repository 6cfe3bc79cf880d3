// Measured delays by name: the quantile knots of recorded traces (science.md 6.3), as laws to draw from.
//
// Facts about data, not the data: thirteen knots each, interpolated linearly in the logarithm of the delay.
// Independent draws: the real delays of a feed are correlated (a stall holds many records at once), which
// only a replay of the trace or a stall law shows. Two of the traces contain negative delays, because a clock
// was wrong; the profile keeps the shape and says by how much it must be read earlier, but a delay on its way
// through time is never below zero.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sim/distribution.hpp"

namespace wrackline::workload {

struct DelayProfile {
  std::string_view name;             ///< "umts-d1"
  std::string_view description;      ///< one line
  std::span<const double> knots_ms;  ///< at kProfileShares
};

/// The shares of probability at which the knots lie.
std::span<const double> profile_shares();
/// All profiles, by name.
std::span<const DelayProfile> delay_profiles();
/// Null if there is none of that name.
const DelayProfile* find_delay_profile(std::string_view name);
/// The law in nanoseconds. Negative knots (wrong clocks) come out negative; a source cuts them at zero.
sim::Distribution delay_law(const DelayProfile& profile);

}  // namespace wrackline::workload
