#include "engine/event_time/flink/merging_window_set.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>

namespace wrackline::event_time::flink {

namespace {

/// TimeWindow.hashCode (a 64-bit finalizer over start + end, cut to an int), spread as java.util.HashMap
/// does.
std::uint32_t java_hash(const TimeWindow& window) {
  auto bits = static_cast<std::uint64_t>(wrapping_add(window.start, window.end));
  bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebULL;
  const auto code = static_cast<std::uint32_t>(bits ^ (bits >> 31U));
  return code ^ (code >> 16U);
}

/// Sorts by `rank`, equals in the order in which they came; a key has few windows in flight.
template <typename Rank>
void sort_in_order(std::vector<TimeWindow>& windows, Rank rank) {
  for (auto at = windows.begin(); at != windows.end(); ++at) {
    const auto to = std::upper_bound(windows.begin(), at, *at, [&](const TimeWindow& a, const TimeWindow& b) {
      return rank(a) < rank(b);
    });
    std::rotate(to, at, at + 1);
  }
}

/// The order in which a java.util.HashSet lists what was added in this order: by bucket, then by insertion.
void order_as_hash_set(std::vector<TimeWindow>& windows, std::size_t added) {
  std::size_t buckets = 16;
  while (added * 4 > buckets * 3) buckets *= 2;
  sort_in_order(windows, [buckets](const TimeWindow& w) { return java_hash(w) & (buckets - 1); });
}

struct Group {
  TimeWindow cover;
  std::vector<TimeWindow> windows;
};

/// TimeWindow.mergeWindows: sweeps over the windows by start; groups of at least two distinct windows.
std::vector<Group> merge_windows(std::vector<TimeWindow> windows) {
  sort_in_order(windows, [](const TimeWindow& w) { return w.start; });
  std::vector<Group> groups;
  for (const TimeWindow& candidate : windows) {
    if (groups.empty() || !groups.back().cover.intersects(candidate)) {
      groups.push_back({candidate, {candidate}});
      continue;
    }
    Group& group = groups.back();
    group.cover = group.cover.cover(candidate);
    if (std::find(group.windows.begin(), group.windows.end(), candidate) == group.windows.end())
      group.windows.push_back(candidate);
  }
  std::erase_if(groups, [](const Group& group) { return group.windows.size() < 2; });
  return groups;
}

}  // namespace

TimeWindow MergingWindowSet::add(const TimeWindow& window, std::vector<Merge>& merges) {
  merges.clear();
  std::vector<TimeWindow> windows;
  windows.reserve(entries_.size() + 1);
  for (const Entry& entry : entries_) windows.push_back(entry.window);
  windows.push_back(window);

  std::vector<Group> groups = merge_windows(std::move(windows));
  TimeWindow result = window;
  bool merged_the_new_one = false;
  for (Group& group : groups) {
    const std::size_t added = group.windows.size();
    if (std::erase(group.windows, window) > 0) {
      merged_the_new_one = true;
      result = group.cover;
    }
    order_as_hash_set(group.windows, added);
    Merge merge{group.cover, group.windows, {}, {}};
    std::optional<TimeWindow> kept;
    for (const TimeWindow& old : group.windows) {
      const std::optional<TimeWindow> state = take(old);
      assert(state && "a window that is not in flight was merged");
      if (!kept) {
        kept = state;
      } else {
        merge.merged_state_windows.push_back(*state);
      }
    }
    merge.state_window = *kept;
    put(group.cover, *kept);
    // The arriving window lies within one in flight: nothing has changed.
    if (group.windows.size() == 1 && group.windows.front() == group.cover) continue;
    merges.push_back(std::move(merge));
  }
  if (groups.empty() || (result == window && !merged_the_new_one)) put(result, result);
  return result;
}

void MergingWindowSet::retire(const TimeWindow& window) {
  const std::optional<TimeWindow> state = take(window);
  assert(state && "a window that is not in flight was retired");
  static_cast<void>(state);
}

std::optional<TimeWindow> MergingWindowSet::state_window(const TimeWindow& window) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.window == window; });
  return found == entries_.end() ? std::nullopt : std::optional{found->state_window};
}

std::optional<TimeWindow> MergingWindowSet::take(const TimeWindow& window) {
  const std::optional<TimeWindow> state = state_window(window);
  std::erase_if(entries_, [&](const Entry& entry) { return entry.window == window; });
  return state;
}

void MergingWindowSet::put(const TimeWindow& window, const TimeWindow& state_window) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.window == window; });
  entries_.push_back({window, state_window});
}

}  // namespace wrackline::event_time::flink
