#include "engine/event_time/spark/state_table.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::event_time::spark {

std::uint32_t StateTable::find(Row key) const {
  assert(key.size() == key_width_);
  if (index_.empty()) return kAbsent;
  for (std::size_t at = bucket_of(key); index_[at] != kAbsent; at = (at + 1) & (index_.size() - 1))
    if (std::ranges::equal(this->key(index_[at]), key)) return index_[at];
  return kAbsent;
}

std::uint32_t StateTable::find_or_insert(Row key, bool& inserted) {
  if (const std::uint32_t slot = find(key); slot != kAbsent) {
    inserted = false;
    return slot;
  }
  inserted = true;
  if ((live_ + 1) * 2 > index_.size()) grow();
  std::uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(used_.size());
    used_.push_back(1);
    cells_.resize(cells_.size() + width_);
  } else {
    slot = free_.back();
    free_.pop_back();
    used_[slot] = 1;
    std::fill_n(cells_.begin() + static_cast<std::ptrdiff_t>(slot * width_), width_, Value{});
  }
  std::ranges::copy(key, cells_.begin() + static_cast<std::ptrdiff_t>(slot * width_));
  std::size_t at = bucket_of(key);
  while (index_[at] != kAbsent) at = (at + 1) & (index_.size() - 1);
  index_[at] = slot;
  ++live_;
  return slot;
}

void StateTable::remove(std::uint32_t slot) {
  assert(used_[slot] != 0);
  const std::size_t mask = index_.size() - 1;
  std::size_t hole = bucket_of(key(slot));
  while (index_[hole] != slot) hole = (hole + 1) & mask;
  // Backward shift: an entry may fill the hole if its own bucket does not lie behind the hole.
  for (std::size_t at = (hole + 1) & mask; index_[at] != kAbsent; at = (at + 1) & mask) {
    const std::size_t home = bucket_of(key(index_[at]));
    if (((at - home) & mask) >= ((at - hole) & mask)) {
      index_[hole] = index_[at];
      hole = at;
    }
  }
  index_[hole] = kAbsent;
  used_[slot] = 0;
  free_.push_back(slot);
  --live_;
}

void StateTable::clear() {
  cells_.clear();
  used_.clear();
  free_.clear();
  std::ranges::fill(index_, kAbsent);
  live_ = 0;
}

void StateTable::grow() {
  index_.assign(std::max<std::size_t>(16, index_.size() * 2), kAbsent);
  for (std::uint32_t slot = 0; slot < used_.size(); ++slot) {
    if (used_[slot] == 0) continue;
    std::size_t at = bucket_of(key(slot));
    while (index_[at] != kAbsent) at = (at + 1) & (index_.size() - 1);
    index_[at] = slot;
  }
}

}  // namespace wrackline::event_time::spark
