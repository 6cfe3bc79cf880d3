// The window store of an aggregation: (key, window start) -> value and timestamp. Retention goes by the
// window's start.
//
// Modelled: RocksDBWindowStore, RocksDBTimeOrderedWindowStore, InMemoryWindowStore and the two caching
// stores; what of them is modelled and what not is said in store_retention.hpp and cached_store.hpp.
#pragma once

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/event_time/streams/cached_store.hpp"
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

  explicit WindowStore(const StoreSettings& settings) : store_(settings.cached, StoreRetention(settings)) {}

  bool cached() const { return store_.cached(); }

  /// false: outside the retention (CachedStore::put).
  bool put(const Key& key, TimestampMs start_ms, Value value) {
    return store_.put(key, start_ms, std::move(value));
  }

  std::optional<Value> fetch(const Key& key, TimestampMs start_ms) const {
    std::optional<Value> found;
    each_in(key, start_ms, start_ms, [&](TimestampMs, Value&& value) { found = std::move(value); });
    return found;
  }

  /// The key's windows that start in [from, to], ascending.
  std::vector<Entry> fetch(const Key& key, TimestampMs from_ms, TimestampMs to_ms) const {
    std::vector<Entry> found;
    each_in(key, from_ms, to_ms,
            [&](TimestampMs start_ms, Value&& value) { found.push_back({start_ms, std::move(value)}); });
    return found;
  }

  /// All windows that start in [from, to], by start, then key.
  std::vector<KeyedEntry> fetch_all(TimestampMs from_ms, TimestampMs to_ms) const {
    std::vector<KeyedEntry> found;
    for (const auto& keyed : store_.rows()) {
      each_in(keyed.second, from_ms, to_ms, [&](TimestampMs start_ms, Value&& value) {
        found.push_back({keyed.first, start_ms, std::move(value)});
      });
    }
    std::sort(found.begin(), found.end(), [](const KeyedEntry& a, const KeyedEntry& b) {
      return std::tie(a.start_ms, a.key) < std::tie(b.start_ms, b.key);
    });
    return found;
  }

  /// CachedStore::flush; nothing is ever removed from a window store, so there is always a new value.
  template <typename Flushed>
  void flush(Flushed&& flushed) {
    store_.flush([&](const Key& key, TimestampMs start_ms, const auto& old_value, const auto& new_value,
                     bool taken) { flushed(key, start_ms, old_value, *new_value, taken); });
  }

  /// Windows in memory, dropped ones that were not let go of yet among them.
  std::size_t windows_held() const { return store_.rows().entries_held(); }

 private:
  struct ByStart {
    using Place = TimestampMs;
    static TimestampMs rank(TimestampMs start_ms) { return start_ms; }
    static TimestampMs retention_time_ms(TimestampMs start_ms) { return start_ms; }
  };
  using Store = CachedStore<Key, ByStart, Value>;
  using Row = typename Store::Rows::Row;

  template <typename Visit>
  void each_in(const Row& row, TimestampMs from_ms, TimestampMs to_ms, Visit&& visit) const {
    for (auto slot = Store::Rows::first_at(row, from_ms); slot != row.end() && slot->place <= to_ms; ++slot) {
      if (auto value = slot->read(store_.retention().visible_from())) visit(slot->place, std::move(*value));
    }
  }
  template <typename Visit>
  void each_in(const Key& key, TimestampMs from_ms, TimestampMs to_ms, Visit&& visit) const {
    if (const Row* row = store_.rows().find(key)) each_in(*row, from_ms, to_ms, visit);
  }

  Store store_;
};

}  // namespace wrackline::event_time::streams
