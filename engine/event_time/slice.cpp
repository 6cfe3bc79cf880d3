#include "engine/event_time/slice.hpp"

#include <cassert>

namespace wrackline::event_time {

void Slice::open(TimestampMs start_ms) {
  start_ms_ = start_ms;
  keys_.clear();
  cells_.clear();
  ids_.clear();
  slots_.clear();
  packed_end_.clear();
  packed_count_ = 0;
}

void Slice::pack() {
  if (packed_count_ == ids_.size()) return;
  // A counting sort by slot; packed_end_ first holds where each slot begins, and has moved to its end
  // afterwards.
  packed_end_.assign(cells_.size(), 0);
  for (const std::uint32_t slot : slots_) ++packed_end_[slot];
  std::size_t begin = 0;
  for (std::size_t& end : packed_end_) {
    const std::size_t count = end;
    end = begin;
    begin += count;
  }
  packed_.resize(ids_.size());
  for (std::size_t i = 0; i < ids_.size(); ++i) packed_[packed_end_[slots_[i]]++] = ids_[i];
  packed_count_ = ids_.size();
}

void Slice::append_ids(std::uint32_t slot, std::vector<sim::EventId>& out) {
  if (ids_.size() - packed_count_ > kLongTail + packed_count_ / 16) pack();
  if (slot < packed_end_.size()) {
    const std::size_t begin = slot == 0 ? 0 : packed_end_[slot - 1];
    out.insert(out.end(), packed_.begin() + static_cast<std::ptrdiff_t>(begin),
               packed_.begin() + static_cast<std::ptrdiff_t>(packed_end_[slot]));
  }
  for (std::size_t i = packed_count_; i < ids_.size(); ++i)
    if (slots_[i] == slot) out.push_back(ids_[i]);
}

void Slice::put_back(std::uint32_t key, const Aggregate& aggregate, std::span<const sim::EventId> ids) {
  const std::uint32_t slot = keys_.find_or_insert(key);
  assert(slot == cells_.size());
  cells_.push_back(aggregate);
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  slots_.insert(slots_.end(), ids.size(), slot);
}

}  // namespace wrackline::event_time
