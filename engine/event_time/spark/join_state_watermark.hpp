// How old a stored row of a stream-stream join must be to go: StreamingSymmetricHashJoinHelper and
// StreamingJoinHelper.
//
// Two forms. By key: a join key that is event time on either side (the time itself or a window of it) evicts
// by the watermark on both sides. By value: a range condition gives a state watermark to the left side if it
// bounds the left time from below, to the right side if it bounds it from above. The side's own input must
// have a watermark, and so must the other one, whose watermark is put into the condition; with one watermark
// nothing is ever cleaned (surprise 9). A bound that includes equality keeps one millisecond more.
//
// The helper does not ask whether a condition is about time: `l_value > 4` in the condition of an outer join
// reads as "the left side is later than 4 s", and of several bounds the least one counts. So such a condition
// pins the state watermark of its side: rows are not evicted, and unmatched ones are not emitted, however far
// the watermark goes.
#pragma once

#include <cstdint>
#include <optional>

namespace wrackline::event_time::spark {

enum class JoinSide : std::uint8_t { left, right };

/// l_ts >= r_ts + offset (lower) or l_ts <= r_ts + offset (upper).
struct TimeBound {
  std::int64_t offset_ms = 0;
  bool inclusive = true;
};

/// What the time conditions of a join say.
struct JoinTimes {
  bool watermark_in_keys = false;
  bool left_has_watermark = false;
  bool right_has_watermark = false;
  bool left_time_marked = false;  ///< the time of the range condition is event time on that side
  bool right_time_marked = false;
  std::optional<TimeBound> lower;
  std::optional<TimeBound> upper;
  /// The least bound that a comparison of some column of that side with a number is taken for.
  std::optional<std::int64_t> left_number_ms;
  std::optional<std::int64_t> right_number_ms;
};

struct StateWatermark {
  enum class Form : std::uint8_t { key, value };
  Form form = Form::key;
  std::int64_t ms = 0;
};
/// Rows of that side whose key or value is at or below `ms` go. Absent: the side is never cleaned.
std::optional<StateWatermark> state_watermark(const JoinTimes& times, JoinSide side,
                                              std::int64_t watermark_ms);

/// The range condition alone, as the checker asks at the start of a query: could the state of `side` be
/// bounded? It does not ask for a watermark on `side` itself.
std::optional<std::int64_t> state_value_watermark_ms(const JoinTimes& times, JoinSide side,
                                                     std::int64_t watermark_ms);

}  // namespace wrackline::event_time::spark
