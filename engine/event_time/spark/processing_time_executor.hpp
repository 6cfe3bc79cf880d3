// When the trigger of a query fires: ProcessingTimeExecutor (Trigger.ProcessingTime).
//
// Targets are whole multiples of the interval, counted from the epoch, not from the start of the query. A
// firing asks for the next multiple after the moment it fired at; if its batch ran past that, the next firing
// is at once, and targets that went by are not made up for. An interval of 0 fires again at once. The
// division cuts towards zero, so a clock before the epoch gets a target one interval late (-1 with an
// interval of 1000 gives 1000).
#pragma once

#include <algorithm>
#include <cstdint>

namespace wrackline::event_time::spark {

class ProcessingTimeExecutor {
 public:
  explicit ProcessingTimeExecutor(std::int64_t interval_ms) : interval_ms_{interval_ms} {}

  std::int64_t next_batch_time_ms(std::int64_t now_ms) const {
    return interval_ms_ == 0 ? now_ms : now_ms / interval_ms_ * interval_ms_ + interval_ms_;
  }
  /// The next firing after one at `fired_ms` whose batch, if it made one, was done at `done_ms`.
  std::int64_t next_firing_ms(std::int64_t fired_ms, std::int64_t done_ms) const {
    return std::max(next_batch_time_ms(fired_ms), done_ms);
  }

 private:
  std::int64_t interval_ms_;
};

}  // namespace wrackline::event_time::spark
