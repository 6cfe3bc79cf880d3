// A store with retention and the record cache above it: what window and session stores have in common.
//
// Modelled: CachingWindowStore and CachingSessionStore over a segmented store, as far as they decide results:
// what a put outside the retention does, what reads hide, that a read prefers the cache (so entries that the
// store below has dropped are still read), that a flush hands over dirty entries in the order of their last
// put. A removal under a cache is a dirty tombstone; a flush of a tombstone for an entry that the store below
// does not show is swallowed, nothing goes downstream. Not modelled: bytes, eviction from the cache (it
// flushes only when told), changelogs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/retained_rows.hpp"
#include "engine/event_time/streams/store_retention.hpp"

namespace wrackline::event_time::streams {

/// `Order::Place` says where a value lies within its key; `Order::rank(place)` orders places, and
/// `Order::retention_time_ms(place)`, the first of that order, is what retention goes by.
template <typename Key, typename Order, typename Value>
class CachedStore {
 public:
  using Place = typename Order::Place;

  struct Slot {
    Place place;
    std::optional<Value> stored{};
    std::optional<std::optional<Value>> cached{};  ///< inner empty: a tombstone
    bool dirty = false;

    TimestampMs retention_time_ms() const { return Order::retention_time_ms(place); }
    bool held() const { return cached.has_value(); }
    /// What a read sees that goes back to `visible_from`.
    std::optional<Value> read(TimestampMs visible_from) const {
      return cached ? *cached : read_below(visible_from);
    }
    std::optional<Value> read_below(TimestampMs visible_from) const {
      return retention_time_ms() >= visible_from ? stored : std::nullopt;
    }
  };
  using Rows = RetainedRows<Key, Slot>;

  CachedStore(bool cached, const StoreRetention& retention) : cached_(cached), retention_(retention) {}

  bool cached() const { return cached_; }
  const StoreRetention& retention() const { return retention_; }
  const Rows& rows() const { return rows_; }

  /// false: outside the retention, nothing was stored. With a cache it always succeeds, the refusal comes
  /// with the flush.
  bool put(const Key& key, const Place& place, Value value) {
    if (!cached_) return put_below(key, place, std::move(value));
    put_cached(key, place, std::move(value));
    return true;
  }
  void remove(const Key& key, const Place& place) {
    if (cached_) {
      put_cached(key, place, std::nullopt);
    } else {
      slot_of(key, place).stored.reset();
      erase_if_void(key, place);
    }
  }

  /// Commit: every dirty entry goes to the store below, in the order of its last put.
  /// `flushed(key, place, old value below, new value, taken)`, not called for a swallowed tombstone.
  template <typename Flushed>
  void flush(Flushed&& flushed) {
    const auto dirty = std::exchange(dirty_, {});
    for (const auto& [key, place] : dirty) {
      Slot& slot = slot_of(key, place);
      slot.dirty = false;
      const std::optional<Value> old_value = slot.read_below(retention_.visible_from());
      const std::optional<Value> new_value = *slot.cached;
      if (new_value) {
        const bool taken = put_below(key, place, *new_value);
        flushed(key, place, old_value, new_value, taken);
        continue;
      }
      slot.cached.reset();
      if (old_value) {
        slot.stored.reset();
        flushed(key, place, old_value, new_value, true);
      }
      erase_if_void(key, place);
    }
  }

 private:
  Slot& slot_of(const Key& key, const Place& place) {
    auto& row = rows_.of(key);
    const auto slot = std::lower_bound(row.begin(), row.end(), place, [](const Slot& s, const Place& p) {
      return Order::rank(s.place) < Order::rank(p);
    });
    if (slot != row.end() && slot->place == place) return *slot;
    return *row.insert(slot, Slot{.place = place});
  }
  void put_cached(const Key& key, const Place& place, std::optional<Value> value) {
    Slot& slot = slot_of(key, place);
    slot.cached = std::move(value);
    if (slot.dirty) dirty_.erase(std::find(dirty_.begin(), dirty_.end(), std::pair(key, place)));
    slot.dirty = true;
    dirty_.emplace_back(key, place);
  }
  bool put_below(const Key& key, const Place& place, Value value) {
    if (!retention_.put(Order::retention_time_ms(place))) return false;
    slot_of(key, place).stored = std::move(value);
    rows_.sweep(rows_.of(key), retention_.gone_before());
    return true;
  }
  void erase_if_void(const Key& key, const Place& place) {
    auto& row = rows_.of(key);
    std::erase_if(row, [&](const Slot& slot) { return slot.place == place && !slot.stored && !slot.cached; });
    if (row.empty()) rows_.erase(key);
  }

  bool cached_;
  StoreRetention retention_;
  Rows rows_;
  std::vector<std::pair<Key, Place>> dirty_;
};

}  // namespace wrackline::event_time::streams
