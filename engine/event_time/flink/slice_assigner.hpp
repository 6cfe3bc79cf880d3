// The windows of Flink SQL's table functions: TUMBLE, HOP and CUMULATE, cut into slices.
//
// Modelled: SliceAssigners (event time). A row belongs to one slice; a window is made of slices. TUMBLE: the
// window is the slice. HOP: windows share slices as long as the slide; the size must be a multiple of it.
// CUMULATE: windows that start together share the slice of the first. Time zones: slices are cut on the axis
// that the caller passes in; SESSION windows are not sliced (sql_window.hpp). The refusals are the planner's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/event_time/flink/time_window.hpp"

namespace wrackline::event_time::flink {

struct SliceAssigner {
  enum class Kind : std::uint8_t { tumble, hop, cumulate };
  Kind kind = Kind::tumble;
  std::int64_t size_ms = 1000;  ///< of cumulate: the longest window
  std::int64_t step_ms = 1000;  ///< slide of hop, step of cumulate; of tumble: the size
  std::int64_t offset_ms = 0;

  /// Why an aggregation over it is refused (TableException); empty if it is not.
  std::vector<std::string> aggregate_problems() const;
  /// Windows of a row outside an aggregation (the window table function itself).
  void assign(TimestampMs ts, std::vector<TimeWindow>& windows) const;

  TimestampMs slice_end(TimestampMs ts) const {
    return wrapping_add(window_start(ts, offset_ms, step_ms), step_ms);
  }
  /// The end of the last window over the slice.
  TimestampMs last_window_end(TimestampMs slice) const {
    switch (kind) {
      case Kind::tumble:
        return slice;
      case Kind::hop:
        return slice - step_ms + size_ms;
      case Kind::cumulate:
        return start_of(slice) + size_ms;
    }
    return slice;
  }
  /// Start of the window that ends there.
  TimestampMs start_of(TimestampMs window_end) const {
    return kind == Kind::cumulate ? window_start(window_end - 1, offset_ms, size_ms) : window_end - size_ms;
  }
};

}  // namespace wrackline::event_time::flink
