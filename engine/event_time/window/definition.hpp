// What is collected together: the wider vocabulary of windows, as plain values.
//
//   tumbling S                    [start, start + S), one after the other
//   hopping S by g                a window of S begins every g
//   cumulate max S by step g      windows that share a start, and end g, 2g, ... S after it (Flink's
//   CUMULATE) session, gap                  records of a key no further apart than the gap; windows that
//   touch merge
//                                 (Flink: [0,5) and [5,9) are one). The gap may differ from record to record
//   sliding D                     Kafka Streams' SlidingWindows: windows [t - D, t] and [t + 1, t + 1 + D]
//                                 for each record time t; both ends inclusive, so the Window is [.., .. + 1)
//   count n, every m              the last n records of a key, each m of them (m = n: one after the other)
//   global                        all records of a key, for ever: only panes and the end of the input fire it
//
// Tumbling, hopping and cumulate windows are a function of the timestamp (time_windows.hpp); with a zone
// their borders are times on the wall clock there. Offsets shift the borders. Not modelled: stagger, windows
// of months or years.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/event_time/window/time_zone.hpp"

namespace wrackline::event_time::window {

struct WindowDefinition {
  enum class Kind : std::uint8_t { tumbling, hopping, cumulate, session, sliding, count, global };
  Kind kind = Kind::tumbling;
  std::int64_t size_ms = 1000;   ///< of sliding: the time difference D
  std::int64_t slide_ms = 1000;  ///< of cumulate: the step
  std::int64_t offset_ms = 0;
  std::int64_t gap_ms = 0;
  /// Sessions with a gap of the record's own, which must be > 0; without it all have gap_ms.
  std::function<std::int64_t(std::uint32_t key, std::int64_t value)> gap_of;
  std::int64_t records = 0;  ///< of count
  std::int64_t every = 0;
  std::shared_ptr<const TimeZone> zone;  ///< null: UTC

  static WindowDefinition tumbling(std::int64_t size_ms, std::int64_t offset_ms = 0);
  static WindowDefinition hopping(std::int64_t size_ms, std::int64_t slide_ms, std::int64_t offset_ms = 0);
  static WindowDefinition cumulate(std::int64_t max_size_ms, std::int64_t step_ms,
                                   std::int64_t offset_ms = 0);
  static WindowDefinition session(std::int64_t gap_ms);
  static WindowDefinition sliding(std::int64_t difference_ms);
  static WindowDefinition count(std::int64_t records, std::int64_t every = 0);
  static WindowDefinition global();
  WindowDefinition in(std::shared_ptr<const TimeZone> where) const;

  /// Are the windows a function of the timestamp alone?
  bool by_timestamp() const { return kind <= Kind::cumulate; }
  std::int64_t gap(std::uint32_t key, std::int64_t value) const {
    return gap_of ? gap_of(key, value) : gap_ms;
  }
  /// What is impossible about it, in words; empty if nothing.
  std::vector<std::string> problems() const;
};

}  // namespace wrackline::event_time::window
