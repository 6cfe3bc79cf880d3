// The input side of a shuffled stream: Flink's StatusWatermarkValve over the channels of one input gate.
//
// Modelled: the minimum over the aligned channels (M-2 ... M-9). An idle channel is out of the minimum; one
// that returns stays out until it has caught up with what was emitted, so it can neither hold the output back
// nor pull it backwards. When the last active channel turns idle, and it was the one that held the output,
// the maximum over all channels is flushed first. Same in 1.20 and 2.x. (A channel's several subpartitions
// are one channel here.)
#pragma once

#include <cstddef>
#include <vector>

#include "engine/event_time/flink/watermark_event.hpp"

namespace wrackline::event_time::flink {

class StatusWatermarkValve {
 public:
  explicit StatusWatermarkValve(std::size_t channels) : channels_(channels) {}

  void input_watermark(std::size_t channel, TimestampMs timestamp, WatermarkEvents& out);
  void input_status(std::size_t channel, WatermarkStatus status, WatermarkEvents& out);

  TimestampMs last_output_watermark() const { return last_output_; }
  bool is_idle() const { return output_idle_; }

 private:
  struct Channel {
    TimestampMs watermark = kMinTimestamp;
    bool idle = false;
    bool aligned = true;
  };
  void output_min_of_aligned(WatermarkEvents& out);
  void output_max_of_all(WatermarkEvents& out);
  void output(TimestampMs timestamp, WatermarkEvents& out);

  std::vector<Channel> channels_;
  TimestampMs last_output_ = kMinTimestamp;
  bool output_idle_ = false;
};

}  // namespace wrackline::event_time::flink
