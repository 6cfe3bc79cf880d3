// Common to the faults that set a machine's clocks wrong: how far clocks may be led astray in all, however
// many strikes add up. Wall clocks keep within 50 years behind and 100 years ahead (as a 64-bit count of ns
// they end after 292), rates between 0.6 and 11 times true time: no clock stands still or runs back by drift.
#pragma once

#include <algorithm>

#include "faults/fault.hpp"

namespace wrackline::faults {

/// Steps the wall clock, and returns by how much: the whole way, unless that is too far.
inline sim::Duration step_wall_clock(sim::Node& node, sim::Duration by) {
  constexpr sim::Duration kYear = std::chrono::hours{24 * 366};
  const sim::Duration error = node.clock().wall_error(node.sim().now());
  const sim::Duration done = std::clamp(error + by, -50 * kYear, 100 * kYear) - error;
  node.change_clock([done](sim::NodeClock& clock, sim::Time now) { clock.step(now, done); });
  return done;
}

/// Adds to the drift, so that overlapping ones heal in any order; returns what was added.
inline std::int64_t add_drift(sim::Node& node, std::int64_t by_ppb) {
  constexpr std::int64_t kSlowest = -400'000'000;
  constexpr std::int64_t kFastest = 10'000'000'000;
  const std::int64_t now_ppb = node.clock().drift_ppb();
  const std::int64_t done = std::clamp(now_ppb + by_ppb, kSlowest, kFastest) - now_ppb;
  node.change_clock([&](sim::NodeClock& clock, sim::Time now) { clock.set_drift_ppb(now, now_ppb + done); });
  return done;
}

}  // namespace wrackline::faults
