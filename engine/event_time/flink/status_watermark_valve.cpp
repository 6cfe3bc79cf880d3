#include "engine/event_time/flink/status_watermark_valve.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::event_time::flink {

void StatusWatermarkValve::input_watermark(std::size_t channel, TimestampMs timestamp, WatermarkEvents& out) {
  assert(channel < channels_.size());
  Channel& state = channels_[channel];
  if (output_idle_ || state.idle || timestamp <= state.watermark) return;
  state.watermark = timestamp;
  if (!state.aligned && timestamp >= last_output_) state.aligned = true;
  output_min_of_aligned(out);
}

void StatusWatermarkValve::input_status(std::size_t channel, WatermarkStatus status, WatermarkEvents& out) {
  assert(channel < channels_.size());
  Channel& state = channels_[channel];
  if (status == WatermarkStatus::idle && !state.idle) {
    state.idle = true;
    state.aligned = false;
    const bool held_the_output = state.watermark == last_output_;
    if (std::all_of(channels_.begin(), channels_.end(), [](const Channel& c) { return c.idle; })) {
      if (held_the_output) output_max_of_all(out);
      output_idle_ = true;
      out.push_back(WatermarkEvent::status(WatermarkStatus::idle));
    } else if (held_the_output) {
      output_min_of_aligned(out);
    }
  } else if (status == WatermarkStatus::active && state.idle) {
    state.idle = false;
    if (state.watermark >= last_output_) state.aligned = true;
    if (output_idle_) {
      output_idle_ = false;
      out.push_back(WatermarkEvent::status(WatermarkStatus::active));
    }
  }
}

void StatusWatermarkValve::output_min_of_aligned(WatermarkEvents& out) {
  bool any = false;
  TimestampMs lowest = kMaxTimestamp;
  for (const Channel& state : channels_) {
    if (!state.aligned) continue;
    any = true;
    lowest = std::min(lowest, state.watermark);
  }
  if (any) output(lowest, out);
}

void StatusWatermarkValve::output_max_of_all(WatermarkEvents& out) {
  TimestampMs highest = kMinTimestamp;
  for (const Channel& state : channels_) highest = std::max(highest, state.watermark);
  output(highest, out);
}

void StatusWatermarkValve::output(TimestampMs timestamp, WatermarkEvents& out) {
  if (timestamp <= last_output_) return;
  last_output_ = timestamp;
  out.push_back(WatermarkEvent::watermark(timestamp));
}

}  // namespace wrackline::event_time::flink
