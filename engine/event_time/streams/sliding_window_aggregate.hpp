// KStreamSlidingWindowAggregate: aggregation over windows on differences (KIP-450, rules S-11, S-12).
//
// A record at t belongs to every window [s, s + difference] around it. Only windows with distinct contents
// exist: one that ends at each record (its left window) and one that starts just after each record, if
// anything lies in it (its right window). Records earlier than the difference share one window from 0.
// Modelled: the scan of the key's windows in [t - 2 differences, t + 1], newest first, as the engine does it,
// so the order of results is the engine's; close of the whole record (t + difference < close time) and of
// each single window (end < close time); a null key or value is dropped before it moves the stream time; a
// difference of 0 is accepted and kills the task at the first record that opens a window. An early record
// (t < difference) makes no check for final results. Not modelled: the forward scan for stores that cannot
// read backwards (all built-in ones can).
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "engine/event_time/streams/emit_strategy.hpp"
#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/window_store.hpp"
#include "engine/event_time/streams/windows.hpp"

namespace wrackline::event_time::streams {

template <typename Key, typename Aggregation>
class SlidingWindowAggregate {
 public:
  using Value = typename Aggregation::Value;
  using Aggregate = typename Aggregation::Aggregate;
  using Change = WindowedChange<Key, Aggregate>;
  using Cell = ValueAndTimestamp<Aggregate>;
  using Store = WindowStore<Key, Cell>;

  /// `windows` without refusal. Under onWindowClose the engine builds no cache; neither may `settings`.
  SlidingWindowAggregate(const SlidingWindows& windows, const AggregateSettings& settings,
                         Aggregation aggregation = {})
      : windows_(windows),
        emit_(settings.emit),
        final_(settings.emit_interval_ms),
        store_(settings.store),
        aggregation_(std::move(aggregation)) {}

  template <typename Sink>
  void process(const Record<Key, Value>& record, std::int64_t wall_clock_ms, Sink&& sink, Drops& drops) {
    if (!record.key || !record.value) {
      drops.push_back({.why = Skip::null_key_or_value, .timestamp_ms = record.timestamp_ms});
      return;
    }
    const TimestampMs timestamp = record.timestamp_ms;
    stream_time_ms_ = std::max(stream_time_ms_, timestamp);
    const TimestampMs close_time = stream_time_ms_ - windows_.grace_ms;
    const TimestampMs last_end = timestamp + windows_.time_difference_ms;
    if (last_end < close_time) {
      drops.push_back(
          {Skip::expired_window, timestamp, Window{timestamp, last_end}, close_time, stream_time_ms_});
      return;
    }
    Scan<Sink> scan{*this, record, close_time, sink, drops};
    if (timestamp < windows_.time_difference_ms) {
      scan.early();
      return;
    }
    scan.run();
    if (emit_ == EmitStrategy::on_window_close) emit_closed(close_time, wall_clock_ms, sink);
  }

  template <typename Sink>
  void flush(Sink&& sink, Drops& drops) {
    store_.flush([&](const Key& key, TimestampMs start, const auto& old_value, const Cell& cell, bool taken) {
      if (!taken) drops.push_back({.why = Skip::expired_segment});
      if (emit_ == EmitStrategy::on_window_close) return;
      Change change{key, window_at(start), cell.value, std::nullopt, cell.timestamp_ms};
      if (old_value) change.old_value = old_value->value;
      sink(std::move(change));
    });
  }

  TimestampMs stream_time_ms() const { return stream_time_ms_; }
  const Store& store() const { return store_; }

 private:
  Window window_at(TimestampMs start) const { return {start, start + windows_.time_difference_ms}; }

  /// What one record does to the windows of its key.
  template <typename Sink>
  struct Scan {
    SlidingWindowAggregate& self;
    const Record<Key, Value>& record;
    TimestampMs close_time;
    Sink& sink;
    Drops& drops;

