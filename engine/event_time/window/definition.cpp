#include "engine/event_time/window/definition.hpp"

#include <fmt/format.h>

namespace wrackline::event_time::window {

using Kind = WindowDefinition::Kind;

WindowDefinition WindowDefinition::tumbling(std::int64_t size_ms, std::int64_t offset_ms) {
  WindowDefinition made;
  made.size_ms = made.slide_ms = size_ms;
  made.offset_ms = offset_ms;
  return made;
}
WindowDefinition WindowDefinition::hopping(std::int64_t size_ms, std::int64_t slide_ms,
                                           std::int64_t offset_ms) {
  WindowDefinition made = tumbling(size_ms, offset_ms);
  made.kind = Kind::hopping;
  made.slide_ms = slide_ms;
  return made;
}
WindowDefinition WindowDefinition::cumulate(std::int64_t max_size_ms, std::int64_t step_ms,
                                            std::int64_t offset_ms) {
  WindowDefinition made = hopping(max_size_ms, step_ms, offset_ms);
  made.kind = Kind::cumulate;
  return made;
}
WindowDefinition WindowDefinition::session(std::int64_t gap_ms) {
  WindowDefinition made;
  made.kind = Kind::session;
  made.gap_ms = gap_ms;
  return made;
}
WindowDefinition WindowDefinition::sliding(std::int64_t difference_ms) {
  WindowDefinition made;
  made.kind = Kind::sliding;
  made.size_ms = difference_ms;
  return made;
}
WindowDefinition WindowDefinition::count(std::int64_t records, std::int64_t every) {
  WindowDefinition made;
  made.kind = Kind::count;
  made.records = records;
  made.every = every == 0 ? records : every;
  return made;
}
WindowDefinition WindowDefinition::global() {
  WindowDefinition made;
  made.kind = Kind::global;
  return made;
}
WindowDefinition WindowDefinition::in(std::shared_ptr<const TimeZone> where) const {
  WindowDefinition made = *this;
  made.zone = std::move(where);
  return made;
}

std::vector<std::string> WindowDefinition::problems() const {
  constexpr std::int64_t kLongest = kMaxTimestamp / 4;
  constexpr std::int64_t kMostWindowsPerRecord = 10'000'000;
  std::vector<std::string> found;
  const auto positive = [&](std::int64_t value, std::string_view what) {
    if (value <= 0) {
      found.push_back(fmt::format("the {} must be greater than 0 ms, not {} ms", what, value));
    } else if (value > kLongest) {
      found.push_back(fmt::format("a {} of {} ms is longer than the time axis", what, value));
    }
  };
  if (by_timestamp()) {
    positive(size_ms, "window size");
    positive(slide_ms, kind == Kind::cumulate ? "step" : "slide");
    if (!found.empty()) return found;
    if (kind == Kind::tumbling && size_ms != slide_ms)
      found.push_back("a tumbling window slides by its size");
    if (kind == Kind::cumulate && size_ms % slide_ms != 0)
      found.push_back(
          fmt::format("the step of {} ms must divide the greatest size of {} ms", slide_ms, size_ms));
    const std::int64_t turn = kind == Kind::cumulate ? size_ms : slide_ms;
    if (offset_ms <= -turn || offset_ms >= turn)
      found.push_back(
          fmt::format("the window offset must be shorter than {} ms, not {} ms", turn, offset_ms));
    if (size_ms / slide_ms > kMostWindowsPerRecord)
      found.push_back(fmt::format("{} windows per record are too many", size_ms / slide_ms));
    return found;
  }
  if (zone != nullptr)
    found.push_back("only tumbling, hopping and cumulate windows have borders in a time zone");
  if (offset_ms != 0) found.push_back("only tumbling, hopping and cumulate windows have an offset");
  if (kind == Kind::session && !gap_of) positive(gap_ms, "session gap");
  if (kind == Kind::sliding && (size_ms < 0 || size_ms > kLongest))
    found.push_back(fmt::format("the time difference must be 0 ms or more, not {} ms", size_ms));
  if (kind == Kind::count && (records <= 0 || every <= 0 || every > records))
    found.push_back(
        fmt::format("a count window of {} records, every {}: 0 < every <= records", records, every));
  return found;
}

}  // namespace wrackline::event_time::window
