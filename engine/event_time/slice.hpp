// A slice: the records of one partition between two neighbouring window borders, aggregated by key.
//
// Every record updates exactly one slice however many windows overlap it; a window combines its slices when
// it fires (stream slicing: Cutty, Scotty; Flink's SQL slicing operators). For tumbling windows slice and
// window are the same. Which records went in is kept too (lineage): ids in order of arrival, chained
// backwards by key, so that adding costs one append and no allocation in steady state.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/event_time/key_table.hpp"
#include "engine/event_time/pane.hpp"

namespace wrackline::event_time {

class Slice {
 public:
  /// Takes the slice (fresh or recycled) into use.
  void open(TimestampMs start_ms) {
    start_ms_ = start_ms;
    keys_.clear();
    cells_.clear();
    ids_.clear();
    previous_.clear();
  }

  TimestampMs start_ms() const { return start_ms_; }
  const std::vector<std::uint32_t>& keys() const { return keys_.keys(); }
  std::size_t records() const { return ids_.size(); }

  void add(std::uint32_t key, sim::EventId id, std::int64_t value) {
    const std::uint32_t slot = keys_.find_or_insert(key);
    if (slot == cells_.size()) cells_.emplace_back();
    Cell& cell = cells_[slot];
    cell.aggregate.add(id, value);
    assert(ids_.size() < kEndOfChain);
    previous_.push_back(cell.last);
    cell.last = static_cast<std::uint32_t>(ids_.size());
    ids_.push_back(id);
  }

  /// KeyTable::kAbsent if the key has no record here.
  std::uint32_t slot_of(std::uint32_t key) const { return keys_.find(key); }
  const Aggregate& aggregate(std::uint32_t slot) const { return cells_[slot].aggregate; }
  /// Appends the ids of the slot's records in order of arrival.
  void append_ids(std::uint32_t slot, std::vector<sim::EventId>& out) const;

  /// Puts a key's saved aggregate back (restore); the key must not be here yet.
  void put_back(std::uint32_t key, const Aggregate& aggregate, const sim::EventId* ids);

 private:
  static constexpr std::uint32_t kEndOfChain = 0xffffffffU;
  struct Cell {
    Aggregate aggregate;
    std::uint32_t last = kEndOfChain;  ///< newest record of the key, index into ids_
  };

  TimestampMs start_ms_ = 0;
  KeyTable keys_;
  std::vector<Cell> cells_;              ///< by slot
  std::vector<sim::EventId> ids_;        ///< in order of arrival
  std::vector<std::uint32_t> previous_;  ///< the key's record before, by record
};

}  // namespace wrackline::event_time
