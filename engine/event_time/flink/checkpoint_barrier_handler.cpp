#include "engine/event_time/flink/checkpoint_barrier_handler.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::event_time::flink {

void CheckpointBarrierHandler::process_barrier(const CheckpointBarrier& barrier, ChannelIndex channel,
                                               std::int64_t now_ms, BarrierEvents& out) {
  if (current_ > barrier.id || (current_ == barrier.id && !is_pending())) {
    if (!barrier.is_unaligned()) gate_.resume_consumption(channel, out);
    return;
  }
  check_new_checkpoint(barrier, now_ms, out);
  mark_aligned(barrier, channel, now_ms);
  if (!barrier_received(barrier, channel, now_ms, out)) abort(current_, AbortReason::subsumed, out);
  finish_if_complete();
}

void CheckpointBarrierHandler::process_announcement(const CheckpointBarrier& announced, int sequence,
                                                    ChannelIndex channel, std::int64_t now_ms,
                                                    BarrierEvents& out) {
  check_new_checkpoint(announced, now_ms, out);
  if (current_ > announced.id || (current_ == announced.id && !is_pending())) return;
  if (!alternating_) return;
  if (state_ == State::waiting || state_ == State::collecting) {
    announced_[channel] = sequence;
  } else {
    gate_.convert_to_priority_event(channel, sequence);
  }
}

void CheckpointBarrierHandler::process_cancellation(CheckpointId checkpoint, BarrierEvents& out) {
  if (checkpoint > current_ || (checkpoint == current_ && !aligned_.empty()))
    abort(checkpoint, AbortReason::declined_on_cancellation_barrier, out);
}

void CheckpointBarrierHandler::process_end_of_partition(ChannelIndex channel, std::int64_t now_ms,
                                                        BarrierEvents& out) {
  --open_channels_;
  if (!checkpoints_after_tasks_finish_) {
    if (is_pending()) abort(current_, AbortReason::declined_input_end_of_stream, out);
    return;
  }
  if (!is_pending()) return;
  mark_aligned(*pending_, channel, now_ms);
  if (!end_of_partition_received(channel, now_ms, out)) abort(current_, AbortReason::subsumed, out);
  finish_if_complete();
}

void CheckpointBarrierHandler::on_timer(BarrierEvents& out) {
  timer_due_ms_.reset();
  const CheckpointBarrier barrier = *timer_barrier_;
  const bool done = all_barriers_received_ || open_channels_ == 0;
  if (current_ == barrier.id && !done && !aligned_timeout(barrier, out))
    abort(barrier.id, AbortReason::subsumed, out);
}

void CheckpointBarrierHandler::check_new_checkpoint(const CheckpointBarrier& barrier, std::int64_t now_ms,
                                                    BarrierEvents& out) {
  if (current_ >= barrier.id) return;
  if (is_pending()) abort(current_, AbortReason::declined_subsumed, out);
  current_ = barrier.id;
  pending_ = barrier;
  aligned_.clear();
  target_ = open_channels_;
  all_barriers_received_ = false;
  if (alternating_ && barrier.is_timeoutable()) {
    const std::int64_t age_ms = now_ms - barrier.timestamp_ms;
    timer_due_ms_ = now_ms + std::max<std::int64_t>(barrier.aligned_timeout_ms - age_ms, 0);
    timer_barrier_ = barrier;
  }
}

void CheckpointBarrierHandler::mark_aligned(const CheckpointBarrier& barrier, ChannelIndex channel,
                                            std::int64_t now_ms) {
  aligned_.insert(channel);
  if (aligned_.size() == 1) {
    if (target_ == 1) {
      metrics_.start_and_end(barrier.id, barrier.timestamp_ms, now_ms);
    } else {
      metrics_.start(barrier.id, barrier.timestamp_ms, now_ms);
    }
  }
  // Before the state hears of it: a trigger would else wait for numbers that are there.
  if (all_received() && target_ > 1) metrics_.end(now_ms);
}

void CheckpointBarrierHandler::finish_if_complete() {
  if (!all_received()) return;
  aligned_.clear();
  last_ended_ = current_;
  timer_due_ms_.reset();
  all_barriers_received_ = true;
}

