// Which windows does a timestamp belong to?
//
// Modelled: TumblingEventTimeWindows and SlidingEventTimeWindows of Flink, with offsets; the same arithmetic
// as Spark's window() and Kafka Streams' TimeWindows. A tumbling window is a hopping one whose slide is its
// size. If the slide is longer than the size there are gaps, and a record in a gap belongs to no window. Not
// modelled here: sessions, cumulate, count and global windows (they merge or do not depend on event time),
// stagger.
#pragma once

#include <string>
#include <vector>

#include "engine/event_time/timestamp.hpp"

namespace wrackline::event_time {

/// [start, end). Its largest timestamp is end - 1, and it may fire when the watermark reaches that.
struct Window {
  TimestampMs start_ms = 0;
  TimestampMs end_ms = 0;

  TimestampMs max_timestamp() const { return end_ms - 1; }
  friend auto operator<=>(const Window&, const Window&) = default;
};

struct WindowAssigner {
  std::int64_t size_ms = 1000;
  std::int64_t slide_ms = 1000;
  std::int64_t offset_ms = 0;

  static WindowAssigner tumbling(std::int64_t size_ms, std::int64_t offset_ms = 0) {
    return {size_ms, size_ms, offset_ms};
  }
  static WindowAssigner hopping(std::int64_t size_ms, std::int64_t slide_ms, std::int64_t offset_ms = 0) {
    return {size_ms, slide_ms, offset_ms};
  }

  bool is_tumbling() const { return size_ms == slide_ms; }
  /// What Flink would refuse, in words; empty if nothing. Everything below needs an assigner without
  /// problems.
  std::vector<std::string> problems() const;

  /// The newest window start that is <= ts (the window need not reach ts if there are gaps).
  TimestampMs last_start(TimestampMs ts) const { return floor_to(ts, slide_ms, offset_ms); }
  /// All windows of the timestamp, the newest first, as Flink lists them. `windows` is overwritten.
  void assign(TimestampMs ts, std::vector<Window>& windows) const;
  /// How many windows share a record: size / slide, rounded up.
  std::int64_t windows_per_record() const { return (size_ms + slide_ms - 1) / slide_ms; }
  /// The widest step that cuts every window border: what a record is stored in (stream slicing, science.md
  /// §2).
  std::int64_t slice_ms() const;
};

}  // namespace wrackline::event_time
