#include "analysis/sliding_index.hpp"

namespace wrackline::analysis {

void SlidingIndex::accepted(std::uint32_t key, std::int64_t time_ms, sim::EventId id) {
  Members& members = by_key_[key];
  Member member{time_ms, id};
  const auto at = std::lower_bound(members.begin(), members.end(), member, before);
  if (at != members.end() && at->time_ms == time_ms && at->id == id) return;
  if (const auto told = told_too_soon_.find(id.packed()); told != told_too_soon_.end()) {
    member.late_until_ms = told->second;
    told_too_soon_.erase(told);
  }
  members.insert(at, member);
  ++held_;
}

void SlidingIndex::late_until(std::uint32_t key, std::int64_t time_ms, sim::EventId id, std::int64_t end_ms) {
  Members& members = by_key_[key];
  const auto at = std::lower_bound(members.begin(), members.end(), Member{time_ms, id}, before);
  const bool known = at != members.end() && at->time_ms == time_ms && at->id == id;
  std::int64_t& until =
      known ? at->late_until_ms : told_too_soon_.try_emplace(id.packed(), end_ms).first->second;
  until = std::max(until, end_ms);
}

void SlidingIndex::dropped(std::uint32_t key, std::int64_t time_ms, sim::EventId id) {
  if (find(key, time_ms, id) != nullptr)
    late_until(key, time_ms, id, std::numeric_limits<std::int64_t>::max());
}

const SlidingIndex::Member* SlidingIndex::find(std::uint32_t key, std::int64_t time_ms,
                                               sim::EventId id) const {
  const auto members = by_key_.find(key);
  if (members == by_key_.end()) return nullptr;
  const auto at =
      std::lower_bound(members->second.begin(), members->second.end(), Member{time_ms, id}, before);
  return at != members->second.end() && at->time_ms == time_ms && at->id == id ? &*at : nullptr;
}

bool SlidingIndex::any_at(std::uint32_t key, std::int64_t time_ms) const {
  const auto members = by_key_.find(key);
  if (members == by_key_.end()) return false;
  const auto at = from(members->second, time_ms);
  return at != members->second.end() && at->time_ms == time_ms;
}

void SlidingIndex::starts_of(std::uint32_t key, std::int64_t time_ms,
                             std::vector<std::int64_t>& starts) const {
  starts.assign(1, time_ms - difference_ms_);
  const auto members = by_key_.find(key);
  if (members == by_key_.end()) return;
  for (auto at = from(members->second, time_ms - difference_ms_ - 1); at != members->second.end(); ++at) {
    if (at->time_ms > time_ms + difference_ms_) break;
    const std::int64_t start_ms = at->time_ms < time_ms ? at->time_ms + 1 : at->time_ms - difference_ms_;
    if (window_at(start_ms).end_ms > at->late_until_ms) starts.push_back(start_ms);
  }
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
}

void SlidingIndex::forget_before(std::int64_t time_ms, const Asked& asked) {
  const std::int64_t reach_ms = difference_ms_ + 2;
  for (auto& [key, members] : by_key_) {
    if (members.empty() || members.front().time_ms >= time_ms - reach_ms) continue;
    const std::size_t held = members.size();
    std::erase_if(members, [&, of = key](const Member& member) {
      if (member.time_ms >= time_ms - reach_ms) return false;
      const auto near =
          std::lower_bound(asked.begin(), asked.end(), std::pair{of, member.time_ms - reach_ms});
      return near == asked.end() || near->first != of || near->second > member.time_ms + reach_ms;
    });
    held_ -= held - members.size();
  }
  std::erase_if(by_key_, [](const auto& entry) { return entry.second.empty(); });
}

}  // namespace wrackline::analysis
