// KStreamWindowAggregate: count, sum or any aggregate over tumbling and hopping windows (rules S-11 to S-13).
//
// Modelled: observed stream time of the operator (a null key does not move it), close time = stream time -
// grace, a record dropped for each of its windows that ends at or before the close time and counted for
// each, the result's timestamp as the largest of its records, both emit strategies, the store's retention,
// the record cache. Not modelled: restoring the last emitted close time from the commit metadata.
#pragma once

#include <algorithm>
#include <utility>

#include "engine/event_time/streams/emit_strategy.hpp"
#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/window_store.hpp"
#include "engine/event_time/streams/windows.hpp"

namespace wrackline::event_time::streams {

/// `Aggregation` has `Aggregate`, `Value`, `initial()`, `add(aggregate, const Value* or null)` and, for
/// sessions, `merge(a, b)`.
template <typename Key, typename Aggregation>
class WindowAggregate {
 public:
  using Value = typename Aggregation::Value;
  using Aggregate = typename Aggregation::Aggregate;
  using Change = WindowedChange<Key, Aggregate>;
  using Store = WindowStore<Key, ValueAndTimestamp<Aggregate>>;

  /// `windows` without refusal.
  WindowAggregate(const TimeWindows& windows, const AggregateSettings& settings, Aggregation aggregation = {})
      : windows_(windows),
        emit_(settings.emit),
        final_(settings.emit_interval_ms),
        store_(settings.store),
        aggregation_(std::move(aggregation)) {}

  /// One record. `sink(Change)` gets what is forwarded, in order.
  template <typename Sink>
  void process(const Record<Key, Value>& record, std::int64_t wall_clock_ms, Sink&& sink, Drops& drops) {
    if (!record.key) {
      drops.push_back({.why = Skip::null_key, .timestamp_ms = record.timestamp_ms});
      return;
    }
    const TimestampMs timestamp = record.timestamp_ms;
    stream_time_ms_ = std::max(stream_time_ms_, timestamp);
    const TimestampMs close_time = stream_time_ms_ - windows_.grace_ms;
    for (TimestampMs start = windows_.first_start(timestamp); start <= timestamp;
         start += windows_.advance_ms) {
      const Window window{start, start + windows_.size_ms};
      if (window.end_ms > close_time) {
        update(record, window, sink, drops);
      } else {
        drops.push_back({Skip::expired_window, timestamp, window, close_time, stream_time_ms_});
      }
    }
    if (emit_ == EmitStrategy::on_window_close) emit_closed(close_time, wall_clock_ms, sink);
  }

  /// Commit: flushes the record cache.
  template <typename Sink>
  void flush(Sink&& sink, Drops& drops) {
    store_.flush([&](const Key& key, TimestampMs start, const auto& old_value, const auto& value,
                     bool taken) {
      if (!taken) drops.push_back({.why = Skip::expired_segment});
      if (emit_ == EmitStrategy::on_window_close) return;
      Change change{key, {start, start + windows_.size_ms}, value.value, std::nullopt, value.timestamp_ms};
      if (old_value) change.old_value = old_value->value;
      sink(std::move(change));
    });
  }

  TimestampMs stream_time_ms() const { return stream_time_ms_; }
  const Store& store() const { return store_; }

 private:
  template <typename Sink>
  void update(const Record<Key, Value>& record, Window window, Sink& sink, Drops& drops) {
    auto found = store_.fetch(*record.key, window.start_ms);
    Aggregate old_aggregate = found ? std::move(found->value) : aggregation_.initial();
    const TimestampMs timestamp =
        found ? std::max(record.timestamp_ms, found->timestamp_ms) : record.timestamp_ms;
    Aggregate aggregate = aggregation_.add(old_aggregate, record.value ? &*record.value : nullptr);
    if (!store_.put(*record.key, window.start_ms, {aggregate, timestamp})) {
      drops.push_back({.why = Skip::expired_segment});
    }
    if (emit_ == EmitStrategy::on_window_update && !store_.cached()) {
      sink(Change{*record.key, window, std::move(aggregate), std::move(old_aggregate), timestamp});
    }
  }

  template <typename Sink>
  void emit_closed(TimestampMs close_time, std::int64_t wall_clock_ms, Sink& sink) {
    if (!final_.check(close_time, wall_clock_ms)) return;
    const TimestampMs last_start = close_time - windows_.size_ms;
    if (last_start < 0) return;
    TimestampMs first_start = 0;
    if (final_.emitted_before()) {
      const TimestampMs before = std::max<TimestampMs>(0, final_.last_close_time_ms() - windows_.size_ms);
      if (same_windows(last_start, before)) return;  // no further window closed; the close time stays
      first_start = before + 1;
    }
    for (auto& entry : store_.fetch_all(first_start, last_start)) {
      const Window window{entry.start_ms, entry.start_ms + windows_.size_ms};
      sink(Change{std::move(entry.key), window, std::move(entry.value.value), std::nullopt,
                  entry.value.timestamp_ms});
    }
    final_.emitted_up_to(close_time);
  }
  /// Whether the two timestamps belong to the same windows.
  bool same_windows(TimestampMs a, TimestampMs b) const {
    return windows_.first_start(a) == windows_.first_start(b) &&
           a / windows_.advance_ms == b / windows_.advance_ms;
  }

  TimeWindows windows_;
  EmitStrategy emit_;
  EmitFinal final_;
  Store store_;
  Aggregation aggregation_;
  TimestampMs stream_time_ms_ = kNoTimestamp;
};

}  // namespace wrackline::event_time::streams
