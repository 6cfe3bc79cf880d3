#include "engine/event_time/window_assigner.hpp"

#include <cstdlib>
#include <numeric>

#include <fmt/format.h>

namespace wrackline::event_time {

std::vector<std::string> WindowAssigner::problems() const {
  constexpr std::int64_t kMostWindowsPerRecord = 10'000'000;  // Flink 2.x refuses more
  std::vector<std::string> found;
  if (size_ms <= 0)
    found.push_back(fmt::format("the window size must be greater than 0 ms, not {} ms", size_ms));
  if (slide_ms <= 0)
    found.push_back(fmt::format("the window slide must be greater than 0 ms, not {} ms", slide_ms));
  if (!found.empty()) return found;
  if (size_ms > kMaxTimestamp / 4 || slide_ms > kMaxTimestamp / 4)
    found.push_back(
        fmt::format("a window of {} ms (slide {} ms) is longer than the time axis", size_ms, slide_ms));
  if (offset_ms <= -slide_ms || offset_ms >= slide_ms)
    found.push_back(fmt::format("the window offset must be shorter than the {} of {} ms, not {} ms",
                                is_tumbling() ? "size" : "slide", slide_ms, offset_ms));
  if (size_ms / slide_ms > kMostWindowsPerRecord)
    found.push_back(fmt::format("{} windows per record are too many: size / slide must not exceed {}",
                                size_ms / slide_ms, kMostWindowsPerRecord));
  return found;
}

void WindowAssigner::assign(TimestampMs ts, std::vector<Window>& windows) const {
  windows.clear();
  for (TimestampMs start = last_start(ts); start > saturating_sub(ts, size_ms); start -= slide_ms)
    windows.push_back({start, saturating_add(start, size_ms)});
}

std::int64_t WindowAssigner::slice_ms() const { return std::gcd(size_ms, slide_ms); }

}  // namespace wrackline::event_time
