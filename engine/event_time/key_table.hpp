// A flat open-addressing map from a key (an index in a key space) to a dense slot number 0, 1, 2, ... in the
// order of first insertion. Cleared in O(1) memory traffic per used slot, its memory is kept for the next
// window.
#pragma once

#include <cstdint>
#include <vector>

namespace wrackline::event_time {

class KeyTable {
 public:
  static constexpr std::uint32_t kAbsent = 0xffffffffU;

  std::uint32_t size() const { return static_cast<std::uint32_t>(keys_.size()); }
  /// Keys by slot.
  const std::vector<std::uint32_t>& keys() const { return keys_; }

  std::uint32_t find(std::uint32_t key) const {
    if (cells_.empty()) return kAbsent;
    for (std::uint32_t at = home(key);; at = (at + 1) & mask_) {
      if (cells_[at].slot == kAbsent || cells_[at].key == key) return cells_[at].slot;
    }
  }

  /// The key's slot, a new one if it is not there yet (then it equals the old size()).
  std::uint32_t find_or_insert(std::uint32_t key) {
    if (keys_.size() * 2 >= cells_.size()) grow();
    std::uint32_t at = home(key);
    while (cells_[at].slot != kAbsent) {
      if (cells_[at].key == key) return cells_[at].slot;
      at = (at + 1) & mask_;
    }
    cells_[at] = {key, size()};
    keys_.push_back(key);
    return cells_[at].slot;
  }

  void clear() {
    if (keys_.size() * 8 < cells_.size()) {
      for (const std::uint32_t key : keys_) forget(key);
    } else {
      for (Cell& cell : cells_) cell.slot = kAbsent;
    }
    keys_.clear();
  }

 private:
  struct Cell {
    std::uint32_t key = 0;
    std::uint32_t slot = kAbsent;
  };

  // Fibonacci hashing: consecutive key indices, the usual case, spread over the whole table.
  std::uint32_t home(std::uint32_t key) const { return (key * 2654435769U) >> shift_; }
  // Only for clear(): walks on from the home cell over cells that may be emptied already.
  void forget(std::uint32_t key) {
    for (std::uint32_t at = home(key);; at = (at + 1) & mask_) {
      if (cells_[at].key == key && cells_[at].slot != kAbsent) {
        cells_[at].slot = kAbsent;
        return;
      }
    }
  }
  void grow();

  std::vector<Cell> cells_;
  std::vector<std::uint32_t> keys_;
  std::uint32_t mask_ = 0;
  std::uint32_t shift_ = 32;
};

}  // namespace wrackline::event_time