bool CheckpointBarrierHandler::barrier_received(const CheckpointBarrier& barrier, ChannelIndex channel,
                                                std::int64_t now_ms, BarrierEvents& out) {
  switch (state_) {
    case State::waiting:
    case State::collecting:
      if (barrier.is_unaligned())
        return aligned_timeout(barrier, out) && barrier_received(barrier, channel, now_ms, out);
      announced_.erase(channel);
      blocked_.insert(channel);
      if (all_received()) {
        trigger(barrier, out);
        finish_checkpoint(barrier.id, out);
        return true;
      }
      if (alternating_ && is_timed_out(barrier, now_ms))
        return aligned_timeout(barrier, out) &&
               barrier_received(barrier.as_unaligned(), channel, now_ms, out);
      state_ = State::collecting;
      return true;
    case State::waiting_unaligned:
      if (!barrier.is_unaligned()) blocked_.insert(channel);
      if (!start_unaligned(barrier, out)) return false;
      if (all_received()) finish_checkpoint(barrier.id, out);
      return true;
    case State::collecting_unaligned:
      if (!barrier.is_unaligned()) blocked_.insert(channel);
      if (all_received()) finish_checkpoint(barrier.id, out);
      return true;
  }
  return true;
}

bool CheckpointBarrierHandler::end_of_partition_received(ChannelIndex channel, std::int64_t now_ms,
                                                         BarrierEvents& out) {
  blocked_.erase(channel);
  announced_.erase(channel);
  switch (state_) {
    case State::waiting:
    case State::waiting_unaligned:
      return true;
    case State::collecting:
      if (all_received()) {
        const CheckpointBarrier barrier = *pending_;
        trigger(barrier, out);
        finish_checkpoint(barrier.id, out);
      } else if (alternating_ && is_timed_out(*pending_, now_ms)) {
        return aligned_timeout(*pending_, out) && end_of_partition_received(channel, now_ms, out);
      }
      return true;
    case State::collecting_unaligned:
      if (all_received()) finish_checkpoint(pending_->id, out);
      return true;
  }
  return true;
}

bool CheckpointBarrierHandler::aligned_timeout(const CheckpointBarrier& barrier, BarrierEvents& out) {
  if (state_ != State::waiting && state_ != State::collecting) return true;
  for (const auto& [channel, sequence] : announced_) gate_.convert_to_priority_event(channel, sequence);
  announced_.clear();
  if (state_ == State::waiting) {
    state_ = State::waiting_unaligned;
    return true;
  }
  return start_unaligned(barrier, out);
}

bool CheckpointBarrierHandler::start_unaligned(const CheckpointBarrier& barrier, BarrierEvents& out) {
  if (!gate_.checkpoint_started(barrier.id, out)) return false;
  trigger(barrier.as_unaligned(), out);
  state_ = State::collecting_unaligned;
  return true;
}

void CheckpointBarrierHandler::trigger(const CheckpointBarrier& barrier, BarrierEvents& out) {
  out.push_back({.kind = BarrierEvent::Kind::trigger,
                 .checkpoint = barrier.id,
                 .alignment = barrier.alignment,
                 .start_delay_ms = metrics_.on_trigger(barrier.id)});
}

void CheckpointBarrierHandler::finish_checkpoint(CheckpointId stopped, BarrierEvents& out) {
  if (state_ == State::collecting_unaligned) gate_.checkpoint_stopped(stopped);
  unblock_all(out);
  announced_.clear();
  state_ = State::waiting;
}

void CheckpointBarrierHandler::abort(CheckpointId cancelled, AbortReason reason, BarrierEvents& out) {
  // With the current id set and no barriers counted, none of this id can start an alignment again.
  current_ = std::max(cancelled, current_);
  last_ended_ = std::max(last_ended_, cancelled);
  pending_.reset();
  aligned_.clear();
  target_ = 0;
  timer_due_ms_.reset();
  finish_checkpoint(cancelled, out);
  if (cancelled == current_) metrics_.reset();
  out.push_back({.kind = BarrierEvent::Kind::abort, .checkpoint = cancelled, .reason = reason});
  all_barriers_received_ = true;
}

void CheckpointBarrierHandler::unblock_all(BarrierEvents& out) {
  for (const ChannelIndex channel : blocked_) gate_.resume_consumption(channel, out);
  blocked_.clear();
}

}  // namespace wrackline::event_time::flink
