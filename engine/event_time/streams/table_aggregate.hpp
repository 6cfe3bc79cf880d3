// Aggregations without windows: KTableRepartitionMap with KTableAggregate and KTableReduce (groupBy of a
// table), KStreamAggregate and KStreamReduce (groupByKey of a stream).
//
// A table's change is taken out of its old group and put into its new one: two messages through the
// repartition topic, old group first, or one if the group stays. Modelled: subtract before add; an aggregate
// that a user function answers with null is gone and the next record starts anew; a reduce starts with the
// first value itself; the result's timestamp is the largest one since the aggregate last started;
// out-of-order changes of a versioned table are left out before the repartition topic (KIP-914), not counted;
// null values and null groups. Not modelled: partitions and the delay of the repartition topic.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/table.hpp"

namespace wrackline::event_time::streams {

/// KTableRepartitionMap: `select(key, value)` is the (group, value) of a row, either may be empty.
/// `send(TableChange<Group, Out>)` gets the messages.
template <typename Key, typename Value, typename Select, typename Send>
void regroup(const TableChange<Key, Value>& change, bool versioned, Select&& select, Send&& send) {
  if (versioned && !change.is_latest) return;
  using Pair = std::decay_t<decltype(select(change.key, *change.new_value))>;
  std::optional<Pair> now;
  std::optional<Pair> before;
  if (change.new_value) now = select(change.key, *change.new_value);
  if (change.old_value) before = select(change.key, *change.old_value);
  if (now && !(now->first && now->second)) now.reset();
  if (before && !(before->first && before->second)) before.reset();
  using Group = std::decay_t<decltype(*now->first)>;
  using Out = std::decay_t<decltype(*now->second)>;
  using Message = TableChange<Group, Out>;
  if (now && before && *now->first == *before->first) {
    send(Message{*now->first, now->second, before->second, change.timestamp_ms});
    return;
  }
  if (before) send(Message{*before->first, std::nullopt, before->second, change.timestamp_ms});
  if (now) send(Message{*now->first, now->second, std::nullopt, change.timestamp_ms});
}

/// The aggregation behind it, and that of a stream (which never takes out).
template <typename Group, typename Value, typename Aggregate>
class TableAggregate {
 public:
  using Change = TableChange<Group, Aggregate>;
  using MaybeAggregate = std::optional<Aggregate>;

  struct Functions {
    /// Empty: a reduce, which starts with the value itself (see `first`).
    std::function<MaybeAggregate()> initial;
    std::function<MaybeAggregate(const Group&, const Value&)> first;
    std::function<MaybeAggregate(const Group&, const Value&, const Aggregate&)> add;
    std::function<MaybeAggregate(const Group&, const Value&, const Aggregate&)> subtract;
  };

  TableAggregate(Functions functions, const TableSettings& store)
      : functions_(std::move(functions)), store_(store) {}

  /// One message of the repartition topic.
  template <typename Sink>
  void process(const TableChange<Group, Value>& message, Sink&& sink, Drops& drops) {
    const auto held = store_.get(message.key);
    MaybeAggregate aggregate = held ? MaybeAggregate(held->value) : std::nullopt;
    const MaybeAggregate before = aggregate;
    TimestampMs timestamp = message.timestamp_ms;
    if (message.old_value && aggregate) {
      aggregate = functions_.subtract(message.key, *message.old_value, *aggregate);
      timestamp = std::max(timestamp, held->timestamp_ms);
    }
    if (message.new_value) {
      if (!functions_.initial && !aggregate) {
        aggregate = functions_.first(message.key, *message.new_value);
      } else {
        const Aggregate from = aggregate ? *aggregate : *functions_.initial();
        aggregate = functions_.add(message.key, *message.new_value, from);
        if (held) timestamp = std::max(message.timestamp_ms, held->timestamp_ms);
      }
    }
    store_.put(Change{message.key, aggregate, before, timestamp}, message.timestamp_ms, sink, drops);
  }

  /// One record of a grouped stream.
  template <typename Sink>
  void process(const Record<Group, Value>& record, Sink&& sink, Drops& drops) {
    if (!record.key || !record.value) {
      drops.push_back({.why = Skip::null_key_or_value, .timestamp_ms = record.timestamp_ms});
      return;
    }
    process(TableChange<Group, Value>{*record.key, record.value, std::nullopt, record.timestamp_ms}, sink,
            drops);
  }

  template <typename Sink>
  void flush(Sink&& sink) {
    store_.flush(sink);
  }
  const TableStore<Group, Aggregate>& store() const { return store_; }

 private:
  Functions functions_;
  TableStore<Group, Aggregate> store_;
};

}  // namespace wrackline::event_time::streams
