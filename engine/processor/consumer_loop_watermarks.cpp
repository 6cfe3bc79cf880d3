// The loop's part for watermarks: when one is due, what it is combined from, who waits for whom.
#include <algorithm>

#include "engine/processor/consumer_loop.hpp"
#include "engine/processor/moments.hpp"

namespace wrackline::processor {

/// No longer than until the next watermark is due: its period does not depend on what arrives.
sim::Duration ConsumerLoop::poll_timeout() const {
  using Emission = event_time::WatermarkStrategy::Emission;
  const bool periodic = options_.watermark.emission == Emission::periodic ||
                        (joins_ && options_.join->right_watermark.emission == Emission::periodic);
  if ((!operator_ && !panes_ && !joins_) || !periodic) return options_.poll_timeout;
  std::int64_t next_ms = next_emit_ms_;
  if (panes_) next_ms = std::min(next_ms, panes_->next_processing_ms());
  const std::chrono::milliseconds due{next_ms - process_.node().mono_ms()};
  return std::clamp<sim::Duration>(due, std::chrono::milliseconds{1}, options_.poll_timeout);
}

void ConsumerLoop::emit_watermark(bool force) {
  if (!operator_ && !panes_ && !joins_) return;
  const std::int64_t now_ms = process_.node().mono_ms();
  if (!force && now_ms < next_emit_ms_ && !input_ended_) return;
  next_emit_ms_ = now_ms + options_.watermark.interval_ms;
  const std::int64_t before = watermark_ms();
  using Kind = event_time::WatermarkStrategy::Kind;
  if (options_.watermark.kind == Kind::generated ||
      (joins_ && options_.join->right_watermark.kind == Kind::generated)) {
    tell_backlogs();
  }
  std::int64_t combined = watermarks_->on_periodic_emit(now_ms, process_.node().wall_ms());
  if (joins_) {
    joins_->right_watermarks().on_periodic_emit(now_ms, process_.node().wall_ms());
    combined = joins_->combined();
  }
  const std::int64_t true_ms = sim::to_ms(process_.now());
  if (options_.alignment != nullptr) align(true_ms);
  if (options_.aggregator != nullptr) {
    if (!tasks_.empty()) options_.aggregator->report(options_.instance, combined, true_ms);
    combined = options_.aggregator->poll(true_ms);
  }
  if (input_ended_ && !tasks_.empty()) combined = watermarks_->on_end_of_input();
  if (operator_) operator_->advance_watermark(combined, fired_);
  if (panes_) panes_->advance_watermark(combined, pane_results_);
  if (joins_) joins_->advance_to(combined, joined_);
  if (watermark_ms() == before) return;
  cluster_.observer.watermark(options_.job, options_.instance, before, watermark_ms(), process_.now());
  process_.announce(moments::kWatermark, options_.instance, watermark_ms());
}

event_time::strategy::Counters ConsumerLoop::watermark_counters() const {
  event_time::strategy::Counters sum = earlier_counters_;
  if (watermarks_) sum += watermarks_->counters();
  if (joins_) sum += joins_->right_watermarks().counters();
  return sum;
}

/// What is known to wait in the log, as consumer lag is counted: up to the high watermark.
void ConsumerLoop::tell_backlogs() {
  for (const auto& [partition, task] : tasks_) {
    const kafka::PartitionFetchState* const state =
        consumer_->consumer().subscriptions().find(cluster_.layout.partition(partition));
    event_time::PartitionWatermarks& watermarks = watermarks_of(partition);
    if (state == nullptr || !state->position || !watermarks.has_partition(partition)) continue;
    watermarks.set_backlog(partition,
                           std::max<std::int64_t>(0, state->high_watermark - state->position->offset));
  }
}

/// Reports and hears in one step, every align_interval_ms.
void ConsumerLoop::align(std::int64_t true_ms) {
  if (true_ms < next_align_ms_) return;
  next_align_ms_ = true_ms + options_.align_interval_ms;
  if (!tasks_.empty()) {
    const bool idle = joins_ ? joins_->idle() : watermarks_->idle();
    const std::int64_t own = idle     ? event_time::kMaxTimestamp
                             : joins_ ? joins_->watermark()
                                      : watermarks_->current();
    options_.alignment->report(options_.instance, own, true_ms);
  }
  const std::int64_t allowed = options_.alignment->max_allowed(true_ms);
  for (const auto& [partition, task] : tasks_) {
    event_time::PartitionWatermarks& watermarks = watermarks_of(partition);
    if (!watermarks.has_partition(partition) || watermarks.partition_idle(partition)) continue;
    const bool ahead = watermarks.partition_watermark(partition) > allowed;
    if (ahead == watermarks.paused(partition)) continue;
    watermarks.set_paused(partition, ahead);
    const kafka::TopicPartition at = cluster_.layout.partition(partition);
    ahead ? consumer_->consumer().pause(at) : consumer_->consumer().resume(at);
  }
}

}  // namespace wrackline::processor
