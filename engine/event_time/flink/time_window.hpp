// A window of Flink's DataStream API, and which windows an element gets.
//
// Modelled: Tumbling, Sliding, (dynamic) Session windows over event or processing time and GlobalWindows,
// with their constructors' refusals in Flink's words; arithmetic that wraps at the ends of the axis (surprise
// 7). Only tumbling and sliding event-time assigners refuse a record without a timestamp, sessions take it.
// Version: 2.x refuses more than 10 000 000 windows per element. Not modelled: random and natural stagger.
// (The core's WindowAssigner is the slice-cutting, saturating relative for the pipeline's fast operator.)
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/event_time/flink/java_long.hpp"
#include "engine/event_time/flink/version.hpp"

namespace wrackline::event_time::flink {

struct TimeWindow {
  TimestampMs start = 0;
  TimestampMs end = 0;

  TimestampMs max_timestamp() const { return wrapping_sub(end, 1); }
  /// Touching windows intersect too.
  bool intersects(const TimeWindow& other) const { return start <= other.end && end >= other.start; }
  TimeWindow cover(const TimeWindow& other) const {
    return {start < other.start ? start : other.start, end > other.end ? end : other.end};
  }
  friend auto operator<=>(const TimeWindow&, const TimeWindow&) = default;
};

/// GlobalWindow: no bounds, and a maximum timestamp of MAX. No time window has these bounds.
inline constexpr TimeWindow kGlobalWindow{kMinTimestamp, kMinTimestamp};

/// What a record brings into the windows.
struct WindowElement {
  std::int64_t value = 0;
  TimestampMs timestamp = kMinTimestamp;  ///< kMinTimestamp if it has none
  bool has_timestamp = true;
  std::int64_t gap_ms = 0;  ///< what the dynamic session's extractor says
};

struct WindowAssigner {
  enum class Kind : std::uint8_t {
    tumbling,
    sliding,
    session,
    dynamic_session,
    global,
    global_end_of_stream,  ///< global, with a default trigger that fires at MAX
  };
  enum class Refusal : std::uint8_t { none, no_timestamp, gap_not_positive };

  Kind kind = Kind::tumbling;
  bool processing_time = false;
  std::int64_t size_ms = 1000;
  std::int64_t slide_ms = 1000;
  std::int64_t offset_ms = 0;
  std::int64_t gap_ms = 1000;

  bool is_global() const { return kind == Kind::global || kind == Kind::global_end_of_stream; }
  bool is_merging() const { return kind == Kind::session || kind == Kind::dynamic_session; }
  /// Whether lateness and cleanup follow the watermark. Global windows do not.
  bool is_event_time() const { return !processing_time && !is_global(); }

  /// What the constructor throws, in its words; empty if it accepts.
  std::vector<std::string> problems(Version version) const;
  /// The windows of an element, newest first; `windows` is overwritten. A refusal fails the job.
  Refusal assign(const WindowElement& element, std::int64_t now_ms, std::vector<TimeWindow>& windows) const;
};

}  // namespace wrackline::event_time::flink
