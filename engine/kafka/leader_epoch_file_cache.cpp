#include "engine/kafka/leader_epoch_file_cache.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::kafka {

void LeaderEpochFileCache::assign_slow(LeaderEpoch epoch, Offset start_offset) {
  assert(epoch >= 0 && start_offset >= 0);
  while (!entries_.empty() &&
         (entries_.back().epoch >= epoch || entries_.back().start_offset >= start_offset)) {
    entries_.pop_back();
  }
  entries_.push_back({epoch, start_offset});
}

std::optional<LeaderEpoch> LeaderEpochFileCache::latest_epoch() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.back().epoch;
}

std::optional<EpochEntry> LeaderEpochFileCache::earliest_entry() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.front();
}

std::optional<LeaderEpoch> LeaderEpochFileCache::epoch_of_offset(Offset offset) const {
  const auto entries = entries_.items();
  const auto after =
      std::upper_bound(entries.begin(), entries.end(), offset,
                       [](Offset wanted, const EpochEntry& entry) { return wanted < entry.start_offset; });
  if (after == entries.begin()) return std::nullopt;
  return std::prev(after)->epoch;
}

std::optional<EpochEndOffset> LeaderEpochFileCache::end_offset_for(LeaderEpoch requested,
                                                                   Offset log_end_offset) const {
  if (requested == kNoLeaderEpoch || entries_.empty()) return std::nullopt;
  if (entries_.back().epoch == requested) return EpochEndOffset{requested, log_end_offset};
  const auto entries = entries_.items();
  const auto higher =
      std::upper_bound(entries.begin(), entries.end(), requested,
                       [](LeaderEpoch wanted, const EpochEntry& entry) { return wanted < entry.epoch; });
  if (higher == entries.end()) return std::nullopt;
  // KIP-279: name the largest epoch <= the requested one; below all known epochs the answer is where the
  // first one starts.
  if (higher == entries.begin()) return EpochEndOffset{requested, higher->start_offset};
  return EpochEndOffset{std::prev(higher)->epoch, higher->start_offset};
}

void LeaderEpochFileCache::truncate_from_end(Offset end_offset) {
  if (end_offset < 0) return;
  while (!entries_.empty() && entries_.back().start_offset >= end_offset) entries_.pop_back();
}

void LeaderEpochFileCache::truncate_from_start(Offset start_offset) {
  // The epoch in force at the new start survives, moved up to it.
  while (entries_.size() >= 2 && entries_[1].start_offset <= start_offset) entries_.pop_front();
  if (!entries_.empty() && entries_.front().start_offset < start_offset)
    entries_.front().start_offset = start_offset;
}

}  // namespace wrackline::kafka
