// EmitStrategy (KIP-825, rule S-15): when a windowed aggregation sends results.
//
//   * onWindowUpdate: each update, at once (or when the record cache is flushed);
//   * onWindowClose: once, after the window closed. A check is made only when a record arrives, at most once
//   per
//     emit interval of wall clock (`__emit.interval.ms.kstreams.windowed.aggregation__`, 1000 ms), and only
//     if the close time moved. Results are then *read from the store*: what its retention hides by that time
//     is never emitted.
#pragma once

#include <cstdint>

#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/store_retention.hpp"

namespace wrackline::event_time::streams {

enum class EmitStrategy : std::uint8_t { on_window_update, on_window_close };

/// The throttle of onWindowClose and the close time up to which everything was emitted.
class EmitFinal {
 public:
  explicit EmitFinal(std::int64_t emit_interval_ms = 1000) : emit_interval_ms_(emit_interval_ms) {}

  /// True if windows may be emitted now. A check that the throttle lets pass starts the next interval, even
  /// if the close time has not moved.
  bool check(TimestampMs close_time_ms, std::int64_t wall_clock_ms) {
    if (wall_clock_ms < next_check_ms_) return false;
    next_check_ms_ = wall_clock_ms + emit_interval_ms_;
    return last_close_time_ms_ == kNoTimestamp || last_close_time_ms_ < close_time_ms;
  }
  bool emitted_before() const { return last_close_time_ms_ != kNoTimestamp; }
  TimestampMs last_close_time_ms() const { return last_close_time_ms_; }
  void emitted_up_to(TimestampMs close_time_ms) { last_close_time_ms_ = close_time_ms; }

 private:
  std::int64_t emit_interval_ms_;
  std::int64_t next_check_ms_ = 0;
  TimestampMs last_close_time_ms_ = kNoTimestamp;
};

struct AggregateSettings {
  StoreSettings store;
  EmitStrategy emit = EmitStrategy::on_window_update;
  std::int64_t emit_interval_ms = 1000;
};

}  // namespace wrackline::event_time::streams
