// The rows of one state store: key columns to value columns, in flat memory.
//
// What the real stores (HDFS-backed, RocksDB) share and time semantics depend on: get, put, remove by key,
// and a scan that removes. The order of the scan is the order of the slots, which no decision depends on:
// Spark defines no order inside a batch. Versions, deltas and snapshots of the stores are not modelled.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "engine/event_time/spark/row.hpp"

namespace wrackline::event_time::spark {

class StateTable {
 public:
  static constexpr std::uint32_t kAbsent = std::numeric_limits<std::uint32_t>::max();

  StateTable(std::size_t key_width, std::size_t value_width)
      : key_width_{key_width}, width_{key_width + value_width} {}

  std::size_t size() const { return live_; }
  std::uint32_t find(Row key) const;
  /// The slot of the key; a new one has NULL values.
  std::uint32_t find_or_insert(Row key, bool& inserted);
  void remove(std::uint32_t slot);
  void clear();

  Row key(std::uint32_t slot) const { return {cells_.data() + slot * width_, key_width_}; }
  std::span<Value> values(std::uint32_t slot) {
    return {cells_.data() + slot * width_ + key_width_, width_ - key_width_};
  }
  /// Key and value columns, side by side.
  Row whole(std::uint32_t slot) const { return {cells_.data() + slot * width_, width_}; }

  /// Calls `visit(slot)` for every live slot; it may remove that slot.
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (std::uint32_t slot = 0; slot < used_.size(); ++slot)
      if (used_[slot] != 0) visit(slot);
  }

 private:
  std::size_t bucket_of(Row key) const { return hash_of(key) & (index_.size() - 1); }
  void grow();

  std::size_t key_width_;
  std::size_t width_;
  std::size_t live_ = 0;
  std::vector<Value> cells_;
  std::vector<std::uint8_t> used_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> index_;  ///< open addressing, power of two; kAbsent where empty
};

}  // namespace wrackline::event_time::spark
