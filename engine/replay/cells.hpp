// Aggregates by key inside one slice: an array indexed by key while keys are few, a hash table otherwise.
//
// Interned keys are dense, so the array is the common case and costs one load and one store a record; which
// keys were touched is listed, so that emptying and walking cost what was used, not what could be. From
// kMostDenseKeys on a slice keeps a table (event_time::KeyTable) instead.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/event_time/key_table.hpp"

namespace wrackline::replay {

/// Enough for count.
struct CountCell {
  static constexpr std::uint64_t kBytes = 8;
  std::int64_t count = 0;
  void add(std::int64_t) { ++count; }
  void merge(const CountCell& other) { count += other.count; }
};

/// Enough for count, sum, mean, min and max. Sums wrap like Java's long.
struct StatCell {
  static constexpr std::uint64_t kBytes = 32;
  std::int64_t count = 0;
  std::int64_t sum = 0;
  std::int64_t least = INT64_MAX;
  std::int64_t greatest = INT64_MIN;
  void add(std::int64_t value) {
    ++count;
    sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) + static_cast<std::uint64_t>(value));
    least = std::min(least, value);
    greatest = std::max(greatest, value);
  }
  void merge(const StatCell& other) {
    count += other.count;
    sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) + static_cast<std::uint64_t>(other.sum));
    least = std::min(least, other.least);
    greatest = std::max(greatest, other.greatest);
  }
};

template <class Cell>
class Cells {
 public:
  static constexpr std::uint32_t kMostDenseKeys = 1U << 16;

  /// A cell without records is a copy of `blank`.
  explicit Cells(const Cell& blank = {}) : blank_{blank} {}

  /// Keys that have a cell, in order of first appearance.
  const std::vector<std::uint32_t>& keys() const { return keys_; }

  /// True if the key is new here.
  bool add(std::uint32_t key, std::int64_t value) {
    if (key < dense_.size()) [[likely]] {
      Cell& cell = dense_[key];
      const bool fresh = cell.count == 0;
      if (fresh) keys_.push_back(key);
      cell.add(value);
      return fresh;
    }
    const std::size_t before = keys_.size();
    slot(key).add(value);
    return keys_.size() > before;
  }
  void merge(std::uint32_t key, const Cell& cell) { slot(key).merge(cell); }

  /// Null if the key has none.
  const Cell* find(std::uint32_t key) const {
    if (sparse_) {
      const std::uint32_t at = table_.find(key);
      return at == event_time::KeyTable::kAbsent ? nullptr : &packed_[at];
    }
    return key < dense_.size() && dense_[key].count != 0 ? &dense_[key] : nullptr;
  }
  /// The cell of keys()[i].
  const Cell& at(std::size_t i) const { return sparse_ ? packed_[i] : dense_[keys_[i]]; }

  /// Empty again; the memory stays.
  void clear() {
    if (sparse_) {
      table_.clear();
      packed_.clear();
    } else {
      for (const std::uint32_t key : keys_) dense_[key] = blank_;
    }
    keys_.clear();
  }

 private:
  Cell& slot(std::uint32_t key) {
    if (!sparse_ && key >= dense_.size()) {
      if (key < kMostDenseKeys) {
        dense_.resize(std::max<std::size_t>(key + std::size_t{1}, dense_.size() * 2), blank_);
      } else {
        go_sparse();
      }
    }
    if (!sparse_) {
      if (dense_[key].count == 0) keys_.push_back(key);
      return dense_[key];
    }
    const std::uint32_t at = table_.find_or_insert(key);
    if (at == packed_.size()) {
      packed_.push_back(blank_);
      keys_.push_back(key);
    }
    return packed_[at];
  }
  void go_sparse() {
    for (const std::uint32_t key : keys_) {
      table_.find_or_insert(key);
      packed_.push_back(dense_[key]);
    }
    dense_.clear();
    dense_.shrink_to_fit();
    sparse_ = true;
  }

  Cell blank_;
  bool sparse_ = false;
  std::vector<Cell> dense_;
  std::vector<std::uint32_t> keys_;
  event_time::KeyTable table_;
  std::vector<Cell> packed_;  ///< by slot of table_, in the order of keys_
};

}  // namespace wrackline::replay