    void run() {
      const TimestampMs timestamp = record.timestamp_ms;
      const std::int64_t difference = self.windows_.time_difference_ms;
      std::optional<Cell> left;   // contents of the nearest window that ends before the record
      std::optional<Cell> right;  // contents of the latest window that the record lies in
      bool left_exists = false;
      bool right_exists = false;
      std::optional<TimestampMs> previous;  // the record before this one
      std::vector<TimestampMs> starts;

      const auto windows =
          self.store_.fetch(*record.key, std::max<TimestampMs>(0, timestamp - 2 * difference), timestamp + 1);
      for (auto entry = windows.rbegin(); entry != windows.rend(); ++entry) {
        const TimestampMs start = entry->start_ms;
        const TimestampMs end = start + difference;
        starts.push_back(start);
        if (start == timestamp + 1) {
          right_exists = true;
        } else if (end > timestamp) {
          if (!right) right = entry->value;
          update(start, entry->value);
        } else if (end == timestamp) {
          left_exists = true;
          update(start, entry->value);
          // A record at this very time came before: all its windows exist.
          if (entry->value.timestamp_ms >= timestamp) return;
          previous = entry->value.timestamp_ms;
        } else {
          left = entry->value;
          previous = entry->value.timestamp_ms;
          break;
        }
      }

      if (previous) {
        const TimestampMs start = *previous + 1;
        if (std::find(starts.begin(), starts.end(), start) == starts.end() &&
            start + difference >= timestamp) {
          update(start, Cell{self.aggregation_.initial(), timestamp});
        }
      }
      if (!left_exists) {
        const bool holds_previous = previous && timestamp - difference <= *previous;
        update(timestamp - difference,
               Cell{holds_previous && left ? left->value : self.aggregation_.initial(), timestamp});
      }
      if (!right_exists && right && right->timestamp_ms > timestamp) open_right(*right);
    }

    void early() {
      const TimestampMs timestamp = record.timestamp_ms;
      std::optional<Cell> combined;  // the window from 0, which holds all early records
      std::optional<Cell> right;
      bool right_exists = false;
      std::optional<TimestampMs> previous;
      std::vector<TimestampMs> starts;
      for (const auto& entry : self.store_.fetch(*record.key, 0, timestamp + 1)) {
        starts.push_back(entry.start_ms);
        if (entry.start_ms == 0) {
          combined = entry.value;
          if (entry.value.timestamp_ms < timestamp) previous = entry.value.timestamp_ms;
        } else if (entry.start_ms <= timestamp) {
          right = entry.value;
          update(entry.start_ms, entry.value);
        } else {
          right_exists = true;
        }
      }
      if (!right && combined && combined->timestamp_ms > timestamp) right = combined;
      if (!right_exists && right && right->timestamp_ms > timestamp) open_right(*right);
      if (previous && std::find(starts.begin(), starts.end(), *previous + 1) == starts.end()) {
        update(*previous + 1, Cell{self.aggregation_.initial(), timestamp});
      }
      update(0, combined ? *combined : Cell{self.aggregation_.initial(), timestamp});
    }

    void update(TimestampMs start, const Cell& cell) {
      const Window window = open(start);
      if (window.end_ms < close_time) {
        drops.push_back(
            {Skip::expired_window, record.timestamp_ms, window, close_time, self.stream_time_ms_});
        return;
      }
      Cell updated{self.aggregation_.add(cell.value, &*record.value),
                   std::max(record.timestamp_ms, cell.timestamp_ms)};
      write(window, std::move(updated), cell.value);
    }
    /// The record's right window: what the records after it make, without it.
    void open_right(const Cell& cell) { write(open(record.timestamp_ms + 1), cell, std::nullopt); }

    Window open(TimestampMs start) const {
      if (self.windows_.time_difference_ms == 0) {
        throw StreamsError("IllegalArgumentException", "Window endMs must be greater than window startMs.");
      }
      return self.window_at(start);
    }
    void write(Window window, Cell cell, std::optional<Aggregate> old_value) {
      if (!self.store_.put(*record.key, window.start_ms, cell))
        drops.push_back({.why = Skip::expired_segment});
      if (self.emit_ == EmitStrategy::on_window_update && !self.store_.cached()) {
        sink(Change{*record.key, window, std::move(cell.value), std::move(old_value), cell.timestamp_ms});
      }
    }
  };

  template <typename Sink>
  void emit_closed(TimestampMs close_time, std::int64_t wall_clock_ms, Sink& sink) {
    if (!final_.check(close_time, wall_clock_ms)) return;
    const TimestampMs last_start = close_time - windows_.time_difference_ms - 1;
    if (last_start < 0) return;
    const TimestampMs first_start =
        final_.emitted_before()
            ? std::max<TimestampMs>(0, final_.last_close_time_ms() - windows_.time_difference_ms)
            : 0;
    for (auto& entry : store_.fetch_all(first_start, last_start)) {
      sink(Change{std::move(entry.key), window_at(entry.start_ms), std::move(entry.value.value), std::nullopt,
                  entry.value.timestamp_ms});
    }
    final_.emitted_up_to(close_time);
  }

  SlidingWindows windows_;
  EmitStrategy emit_;
  EmitFinal final_;
  Store store_;
  Aggregation aggregation_;
  TimestampMs stream_time_ms_ = kNoTimestamp;
};

}  // namespace wrackline::event_time::streams
