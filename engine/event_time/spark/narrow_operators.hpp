// Assignment of windows, and the time of a window: TimeWindowing, SessionWindowing, window_time.
#pragma once

#include <cstdint>

#include "engine/event_time/spark/row.hpp"

namespace wrackline::event_time::spark {

/// The time that a window is made from: a timestamp, or the last microsecond of another window.
inline std::int64_t time_of(const Value& value) {
  return value.kind == Value::Kind::window ? value.b - 1 : value.a;
}

/// Calls `emit(start_us, end_us)` for every window of `size_us` every `slide_us`, shifted by `start_us`, that
/// holds the time: start <= t < end.
template <typename Emit>
void assign_windows(std::int64_t t_us, std::int64_t size_us, std::int64_t slide_us, std::int64_t start_us,
                    Emit&& emit) {
  std::int64_t into = (t_us - start_us) % slide_us;
  if (into < 0) into += slide_us;
  for (std::int64_t start = t_us - into; start + size_us > t_us; start -= slide_us)
    emit(start, start + size_us);
}

}  // namespace wrackline::event_time::spark
