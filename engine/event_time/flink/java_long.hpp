// Java's long, where Flink lets it wrap.
//
// The core's helpers (timestamp.hpp) saturate at the ends of the axis, which is what a simulation wants.
// Flink does so only where it says so (a window's cleanup time); everywhere else its arithmetic wraps, and a
// window near the end of the axis gets an end before its start. The exact classes of this folder therefore
// use these.
#pragma once

#include <cstdint>

#include "engine/event_time/timestamp.hpp"

namespace wrackline::event_time::flink {

constexpr std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
constexpr std::int64_t wrapping_sub(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
/// Math.abs: the smallest long stays negative.
constexpr std::int64_t java_abs(std::int64_t a) { return a < 0 ? wrapping_sub(0, a) : a; }
/// a % b for b != 0; the one quotient that overflows has remainder 0 in Java.
constexpr std::int64_t java_remainder(std::int64_t a, std::int64_t b) { return b == -1 ? 0 : a % b; }

/// TimeWindow.getWindowStartWithOffset, wrapping included; size > 0.
constexpr TimestampMs window_start(TimestampMs ts, std::int64_t offset, std::int64_t size) {
  const std::int64_t remainder = java_remainder(wrapping_sub(ts, offset), size);
  return remainder < 0 ? wrapping_sub(ts, wrapping_add(remainder, size)) : wrapping_sub(ts, remainder);
}

}  // namespace wrackline::event_time::flink
