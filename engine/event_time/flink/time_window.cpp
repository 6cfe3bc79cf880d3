#include "engine/event_time/flink/time_window.hpp"

namespace wrackline::event_time::flink {

std::vector<std::string> WindowAssigner::problems(Version version) const {
  constexpr std::int64_t kMostWindowsPerElement = 10'000'000;
  const std::string time = processing_time ? "Processing" : "Event";
  switch (kind) {
    case Kind::tumbling:
      if (java_abs(offset_ms) >= size_ms)
        return {"Tumbling" + time + "TimeWindows parameters must satisfy abs(offset) < size"};
      break;
    case Kind::sliding:
      if (java_abs(offset_ms) >= slide_ms || size_ms <= 0)
        return {"Sliding" + time + "TimeWindows parameters must satisfy abs(offset) < slide and size > 0"};
      if (version != Version::v1_20 && size_ms / slide_ms > kMostWindowsPerElement)
        return {"Sliding" + time + "TimeWindows parameters must satisfy size / slide <= 10000000"};
      break;
    case Kind::session:
      if (gap_ms <= 0) return {time + "TimeSessionWindows parameters must satisfy 0 < size"};
      break;
    case Kind::dynamic_session:
    case Kind::global:
    case Kind::global_end_of_stream:
      break;
  }
  return {};
}

WindowAssigner::Refusal WindowAssigner::assign(const WindowElement& element, std::int64_t now_ms,
                                               std::vector<TimeWindow>& windows) const {
  windows.clear();
  const TimestampMs ts = processing_time ? now_ms : element.timestamp;
  switch (kind) {
    case Kind::tumbling: {
      if (!processing_time && ts == kMinTimestamp) return Refusal::no_timestamp;
      const TimestampMs start = window_start(ts, java_remainder(offset_ms, size_ms), size_ms);
      windows.push_back({start, wrapping_add(start, size_ms)});
      break;
    }
    case Kind::sliding: {
      if (!processing_time && ts == kMinTimestamp) return Refusal::no_timestamp;
      const TimestampMs until = wrapping_sub(ts, size_ms);
      for (TimestampMs start = window_start(ts, offset_ms, slide_ms); start > until;
           start = wrapping_sub(start, slide_ms)) {
        // A start that has wrapped: the engine would list windows around the whole axis until its memory is
        // full.
        if (start > ts && until <= ts) break;
        windows.push_back({start, wrapping_add(start, size_ms)});
      }
      break;
    }
    case Kind::session:
      windows.push_back({ts, wrapping_add(ts, gap_ms)});
      break;
    case Kind::dynamic_session:
      if (element.gap_ms <= 0) return Refusal::gap_not_positive;
      windows.push_back({ts, wrapping_add(ts, element.gap_ms)});
      break;
    case Kind::global:
    case Kind::global_end_of_stream:
      windows.push_back(kGlobalWindow);
      break;
  }
  return Refusal::none;
}

}  // namespace wrackline::event_time::flink
