// KStreamSessionWindowAggregate: sessions that records and late records build, extend and merge (rules S-11,
// S-12).
//
// Modelled: a record at t merges every session of its key with end >= t - gap and start <= t + gap; the old
// sessions are removed and retracted (null at their end) before the merged one is written; a record whose
// merged session ends before stream time - grace - gap is dropped; the result's timestamp is the session's
// end; a null value is aggregated like any other; both emit strategies; the store's retention (the gap +
// grace by default, so a session is gone from the store as it closes) and the record cache. Not modelled:
// restoring the last emitted close time.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/event_time/streams/emit_strategy.hpp"
#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/session_store.hpp"
#include "engine/event_time/streams/windows.hpp"

namespace wrackline::event_time::streams {

template <typename Key, typename Aggregation>
class SessionWindowAggregate {
 public:
  using Value = typename Aggregation::Value;
  using Aggregate = typename Aggregation::Aggregate;
  using Change = WindowedChange<Key, Aggregate>;
  using Store = SessionStore<Key, Aggregate>;

  /// `windows` without refusal. Under onWindowClose the engine builds no cache; neither may `settings`.
  SessionWindowAggregate(const SessionWindows& windows, const AggregateSettings& settings,
                         Aggregation aggregation = {})
      : windows_(windows),
        emit_(settings.emit),
        final_(settings.emit_interval_ms),
        store_(settings.store),
        aggregation_(std::move(aggregation)) {}

  template <typename Sink>
  void process(const Record<Key, Value>& record, std::int64_t wall_clock_ms, Sink&& sink, Drops& drops) {
    if (!record.key) {
      drops.push_back({.why = Skip::null_key, .timestamp_ms = record.timestamp_ms});
      return;
    }
    const TimestampMs timestamp = record.timestamp_ms;
    const std::int64_t gap = windows_.inactivity_gap_ms;
    stream_time_ms_ = std::max(stream_time_ms_, timestamp);
    const TimestampMs close_time = stream_time_ms_ - windows_.grace_ms - gap;

    const Window alone{timestamp, timestamp};
    Window merged = alone;
    Aggregate aggregate = aggregation_.initial();
    auto sessions = store_.find_sessions(*record.key, timestamp - gap, timestamp + gap);
    for (const auto& session : sessions) {
      aggregate = aggregation_.merge(aggregate, session.value);
      merged.start_ms = std::min(merged.start_ms, session.window.start_ms);
      merged.end_ms = std::max(merged.end_ms, session.window.end_ms);
    }
    if (merged.end_ms < close_time) {
      drops.push_back({Skip::expired_window, timestamp, merged, close_time, stream_time_ms_});
    } else {
      // A session of this one instant is overwritten in place, not retracted.
      if (merged != alone) {
        for (auto& session : sessions) {
          store_.remove(session.key, session.window);
          forward(session.key, session.window, std::nullopt, std::move(session.value), sink);
        }
      }
      aggregate = aggregation_.add(aggregate, record.value ? &*record.value : nullptr);
      if (!store_.put(*record.key, merged, aggregate)) drops.push_back({.why = Skip::expired_segment});
      forward(*record.key, merged, std::move(aggregate), std::nullopt, sink);
    }
    if (emit_ == EmitStrategy::on_window_close) emit_closed(close_time, wall_clock_ms, sink);
  }

  template <typename Sink>
  void flush(Sink&& sink, Drops& drops) {
    store_.flush([&](const Key& key, Window window, const auto& old_value, const auto& value, bool taken) {
      if (!taken) drops.push_back({.why = Skip::expired_segment});
      if (emit_ == EmitStrategy::on_window_close) return;
      sink(Change{key, window, value, old_value, window.end_ms});
    });
  }

  TimestampMs stream_time_ms() const { return stream_time_ms_; }
  const Store& store() const { return store_; }

 private:
  template <typename Sink>
  void forward(const Key& key, Window window, std::optional<Aggregate> value,
               std::optional<Aggregate> old_value, Sink& sink) {
    if (emit_ == EmitStrategy::on_window_close || store_.cached()) return;
    sink(Change{key, window, std::move(value), std::move(old_value), window.end_ms});
  }

  template <typename Sink>
  void emit_closed(TimestampMs close_time, std::int64_t wall_clock_ms, Sink& sink) {
    if (!final_.check(close_time, wall_clock_ms)) return;
    const TimestampMs last_end = close_time - 1;
    const TimestampMs first_end = std::max<TimestampMs>(0, final_.last_close_time_ms());
    if (last_end < first_end) return;
    for (auto& session : store_.find_sessions(first_end, last_end)) {
      const Window window = session.window;
      sink(Change{std::move(session.key), window, std::move(session.value), std::nullopt, window.end_ms});
    }
    final_.emitted_up_to(close_time);
  }

  SessionWindows windows_;
  EmitStrategy emit_;
  EmitFinal final_;
  Store store_;
  Aggregation aggregation_;
  TimestampMs stream_time_ms_ = kNoTimestamp;
};

}  // namespace wrackline::event_time::streams
