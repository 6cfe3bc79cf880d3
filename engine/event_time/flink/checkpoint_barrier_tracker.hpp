// At-least-once: Flink's CheckpointBarrierTracker, which counts barriers and blocks nothing.
//
// Modelled: a counter per checkpoint id, at most 50 - the oldest beyond that are forgotten without a word;
// the last barrier triggers and drops all older ids (C-9, C-10); a cancel marker aborts every pending id up
// to its own, once each (surprise 21 of docs/surprises/flink.md); an ended channel counts for every pending
// id, or aborts them all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>

#include "engine/event_time/flink/alignment_metrics.hpp"

namespace wrackline::event_time::flink {

class CheckpointBarrierTracker {
 public:
  CheckpointBarrierTracker(std::size_t channels, bool checkpoints_after_tasks_finish)
      : open_channels_{channels}, checkpoints_after_tasks_finish_{checkpoints_after_tasks_finish} {}

  void process_barrier(const CheckpointBarrier& barrier, ChannelIndex channel, std::int64_t now_ms,
                       BarrierEvents& out);
  void process_cancellation(CheckpointId checkpoint, ChannelIndex channel, BarrierEvents& out);
  void process_end_of_partition(ChannelIndex channel, std::int64_t now_ms, BarrierEvents& out);

  /// The newest pending one, -1 if none.
  CheckpointId latest_checkpoint() const { return pending_.empty() ? -1 : pending_.back().barrier.id; }
  AlignmentMetrics& metrics() { return metrics_; }

 private:
  struct Pending {
    CheckpointBarrier barrier;  ///< the first one; of an id that was only ever cancelled, the id alone
    std::size_t target = 0;
    std::set<ChannelIndex> aligned = {};
    bool aborted = false;
    /// Whether all channels have delivered.
    bool mark(ChannelIndex channel) {
      aligned.insert(channel);
      return aligned.size() == target;
    }
  };
  void complete(std::size_t position, std::int64_t now_ms, BarrierEvents& out);
  void trigger(const CheckpointBarrier& barrier, BarrierEvents& out);
  static void abort_once(Pending& pending, AbortReason reason, BarrierEvents& out);

  std::size_t open_channels_;
  bool checkpoints_after_tasks_finish_;
  std::deque<Pending> pending_;
  CheckpointId latest_pending_ = -1;
  AlignmentMetrics metrics_;
};

}  // namespace wrackline::event_time::flink
