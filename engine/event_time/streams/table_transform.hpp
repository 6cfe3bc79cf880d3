// filter, filterNot and mapValues of a table: KTableFilter, KTableMapValues, with or without a store of their
// own.
//
// A filter answers a row that does not pass with a tombstone. Modelled: where old values are known (the table
// above has a store) a tombstone for a row that was not there either is left out, except above a versioned
// table, whose history needs it; a source without a store knows none, so every refused row sends one. With a
// store of its own the old value is what that store holds. Not modelled: transformValues.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/table.hpp"

namespace wrackline::event_time::streams {

template <typename Key, typename Value>
class TableTransform {
 public:
  using Change = TableChange<Key, Value>;

  struct Settings {
    bool send_old_values = false;
    /// A filter: tombstones for rows that were never there stay away. Only with old values.
    bool filters = false;
    /// The table above is versioned (through stateless operators too).
    bool versioned_above = false;
    std::optional<TableSettings> store{};
  };
  /// `transform(value)` is the new value or empty.
  using Transform = std::function<std::optional<Value>(const Value&)>;

  TableTransform(Transform transform, const Settings& settings)
      : transform_(std::move(transform)), settings_(settings) {
    if (settings.store) store_.emplace(*settings.store);
  }

  template <typename Sink>
  void process(const Change& change, Sink&& sink, Drops& drops) {
    Change made = change;
    made.new_value = change.new_value ? transform_(*change.new_value) : std::nullopt;
    made.old_value.reset();
    if (settings_.send_old_values) {
      if (store_) {
        if (const auto held = store_->get(change.key)) made.old_value = held->value;
      } else if (change.old_value) {
        made.old_value = transform_(*change.old_value);
      }
    }
    const bool needless =
        settings_.filters && settings_.send_old_values && !made.old_value && !made.new_value;
    if (needless && !settings_.versioned_above) return;
    if (store_) {
      store_->put(std::move(made), change.timestamp_ms, sink, drops);
    } else {
      sink(std::move(made));
    }
  }
  template <typename Sink>
  void flush(Sink&& sink) {
    if (store_) store_->flush(sink);
  }

  const std::optional<TableStore<Key, Value>>& store() const { return store_; }

 private:
  Transform transform_;
  Settings settings_;
  std::optional<TableStore<Key, Value>> store_;
};

}  // namespace wrackline::event_time::streams
