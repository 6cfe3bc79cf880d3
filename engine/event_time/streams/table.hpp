// A table read from a topic: KTableSource over a timestamped store (with or without the record cache) or a
// versioned one.
//
// Modelled: the last arrival wins in a timestamped store, whatever its timestamp; a versioned store keeps
// order by timestamp, and a change that is not its latest says so (KIP-914); a put outside the history
// retention is dropped and not forwarded; a null key is dropped. Under a cache, changes leave with the flush,
// and a tombstone for a key that the store below does not have is swallowed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/versioned_store.hpp"

namespace wrackline::event_time::streams {

template <typename Key, typename Value>
struct TableChange {
  Key key;
  std::optional<Value> new_value;
  std::optional<Value> old_value;  ///< empty where the table does not send old values
  TimestampMs timestamp_ms = 0;
  bool is_latest = true;
};

/// A timestamped key-value store and the record cache above it.
template <typename Key, typename Value>
class KeyValueStore {
 public:
  using Cell = ValueAndTimestamp<Value>;

  explicit KeyValueStore(bool cached) : cached_(cached) {}
  bool cached() const { return cached_; }

  std::optional<Cell> get(const Key& key) const {
    const auto dirty = dirty_.find(key);
    if (dirty != dirty_.end()) return dirty->second;
    const auto row = rows_.find(key);
    return row == rows_.end() ? std::nullopt : std::optional<Cell>(row->second);
  }
  /// `timestamp` is the record's, kept for a tombstone too.
  void put(const Key& key, const std::optional<Value>& value, TimestampMs timestamp) {
    if (!cached_) {
      put_below(key, value, timestamp);
      return;
    }
    if (dirty_.contains(key)) {
      order_.erase(std::find_if(order_.begin(), order_.end(), [&](const auto& e) { return e.first == key; }));
    }
    order_.emplace_back(key, timestamp);
    dirty_[key] = value ? std::optional<Cell>(Cell{*value, timestamp}) : std::nullopt;
  }
  /// `flushed(key, old value, new value, timestamp)`; not called for a swallowed tombstone.
  template <typename Flushed>
  void flush(Flushed&& flushed) {
    const auto order = std::move(order_);
    order_.clear();
    const auto dirty = std::move(dirty_);
    dirty_.clear();
    for (const auto& [key, timestamp] : order) {
      const std::optional<Cell>& cell = dirty.at(key);
      std::optional<Value> old_value;
      if (const auto row = rows_.find(key); row != rows_.end()) old_value = row->second.value;
      if (!cell && !old_value) continue;
      const std::optional<Value> value = cell ? std::optional<Value>(cell->value) : std::nullopt;
      put_below(key, value, timestamp);
      flushed(key, old_value, value, timestamp);
    }
  }

 private:
  void put_below(const Key& key, const std::optional<Value>& value, TimestampMs timestamp) {
    if (value) {
      rows_.insert_or_assign(key, Cell{*value, timestamp});
    } else {
      rows_.erase(key);
    }
  }

  bool cached_;
  std::map<Key, Cell> rows_;
  std::map<Key, std::optional<Cell>> dirty_;
  std::vector<std::pair<Key, TimestampMs>> order_;  ///< dirty keys by their last put
};

struct TableSettings {
  std::optional<std::int64_t> history_retention_ms{};  ///< set: a versioned store
  bool cached = false;                                 ///< versioned stores have no cache
  bool send_old_values = false;
};

/// The store of a table, timestamped or versioned, and what its changes look like below it.
template <typename Key, typename Value>
class TableStore {
 public:
  using Change = TableChange<Key, Value>;
  using Cell = ValueAndTimestamp<Value>;

  explicit TableStore(const TableSettings& settings)
      : send_old_values_(settings.send_old_values),
        plain_(settings.cached && !settings.history_retention_ms) {
    if (settings.history_retention_ms) versioned_.emplace(*settings.history_retention_ms);
  }

  bool versioned() const { return versioned_.has_value(); }
  std::optional<Cell> get(const Key& key) const {
    return versioned_ ? versioned_->get(key) : plain_.get(key);
  }
  /// Of a versioned store.
  std::optional<Cell> get(const Key& key, TimestampMs as_of) const { return versioned_->get(key, as_of); }

  /// Stores the new value. `sink(Change)` gets the change at once, unless the store refuses it or a cache
  /// holds it. `record_timestamp` is that of the record being processed: a tombstone that leaves a cache
  /// bears it.
  template <typename Sink>
  void put(Change change, TimestampMs record_timestamp, Sink&& sink, Drops& drops) {
    if (versioned_) {
      const auto put = versioned_->put(change.key, change.new_value, change.timestamp_ms);
      if (put == VersionedStore<Key, Value>::Put::expired) {
        drops.push_back({.why = Skip::expired_put, .timestamp_ms = change.timestamp_ms});
        return;
      }
      change.is_latest = put == VersionedStore<Key, Value>::Put::latest;
    } else {
      plain_.put(change.key, change.new_value, change.new_value ? change.timestamp_ms : record_timestamp);
      if (plain_.cached()) return;
      change.is_latest = true;
    }
    if (!send_old_values_) change.old_value.reset();
    sink(std::move(change));
  }
  /// Commit: flushes the record cache.
  template <typename Sink>
  void flush(Sink&& sink) {
    plain_.flush([&](const Key& key, const auto& old_value, const auto& value, TimestampMs timestamp) {
      sink(Change{key, value, send_old_values_ ? old_value : std::nullopt, timestamp});
    });
  }

 private:
  bool send_old_values_;
  KeyValueStore<Key, Value> plain_;
  std::optional<VersionedStore<Key, Value>> versioned_;
};

template <typename Key, typename Value>
class Table {
 public:
  using Change = TableChange<Key, Value>;
  using Cell = ValueAndTimestamp<Value>;

  explicit Table(const TableSettings& settings) : store_(settings) {}

  bool versioned() const { return store_.versioned(); }

  template <typename Sink>
  void process(const Record<Key, Value>& record, Sink&& sink, Drops& drops) {
    if (!record.key) {
      drops.push_back({.why = Skip::null_key, .timestamp_ms = record.timestamp_ms});
      return;
    }
    Change change{*record.key, record.value, std::nullopt, record.timestamp_ms};
    if (const auto old_value = store_.get(*record.key)) change.old_value = old_value->value;
    store_.put(std::move(change), record.timestamp_ms, sink, drops);
  }
  /// Commit: flushes the record cache.
  template <typename Sink>
  void flush(Sink&& sink) {
    store_.flush(sink);
  }

  std::optional<Cell> get(const Key& key) const { return store_.get(key); }
  /// Of a versioned table.
  std::optional<Cell> get(const Key& key, TimestampMs as_of) const { return store_.get(key, as_of); }

 private:
  TableStore<Key, Value> store_;
};

}  // namespace wrackline::event_time::streams
