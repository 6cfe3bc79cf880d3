// A slice: the records of one partition between two neighbouring window borders, aggregated by key.
//
// Every record updates exactly one slice however many windows overlap it; a window combines its slices when
// it fires (stream slicing: Cutty, Scotty; Flink's SQL slicing operators). For tumbling windows slice and
// window are the same. Which records went in is kept too (lineage), as cheaply as it goes: adding appends the
// id and the slot of its key; when a window fires, the ids are sorted by slot once, and what comes later is a
// short tail that is searched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/event_time/key_table.hpp"
#include "engine/event_time/pane.hpp"

namespace wrackline::event_time {

class Slice {
 public:
  /// Takes the slice (fresh or recycled) into use.
  void open(TimestampMs start_ms);

  TimestampMs start_ms() const { return start_ms_; }
  const std::vector<std::uint32_t>& keys() const { return keys_.keys(); }
  std::size_t records() const { return ids_.size(); }

  template <bool kWithLineage = true>
  void add(std::uint32_t key, sim::EventId id, std::int64_t value) {
    const std::uint32_t slot = keys_.find_or_insert(key);
    if (slot == cells_.size()) cells_.emplace_back();
    cells_[slot].add(id, value);
    if constexpr (kWithLineage) {
      ids_.push_back(id);
      slots_.push_back(slot);
    }
  }

  /// Fetches what adding records of these keys will touch into the cache. Inlined: a call that only fetches
  /// is none to g++, which drops it.
  [[gnu::always_inline]] void foresee(std::span<const std::uint32_t> keys) const {
    for (const std::uint32_t key : keys) {
      const std::uint32_t slot = keys_.find(key);
      if (slot != KeyTable::kAbsent) __builtin_prefetch(&cells_[slot], 1);
    }
  }

  /// KeyTable::kAbsent if the key has no record here.
  std::uint32_t slot_of(std::uint32_t key) const { return keys_.find(key); }
  const Aggregate& aggregate(std::uint32_t slot) const { return cells_[slot]; }

  /// Appends the ids of the slot's records in order of arrival. Call pack() first if many slots are to be
  /// asked.
  void append_ids(std::uint32_t slot, std::vector<sim::EventId>& out);
  /// Sorts the ids by slot, so that append_ids is a copy.
  void pack();

  /// Puts a key's saved aggregate back (restore); the key must not be here yet.
  void put_back(std::uint32_t key, const Aggregate& aggregate, std::span<const sim::EventId> ids);

 private:
  /// How long the unsorted tail may get before a single question sorts all again.
  static constexpr std::size_t kLongTail = 4096;

  TimestampMs start_ms_ = 0;
  KeyTable keys_;
  std::vector<Aggregate> cells_;      ///< by slot
  std::vector<sim::EventId> ids_;     ///< by record, in order of arrival
  std::vector<std::uint32_t> slots_;  ///< by record

  // The first packed_count_ records once more, sorted by slot; packed_end_[slot] is where the slot's ids end.
  std::vector<sim::EventId> packed_;
  std::vector<std::size_t> packed_end_;
  std::size_t packed_count_ = 0;
};

}  // namespace wrackline::event_time
