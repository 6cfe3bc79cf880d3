// Virtual time: 64-bit integer nanoseconds since the start of the run. There is no floating point in time.
//
// `Time` is *true* time, which drives the event queue and which only the kernel, the ledger and the checkers
// may read. A process of the simulated system sees its node's clock instead (sim/clock.hpp).
#pragma once

#include <chrono>
#include <cstdint>

namespace wrackline::sim {

using Duration = std::chrono::duration<std::int64_t, std::nano>;

/// Tag of the true time line; never read from the machine.
struct TrueTime {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  static constexpr bool is_steady = true;
};

using Time = std::chrono::time_point<TrueTime, Duration>;

inline constexpr Time kStart{};
inline constexpr Time kNever = Time::max();

constexpr std::int64_t to_ns(Time at) { return at.time_since_epoch().count(); }
constexpr Time from_ns(std::int64_t ns) { return Time{Duration{ns}}; }
/// Whole milliseconds since the start, rounded down: the resolution in which the real engines see time.
constexpr std::int64_t to_ms(Time at) {
  return std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

}  // namespace wrackline::sim
