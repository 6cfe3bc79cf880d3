#include "analysis/checkers/free_windows.hpp"

#include <algorithm>

#include "engine/event_time/window/batch_oracle.hpp"

namespace wrackline::analysis {

using Definition = event_time::window::WindowDefinition;
using Function = event_time::window::AggregateSpec::Function;
using Accumulation = event_time::window::PanePolicy::Accumulation;

FreeWindows::FreeWindows(const Definition& windows, const event_time::window::AggregateSpec& aggregate,
                         const event_time::window::PanePolicy& panes, ValueOf value_of)
    : windows_{windows}, aggregate_{aggregate}, panes_{panes}, value_of_{std::move(value_of)} {
  if (windows.by_timestamp()) by_timestamp_.emplace(windows);
}

bool FreeWindows::sessions() const { return windows_.kind == Definition::Kind::session; }
bool FreeWindows::sliding() const { return windows_.kind == Definition::Kind::sliding; }
bool FreeWindows::overlaps_by_number() const {
  return windows_.kind == Definition::Kind::count && windows_.every < windows_.records;
}
bool FreeWindows::shares_starts() const { return windows_.kind == Definition::Kind::cumulate; }

std::uint32_t FreeWindows::most_windows() const {
  // And one more: the row that the end of the input calls forth comes out of turn.
  if (overlaps_by_number())
    return static_cast<std::uint32_t>((windows_.records + windows_.every - 1) / windows_.every) + 1;
  return by_timestamp() ? static_cast<std::uint32_t>(by_timestamp_->most_windows()) : 1;
}

std::vector<FreeWindows::Window> FreeWindows::windows_of(std::int64_t event_time_ms) const {
  std::vector<Window> windows;
  by_timestamp_->assign(event_time_ms, windows);
  return windows;
}

std::int64_t FreeWindows::last_end(std::int64_t event_time_ms) const {
  return by_timestamp() ? by_timestamp_->last_end(event_time_ms)
         : sessions()   ? event_time_ms + windows_.gap_ms
         : sliding()    ? event_time_ms + windows_.size_ms + 2  // the window behind it
                        : event_time::kMaxTimestamp;
}

std::int64_t FreeWindows::closes_at(std::int64_t event_time_ms) const {
  return event_time::saturating_add(last_end(event_time_ms) - 1, panes_.allowed_lateness_ms);
}

std::int64_t FreeWindows::gap_of(std::uint32_t key, sim::EventId id) const {
  return windows_.gap(key, windows_.gap_of && value_of_ ? value_of_(id) : 0);
}

std::string FreeWindows::wrong_with(const Window& window, std::uint32_t key, std::uint32_t pane,
                                    std::int64_t value, std::vector<Member> members, bool times_known) const {
  if (members.empty()) return "it has no records";
  if (by_timestamp() && !by_timestamp_->is_window(window)) return "no such window";
  std::sort(members.begin(), members.end(),
            [](const Member& a, const Member& b) { return a.event_time_ms < b.event_time_ms; });
  if (sessions() && times_known && panes_.accumulation != Accumulation::discarding) {
    std::int64_t reach = members.front().event_time_ms;
    for (const Member& member : members) {
      if (member.event_time_ms > reach) return "its records are no one session: there is a hole";
      reach = std::max(reach, member.event_time_ms + gap_of(key, member.id));
    }
    if (window != Window{members.front().event_time_ms, reach})
      return "its window is not that of its records";
  }
  if (windows_.kind == Definition::Kind::count && members.size() > static_cast<std::size_t>(windows_.records))
    return "more records than a count window holds";
  if (overlaps_by_number()) {
    // The end of the input shows what has come since the row before, be it less than a window each time.
    const std::int64_t most = std::min(windows_.records, (std::int64_t{pane} + 1) * windows_.every);
    const std::int64_t least = std::min(windows_.records, std::int64_t{pane} * windows_.every + 1);
    const auto held = static_cast<std::int64_t>(members.size());
    if (held < least || held > most)
      return "row " + std::to_string(pane) + " of its key holds " + std::to_string(held) + " records";
  }
  if (value_of_ && aggregate_.function != Function::quantile_t_digest) {
    std::vector<std::int64_t> values;
    for (const Member& member : members) values.push_back(value_of_(member.id));
    const auto wanted = event_time::window::batch_aggregate(aggregate_, std::move(values)).value;
    if (wanted != value)
      return "its value is " + std::to_string(value) + ", that of its records " + std::to_string(wanted);
  }
  return {};
}

}  // namespace wrackline::analysis
