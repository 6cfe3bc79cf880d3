// The window store of an aggregation: (key, window start) -> value and timestamp, with its retention and,
// above it, the record cache.
//
// Modelled: RocksDBWindowStore, RocksDBTimeOrderedWindowStore, InMemoryWindowStore and the two caching stores
// as far as they decide results: what a put outside the retention does, what reads hide, that a read prefers
// the cache (so entries that the store below has dropped are still read), that a flush hands over dirty
// entries in the order of their last put. Not modelled: bytes, eviction from the cache (it flushes only when
// told), changelogs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/store_retention.hpp"

namespace wrackline::event_time::streams {

template <typename Key, typename Value>
class WindowStore {
 public:
  struct Entry {
    TimestampMs start_ms = 0;
    Value value;
  };
  struct KeyedEntry {
    Key key;
    TimestampMs start_ms = 0;
    Value value;
  };

  explicit WindowStore(const StoreSettings& settings) : cached_(settings.cached), retention_(settings) {}

  bool cached() const { return cached_; }

  /// false: outside the retention, nothing was stored. With a cache it always succeeds, the refusal comes
  /// with the flush.
  bool put(const Key& key, TimestampMs start_ms, Value value) {
    if (cached_) {
      Slot& slot = slot_of(key, start_ms);
      slot.cached = std::move(value);
      if (slot.dirty) dirty_.erase(std::find(dirty_.begin(), dirty_.end(), std::pair(key, start_ms)));
      slot.dirty = true;
      dirty_.emplace_back(key, start_ms);
      return true;
    }
    return put_below(key, start_ms, std::move(value));
  }

  std::optional<Value> fetch(const Key& key, TimestampMs start_ms) const {
    const Slot* slot = find(key, start_ms);
    if (slot == nullptr) return std::nullopt;
    return read(*slot);
  }

  /// The key's windows that start in [from, to], ascending.
  std::vector<Entry> fetch(const Key& key, TimestampMs from_ms, TimestampMs to_ms) const {
    std::vector<Entry> found;
    const auto row = rows_.find(key);
    if (row == rows_.end()) return found;
    for (auto slot = first_at(row->second, from_ms); slot != row->second.end() && slot->start_ms <= to_ms;
         ++slot) {
      if (auto value = read(*slot)) found.push_back({slot->start_ms, std::move(*value)});
    }
    return found;
  }

  /// All windows that start in [from, to], by start, then key.
  std::vector<KeyedEntry> fetch_all(TimestampMs from_ms, TimestampMs to_ms) const {
    std::vector<KeyedEntry> found;
    for (const auto& [key, row] : rows_) {
      for (auto slot = first_at(row, from_ms); slot != row.end() && slot->start_ms <= to_ms; ++slot) {
        if (auto value = read(*slot)) found.push_back({key, slot->start_ms, std::move(*value)});
      }
    }
    std::sort(found.begin(), found.end(), [](const KeyedEntry& a, const KeyedEntry& b) {
      return std::tie(a.start_ms, a.key) < std::tie(b.start_ms, b.key);
    });
    return found;
  }

  /// Commit: every dirty entry goes to the store below, in the order of its last put.
  /// `flushed(key, start, old value below, new value, taken)`.
  template <typename Flushed>
  void flush(Flushed&& flushed) {
    auto dirty = std::move(dirty_);
    dirty_.clear();
    for (const auto& [key, start_ms] : dirty) {
      Slot& slot = slot_of(key, start_ms);
      slot.dirty = false;
      const std::optional<Value> old_value = read_below(slot);
      const Value new_value = *slot.cached;
      const bool taken = put_below(key, start_ms, new_value);
      flushed(key, start_ms, old_value, new_value, taken);
    }
  }

  std::size_t entries_held() const {
    std::size_t held = 0;
    for (const auto& row : rows_) held += row.second.size();
    return held;
  }

 private:
  struct Slot {
    TimestampMs start_ms = 0;
    std::optional<Value> stored{};
    std::optional<Value> cached{};
    bool dirty = false;
  };
  using Row = std::vector<Slot>;  ///< ascending by start

  template <typename AnyRow>
  static auto first_at(AnyRow& row, TimestampMs start_ms) {
    return std::lower_bound(row.begin(), row.end(), start_ms,
                            [](const Slot& slot, TimestampMs start) { return slot.start_ms < start; });
  }
  const Slot* find(const Key& key, TimestampMs start_ms) const {
    const auto row = rows_.find(key);
    if (row == rows_.end()) return nullptr;
    const auto slot = first_at(row->second, start_ms);
    return slot != row->second.end() && slot->start_ms == start_ms ? &*slot : nullptr;
  }
  Slot& slot_of(const Key& key, TimestampMs start_ms) {
    Row& row = rows_[key];
    const auto slot = first_at(row, start_ms);
    if (slot != row.end() && slot->start_ms == start_ms) return *slot;
    return *row.insert(slot, Slot{.start_ms = start_ms});
  }
  std::optional<Value> read_below(const Slot& slot) const {
    return slot.start_ms >= retention_.visible_from() ? slot.stored : std::nullopt;
  }
  std::optional<Value> read(const Slot& slot) const { return slot.cached ? slot.cached : read_below(slot); }

  bool put_below(const Key& key, TimestampMs start_ms, Value value) {
    if (!retention_.put(start_ms)) return false;
    slot_of(key, start_ms).stored = std::move(value);
    sweep(rows_.find(key));
    return true;
  }
  /// Forgets what can never be read again: of the row that was written at once, of the others now and then.
  void sweep(typename std::map<Key, Row>::iterator written) {
    const TimestampMs gone = retention_.gone_before();
    forget(written->second, gone);
    if (++puts_since_sweep_ < 2 * rows_.size() + 16) return;
    puts_since_sweep_ = 0;
    for (auto row = rows_.begin(); row != rows_.end();) {
      forget(row->second, gone);
      row = row->second.empty() ? rows_.erase(row) : std::next(row);
    }
  }
  static void forget(Row& row, TimestampMs gone_before) {
    const auto live = first_at(row, gone_before);
    row.erase(std::remove_if(row.begin(), live, [](const Slot& slot) { return !slot.cached; }), live);
  }

  bool cached_;
  StoreRetention retention_;
  std::map<Key, Row> rows_;
  std::vector<std::pair<Key, TimestampMs>> dirty_;
  std::size_t puts_since_sweep_ = 0;
};

}  // namespace wrackline::event_time::streams
