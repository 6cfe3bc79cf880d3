// The session store of an aggregation: (key, session start, session end) -> value, with its retention (by
// session end) and the record cache above it.
//
// Modelled: RocksDBSessionStore, RocksDBTimeOrderedSessionStore, InMemorySessionStore, CachingSessionStore;
// the limits of window_store.hpp hold here too. A removal under a cache is a dirty tombstone; a flush of a
// tombstone for a session that the store below does not show is swallowed, nothing goes downstream.
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
class SessionStore {
 public:
  struct Session {
    Key key;
    Window window;
    Value value;
  };

  explicit SessionStore(const StoreSettings& settings)
      : kind_(settings.kind), cached_(settings.cached), retention_(settings) {
    retention_.holds_sessions();
  }

  bool cached() const { return cached_; }

  /// false: outside the retention, nothing was stored (with a cache: see flush).
  bool put(const Key& key, Window window, Value value) {
    if (cached_) {
      put_cached(key, window, std::move(value));
      return true;
    }
    return put_below(key, window, std::move(value));
  }
  void remove(const Key& key, Window window) {
    if (cached_) {
      put_cached(key, window, std::nullopt);
    } else {
      slot_of(key, window).stored.reset();
      erase_if_void(key, window);
    }
  }

  /// The key's sessions with end >= earliest_end and start <= latest_start, by end.
  std::vector<Session> find_sessions(const Key& key, TimestampMs earliest_end_ms,
                                     TimestampMs latest_start_ms) const {
    std::vector<Session> found;
    const auto row = rows_.find(key);
    if (row == rows_.end()) return found;
    for (auto slot = first_ending_at(row->second, earliest_end_ms); slot != row->second.end(); ++slot) {
      if (slot->window.start_ms > latest_start_ms) continue;
      if (auto value = read(*slot, retention_.visible_from()))
        found.push_back({key, slot->window, std::move(*value)});
    }
    return found;
  }

  /// All sessions that end in [earliest, latest]: by end, then by key (in memory) or by start (on disk).
  std::vector<Session> find_sessions(TimestampMs earliest_end_ms, TimestampMs latest_end_ms) const {
    std::vector<Session> found;
    for (const auto& [key, row] : rows_) {
      for (auto slot = first_ending_at(row, earliest_end_ms);
           slot != row.end() && slot->window.end_ms <= latest_end_ms; ++slot) {
        if (auto value = read(*slot, retention_.all_sessions_from()))
          found.push_back({key, slot->window, std::move(*value)});
      }
    }
    const bool by_key = kind_ == StoreKind::in_memory;
    std::sort(found.begin(), found.end(), [by_key](const Session& a, const Session& b) {
      const Window& s = a.window;
      const Window& t = b.window;
      if (by_key) return std::tie(s.end_ms, a.key, t.start_ms) < std::tie(t.end_ms, b.key, s.start_ms);
      return std::tie(s.end_ms, s.start_ms, a.key) < std::tie(t.end_ms, t.start_ms, b.key);
    });
    return found;
  }

  /// Commit: every dirty entry goes to the store below, in the order of its last put.
  /// `flushed(key, window, old value below, new value, taken)`, not called for a swallowed tombstone.
  template <typename Flushed>
  void flush(Flushed&& flushed) {
    auto dirty = std::move(dirty_);
    dirty_.clear();
    for (const auto& [key, window] : dirty) {
      Slot& slot = slot_of(key, window);
      slot.dirty = false;
      const std::optional<Value> old_value = read_below(slot, retention_.visible_from());
      const std::optional<Value> new_value = *slot.cached;
      if (new_value) {
        const bool taken = put_below(key, window, *new_value);
        flushed(key, window, old_value, new_value, taken);
        continue;
      }
      slot.cached.reset();
      if (old_value) {
        slot.stored.reset();
        flushed(key, window, old_value, new_value, true);
      }
      erase_if_void(key, window);
    }
  }

  std::size_t sessions_held() const {
    std::size_t held = 0;
    for (const auto& row : rows_) held += row.second.size();
    return held;
  }

 private:
  struct Slot {
    Window window;
    std::optional<Value> stored{};
    std::optional<std::optional<Value>> cached{};  ///< inner empty: a tombstone
    bool dirty = false;
  };
  using Row = std::vector<Slot>;  ///< ascending by end, then start

  static auto rank(const Window& window) { return std::tuple(window.end_ms, window.start_ms); }
  template <typename AnyRow>
  static auto first_ending_at(AnyRow& row, TimestampMs end_ms) {
    return std::lower_bound(row.begin(), row.end(), end_ms,
                            [](const Slot& slot, TimestampMs end) { return slot.window.end_ms < end; });
  }
  Slot& slot_of(const Key& key, Window window) {
    Row& row = rows_[key];
    const auto slot = std::lower_bound(row.begin(), row.end(), window, [](const Slot& s, const Window& w) {
      return rank(s.window) < rank(w);
    });
    if (slot != row.end() && slot->window == window) return *slot;
    return *row.insert(slot, Slot{.window = window});
  }
  static std::optional<Value> read_below(const Slot& slot, TimestampMs visible_from) {
    return slot.window.end_ms >= visible_from ? slot.stored : std::nullopt;
  }
  static std::optional<Value> read(const Slot& slot, TimestampMs visible_from) {
    return slot.cached ? *slot.cached : read_below(slot, visible_from);
  }

  void put_cached(const Key& key, Window window, std::optional<Value> value) {
    Slot& slot = slot_of(key, window);
    slot.cached = std::move(value);
    if (slot.dirty) dirty_.erase(std::find(dirty_.begin(), dirty_.end(), std::pair(key, window)));
    slot.dirty = true;
    dirty_.emplace_back(key, window);
  }
  bool put_below(const Key& key, Window window, Value value) {
    if (!retention_.put(window.end_ms)) return false;
    slot_of(key, window).stored = std::move(value);
    sweep(rows_.find(key));
    return true;
  }
  void erase_if_void(const Key& key, Window window) {
    Row& row = rows_[key];
    std::erase_if(row,
                  [&](const Slot& slot) { return slot.window == window && !slot.stored && !slot.cached; });
    if (row.empty()) rows_.erase(key);
  }
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
    const auto live = first_ending_at(row, gone_before);
    row.erase(std::remove_if(row.begin(), live, [](const Slot& slot) { return !slot.cached; }), live);
  }

  StoreKind kind_;
  bool cached_;
  StoreRetention retention_;
  std::map<Key, Row> rows_;
  std::vector<std::pair<Key, Window>> dirty_;
  std::size_t puts_since_sweep_ = 0;
};

}  // namespace wrackline::event_time::streams
