// Event time as the engines see it: whole milliseconds in 64 bits, with the two ends of the axis as special
// values.
//
// Modelled: Flink's conventions (Long.MIN_VALUE = "no watermark yet", Long.MAX_VALUE = "end of bounded
// input", window arithmetic by floor, cleanup times that saturate instead of wrapping). Not modelled: time
// zones, calendars.
#pragma once

#include <cstdint>
#include <limits>

namespace wrackline::event_time {

/// A point on the event-time axis, Unix epoch milliseconds.
using TimestampMs = std::int64_t;

/// "No watermark yet": every generator, channel and operator starts here.
inline constexpr TimestampMs kMinTimestamp = std::numeric_limits<TimestampMs>::min();
/// "Nothing will follow": the watermark of an ended input.
inline constexpr TimestampMs kMaxTimestamp = std::numeric_limits<TimestampMs>::max();

constexpr TimestampMs saturating_add(TimestampMs a, std::int64_t b) {
  TimestampMs sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return b < 0 ? kMinTimestamp : kMaxTimestamp;
  return sum;
}
constexpr TimestampMs saturating_sub(TimestampMs a, std::int64_t b) {
  TimestampMs difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) return b < 0 ? kMaxTimestamp : kMinTimestamp;
  return difference;
}

/// The largest multiple of `step` (shifted by `offset`) that is <= ts: TimeWindow.getWindowStartWithOffset,
/// right for timestamps before 1970 and for negative offsets too. Timestamps within a window size of the ends
/// saturate.
constexpr TimestampMs floor_to(TimestampMs ts, std::int64_t step, std::int64_t offset) {
  std::int64_t remainder = (ts % step - offset % step) % step;
  if (remainder < 0) remainder += step;
  return saturating_sub(ts, remainder);
}

}  // namespace wrackline::event_time
