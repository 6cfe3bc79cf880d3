#include "engine/event_time/window/time_windows.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace wrackline::event_time::window {

namespace {
bool far_out(TimestampMs ts) { return ts < kMinTimestamp / 2 || ts > kMaxTimestamp / 2; }
}  // namespace

TimeWindows::TimeWindows(const WindowDefinition& definition)
    : definition_{definition}, slice_ms_{std::gcd(definition.size_ms, definition.slide_ms)} {
  assert(definition.by_timestamp() && definition.problems().empty());
}

void TimeWindows::assign(TimestampMs ts, std::vector<Window>& windows) const {
  windows.clear();
  if (far_out(ts)) return;
  const std::int64_t at = local(ts);
  const auto add = [&](std::int64_t start, std::int64_t end) {
    const Window window{instant(start), instant(end)};
    if (windows.empty() || windows.back() != window) windows.push_back(window);
  };
  if (definition_.kind == WindowDefinition::Kind::cumulate) {
    const std::int64_t start = floor_to(at, definition_.size_ms, definition_.offset_ms);
    const std::int64_t step = (at - start) / definition_.slide_ms + 1;
    for (std::int64_t end = start + step * definition_.slide_ms; end <= start + definition_.size_ms;
         end += definition_.slide_ms)
      add(start, end);
    return;
  }
  const std::int64_t newest = floor_to(at, definition_.slide_ms, definition_.offset_ms);
  const std::int64_t reach = definition_.size_ms - 1 - (at - newest);  // < 0: in a gap between windows
  if (reach < 0) return;
  for (std::int64_t start = newest - reach / definition_.slide_ms * definition_.slide_ms; start <= newest;
       start += definition_.slide_ms)
    add(start, start + definition_.size_ms);
}

Window TimeWindows::slice_of(TimestampMs ts) const {
  const std::int64_t start = floor_to(local(ts), slice_ms_, definition_.offset_ms);
  return {instant(start), instant(saturating_add(start, slice_ms_))};
}

TimestampMs TimeWindows::last_end(TimestampMs ts) const {
  if (far_out(ts)) return ts;
  const bool cumulate = definition_.kind == WindowDefinition::Kind::cumulate;
  const std::int64_t newest =
      floor_to(local(ts), cumulate ? definition_.size_ms : definition_.slide_ms, definition_.offset_ms);
  return instant(newest + definition_.size_ms);
}

std::int64_t TimeWindows::most_windows() const {
  return (definition_.size_ms + definition_.slide_ms - 1) / definition_.slide_ms;
}

bool TimeWindows::is_window(const Window& window) const {
  if (window.start_ms >= window.end_ms) return false;
  // A window's first instant is in it.
  std::vector<Window> windows;
  assign(window.start_ms, windows);
  return std::find(windows.begin(), windows.end(), window) != windows.end();
}

}  // namespace wrackline::event_time::window
