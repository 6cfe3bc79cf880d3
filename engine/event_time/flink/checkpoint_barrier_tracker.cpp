#include "engine/event_time/flink/checkpoint_barrier_tracker.hpp"

#include <algorithm>

namespace wrackline::event_time::flink {

namespace {
constexpr std::size_t kMostTracked = 50;
}

void CheckpointBarrierTracker::process_barrier(const CheckpointBarrier& barrier, ChannelIndex channel,
                                               std::int64_t now_ms, BarrierEvents& out) {
  if (barrier.id > latest_pending_ && open_channels_ == 1) {
    metrics_.start_and_end(barrier.id, barrier.timestamp_ms, now_ms);
    trigger(barrier, out);
    return;
  }
  const auto found = std::find_if(pending_.begin(), pending_.end(),
                                  [&](const Pending& pending) { return pending.barrier.id == barrier.id; });
  if (found != pending_.end()) {
    if (found->mark(channel)) complete(static_cast<std::size_t>(found - pending_.begin()), now_ms, out);
    return;
  }
  if (barrier.id <= latest_pending_) return;
  metrics_.start(barrier.id, barrier.timestamp_ms, now_ms);
  latest_pending_ = barrier.id;
  pending_.push_back({barrier, open_channels_, {channel}, false});
  if (pending_.size() > kMostTracked) pending_.pop_front();
}

void CheckpointBarrierTracker::process_cancellation(CheckpointId checkpoint, ChannelIndex channel,
                                                    BarrierEvents& out) {
  const auto cancelled = [&](CheckpointId id) {
    out.push_back({.kind = BarrierEvent::Kind::abort,
                   .checkpoint = id,
                   .reason = AbortReason::declined_on_cancellation_barrier});
  };
  if (checkpoint > latest_pending_ && open_channels_ == 1) {
    metrics_.reset();
    cancelled(checkpoint);
    return;
  }
  while (!pending_.empty() && pending_.front().barrier.id < checkpoint) {
    abort_once(pending_.front(), AbortReason::declined_on_cancellation_barrier, out);
    pending_.pop_front();
  }
  if (!pending_.empty() && pending_.front().barrier.id == checkpoint) {
    abort_once(pending_.front(), AbortReason::declined_on_cancellation_barrier, out);
    // Still counted, to know when all barriers have been seen.
    if (pending_.front().mark(channel)) pending_.pop_front();
  } else if (checkpoint > latest_pending_) {
    cancelled(checkpoint);
    latest_pending_ = checkpoint;
    pending_.push_front({{.id = checkpoint}, open_channels_, {channel}, true});
  }
}

void CheckpointBarrierTracker::process_end_of_partition(ChannelIndex channel, std::int64_t now_ms,
                                                        BarrierEvents& out) {
  --open_channels_;
  if (!checkpoints_after_tasks_finish_) {
    for (Pending& pending : pending_) abort_once(pending, AbortReason::declined_input_end_of_stream, out);
    pending_.clear();
    metrics_.reset();
    return;
  }
  for (std::size_t i = pending_.size(); i > 0; --i) {
    if (!pending_[i - 1].mark(channel)) continue;
    complete(i - 1, now_ms, out);
    return;
  }
}

void CheckpointBarrierTracker::complete(std::size_t position, std::int64_t now_ms, BarrierEvents& out) {
  const Pending completed = pending_[position];
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(position) + 1);
  if (completed.aborted) return;
  // Only one alignment is measured at a time: the newest.
  if (completed.barrier.id == latest_pending_) metrics_.end(now_ms);
  trigger(completed.barrier, out);
}

void CheckpointBarrierTracker::trigger(const CheckpointBarrier& barrier, BarrierEvents& out) {
  out.push_back({.kind = BarrierEvent::Kind::trigger,
                 .checkpoint = barrier.id,
                 .alignment = barrier.alignment,
                 .start_delay_ms = metrics_.on_trigger(barrier.id)});
}

void CheckpointBarrierTracker::abort_once(Pending& pending, AbortReason reason, BarrierEvents& out) {
  if (pending.aborted) return;
  pending.aborted = true;
  out.push_back({.kind = BarrierEvent::Kind::abort, .checkpoint = pending.barrier.id, .reason = reason});
}

}  // namespace wrackline::event_time::flink
