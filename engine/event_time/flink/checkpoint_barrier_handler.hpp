// Exactly-once alignment: Flink's SingleCheckpointBarrierHandler with its states (aligned, and alternating
// between aligned and unaligned).
//
// Modelled: the first barrier of an id starts the checkpoint, its channel is blocked; the last one triggers
// and releases (C-1); a larger id aborts the pending one (C-2); obsolete barriers only release their channel;
// a cancel marker aborts and remembers; an ended channel counts as aligned if checkpoints go on after tasks
// have finished, else it aborts (C-3); unaligned barriers trigger at the first (C-6); a barrier that may time
// out is announced, and the time-out - active by a timer, passive at the next barrier - switches to unaligned
// at once (C-7), but channels whose aligned barrier was taken already stay blocked to the end (surprise 20 of
// docs/surprises/flink.md). Same in 1.20 and 2.x. The caller owns the timer: timer_due_ms() says when to call
// on_timer().
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "engine/event_time/flink/alignment_metrics.hpp"
#include "engine/event_time/flink/input_gate.hpp"

namespace wrackline::event_time::flink {

class CheckpointBarrierHandler {
 public:
  /// `alternating`: unaligned checkpoints are enabled.
  CheckpointBarrierHandler(InputGate& gate, bool alternating, bool checkpoints_after_tasks_finish)
      : gate_{gate},
        alternating_{alternating},
        checkpoints_after_tasks_finish_{checkpoints_after_tasks_finish},
        open_channels_{gate.channels()} {}

  void process_barrier(const CheckpointBarrier& barrier, ChannelIndex channel, std::int64_t now_ms,
                       BarrierEvents& out);
  void process_announcement(const CheckpointBarrier& announced, int sequence, ChannelIndex channel,
                            std::int64_t now_ms, BarrierEvents& out);
  void process_cancellation(CheckpointId checkpoint, BarrierEvents& out);
  void process_end_of_partition(ChannelIndex channel, std::int64_t now_ms, BarrierEvents& out);
  std::optional<std::int64_t> timer_due_ms() const { return timer_due_ms_; }
  void on_timer(BarrierEvents& out);

  CheckpointId latest_checkpoint() const { return current_; }
  AlignmentMetrics& metrics() { return metrics_; }

 private:
  enum class State : std::uint8_t {
    waiting,               ///< aligned, no barrier yet
    collecting,            ///< aligned, at least one barrier
    waiting_unaligned,     ///< timed out on announcements alone
    collecting_unaligned,  ///< triggered, waiting for the other barriers
  };
  bool is_pending() const { return current_ != last_ended_ && current_ >= 0; }
  bool all_received() const { return aligned_.size() == target_; }
  bool is_timed_out(const CheckpointBarrier& barrier, std::int64_t now_ms) const {
    return barrier.is_timeoutable() && barrier.id <= current_ &&
           barrier.aligned_timeout_ms < now_ms - barrier.timestamp_ms;
  }
  void check_new_checkpoint(const CheckpointBarrier& barrier, std::int64_t now_ms, BarrierEvents& out);
  void mark_aligned(const CheckpointBarrier& barrier, ChannelIndex channel, std::int64_t now_ms);
  void finish_if_complete();

  // What a state does. False: the checkpoint failed on the way (a channel knows of a newer one).
  bool barrier_received(const CheckpointBarrier& barrier, ChannelIndex channel, std::int64_t now_ms,
                        BarrierEvents& out);
  bool end_of_partition_received(ChannelIndex channel, std::int64_t now_ms, BarrierEvents& out);
  bool aligned_timeout(const CheckpointBarrier& barrier, BarrierEvents& out);
  bool start_unaligned(const CheckpointBarrier& barrier, BarrierEvents& out);

  void trigger(const CheckpointBarrier& barrier, BarrierEvents& out);
  void finish_checkpoint(CheckpointId stopped, BarrierEvents& out);
  void abort(CheckpointId cancelled, AbortReason reason, BarrierEvents& out);
  void unblock_all(BarrierEvents& out);

  InputGate& gate_;
  bool alternating_;
  bool checkpoints_after_tasks_finish_;
  std::size_t open_channels_;
  CheckpointId current_ = -1;
  CheckpointId last_ended_ = -1;  ///< cancelled or completed
  std::optional<CheckpointBarrier> pending_;
  std::set<ChannelIndex> aligned_;
  std::size_t target_ = 0;
  bool all_barriers_received_ = false;
  State state_ = State::waiting;
  std::set<ChannelIndex> blocked_;
  std::map<ChannelIndex, int> announced_;
  std::optional<std::int64_t> timer_due_ms_;
  std::optional<CheckpointBarrier> timer_barrier_;
  AlignmentMetrics metrics_;
};

}  // namespace wrackline::event_time::flink
