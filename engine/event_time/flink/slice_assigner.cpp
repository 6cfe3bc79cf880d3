#include "engine/event_time/flink/slice_assigner.hpp"

#include <fmt/format.h>

namespace wrackline::event_time::flink {

std::vector<std::string> SliceAssigner::aggregate_problems() const {
  if (kind == Kind::hop && size_ms % step_ms != 0)
    return {
        fmt::format("HOP table function based aggregate requires size must be an integral multiple of slide, "
                    "but got size {} ms and slide {} ms",
                    size_ms, step_ms)};
  if (kind == Kind::cumulate && size_ms % step_ms != 0)
    return {
        fmt::format("CUMULATE table function based aggregate requires maxSize must be an integral multiple "
                    "of step, but got maxSize {} ms and step {} ms",
                    size_ms, step_ms)};
  return {};
}

void SliceAssigner::assign(TimestampMs ts, std::vector<TimeWindow>& windows) const {
  windows.clear();
  switch (kind) {
    case Kind::tumble: {
      const TimestampMs start = window_start(ts, offset_ms, size_ms);
      windows.push_back({start, start + size_ms});
      break;
    }
    case Kind::hop:
      for (TimestampMs start = window_start(ts, offset_ms, step_ms); start > ts - size_ms; start -= step_ms)
        windows.push_back({start, start + size_ms});
      break;
    case Kind::cumulate: {
      const TimestampMs start = window_start(ts, offset_ms, size_ms);
      for (TimestampMs end = slice_end(ts); end <= start + size_ms; end += step_ms)
        windows.push_back({start, end});
      break;
    }
  }
}

}  // namespace wrackline::event_time::flink
