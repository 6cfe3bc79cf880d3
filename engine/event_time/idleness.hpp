// When is a partition idle, i.e. excluded from the minimum over the partitions?
//
// Flink's WatermarksWithIdleness.IdlenessTimer, rule by rule, with the clock value as an argument: it is
// looked at only at periodic emissions ("probes"). The first probe that sees no new record since the one
// before starts the clock, a later one declares idleness once strictly more than the time-out has passed
// since then. With an emission interval i and time-out T the partition is thus idle after T + 1..3 i, not
// after T (FLINK-40503). Not modelled: pausing the clock under backpressure or watermark alignment (no
// backpressured source here yet).
#pragma once

#include <cstdint>

namespace wrackline::event_time {

class IdlenessTimer {
 public:
  /// Any record ends the silence.
  void on_record() { ++counter_; }

  /// One probe. `now_ms` is the task's monotonic clock; the time-out is > 0.
  bool probe(std::int64_t now_ms, std::int64_t timeout_ms) {
    if (counter_ != last_counter_) {
      last_counter_ = counter_;
      running_ = false;
      return false;
    }
    if (!running_) {
      running_ = true;
      started_at_ms_ = now_ms;
      return false;
    }
    return now_ms - started_at_ms_ > timeout_ms;
  }

 private:
  std::uint64_t counter_ = 0;
  std::uint64_t last_counter_ = 0;
  std::int64_t started_at_ms_ = 0;
  bool running_ = false;
};

}  // namespace wrackline::event_time
