// The session store of an aggregation: (key, session start, session end) -> value. Retention goes by the
// session's end.
//
// Modelled: RocksDBSessionStore, RocksDBTimeOrderedSessionStore, InMemorySessionStore, CachingSessionStore;
// what of them is modelled and what not is said in store_retention.hpp and cached_store.hpp.
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
class SessionStore {
 public:
  struct Session {
    Key key;
    Window window;
    Value value;
  };

  explicit SessionStore(const StoreSettings& settings)
      : kind_(settings.kind),
        store_(settings.cached, StoreRetention(settings, StoreRetention::Holds::sessions)) {}

  bool cached() const { return store_.cached(); }

  /// false: outside the retention (CachedStore::put).
  bool put(const Key& key, Window window, Value value) { return store_.put(key, window, std::move(value)); }
  void remove(const Key& key, Window window) { store_.remove(key, window); }

  /// The key's sessions with end >= earliest_end and start <= latest_start, by end.
  std::vector<Session> find_sessions(const Key& key, TimestampMs earliest_end_ms,
                                     TimestampMs latest_start_ms) const {
    std::vector<Session> found;
    const Row* const row = store_.rows().find(key);
    if (row == nullptr) return found;
    for (auto slot = Store::Rows::first_at(*row, earliest_end_ms); slot != row->end(); ++slot) {
      if (slot->place.start_ms > latest_start_ms) continue;
      if (auto value = slot->read(store_.retention().visible_from()))
        found.push_back({key, slot->place, std::move(*value)});
    }
    return found;
  }

  /// All sessions that end in [earliest, latest]: by end, then by key (in memory) or by start (on disk).
  std::vector<Session> find_sessions(TimestampMs earliest_end_ms, TimestampMs latest_end_ms) const {
    std::vector<Session> found;
    for (const auto& [key, row] : store_.rows()) {
      for (auto slot = Store::Rows::first_at(row, earliest_end_ms);
           slot != row.end() && slot->place.end_ms <= latest_end_ms; ++slot) {
        if (auto value = slot->read(store_.retention().all_sessions_from()))
          found.push_back({key, slot->place, std::move(*value)});
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

  /// CachedStore::flush.
  template <typename Flushed>
  void flush(Flushed&& flushed) {
    store_.flush(flushed);
  }

  /// Sessions in memory, dropped ones that were not let go of yet among them.
  std::size_t sessions_held() const { return store_.rows().entries_held(); }

 private:
  struct ByEnd {
    using Place = Window;
    static auto rank(const Window& window) { return std::tuple(window.end_ms, window.start_ms); }
    static TimestampMs retention_time_ms(const Window& window) { return window.end_ms; }
  };
  using Store = CachedStore<Key, ByEnd, Value>;
  using Row = typename Store::Rows::Row;

  StoreKind kind_;
  Store store_;
};

}  // namespace wrackline::event_time::streams
