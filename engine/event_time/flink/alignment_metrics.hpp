// How long an input aligned and how much it processed meanwhile: the metrics half of Flink's
// CheckpointBarrierHandler.
//
// An alignment lasts from the first barrier of a checkpoint to its last. The numbers of a triggered
// checkpoint can come later than its trigger (unaligned: with the last barrier). Starting the next alignment,
// or aborting, closes the one before with a duration of 0 (C-5, C-8, C-10).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/event_time/flink/checkpoint_barrier.hpp"

namespace wrackline::event_time::flink {

/// The numbers of one triggered checkpoint.
struct AlignmentReport {
  CheckpointId checkpoint = 0;
  std::int64_t alignment_ms = 0;
  std::int64_t elements_during_alignment = 0;
};

class AlignmentMetrics {
 public:
  void add_processed_element() {
    if (aligning_) ++elements_;
  }
  void start(CheckpointId checkpoint, std::int64_t created_ms, std::int64_t now_ms) {
    start_delay_ms_ = now_ms > created_ms ? now_ms - created_ms : 0;
    reset();
    aligning_ = true;
    started_ms_ = now_ms;
    checkpoint_ = checkpoint;
  }
  void end(std::int64_t now_ms) { finish(now_ms - started_ms_); }
  void start_and_end(CheckpointId checkpoint, std::int64_t created_ms, std::int64_t now_ms) {
    start(checkpoint, created_ms, now_ms);
    finish(0);
  }
  void reset() {
    finish(0);
    done_ = false;
  }
  /// The checkpoint is triggered now: reports it as soon as its numbers are there. Returns its start delay.
  std::int64_t on_trigger(CheckpointId checkpoint) {
    // One that did not start the last alignment has no numbers of its own.
    if (checkpoint != checkpoint_) {
      reports_.push_back({checkpoint, 0, 0});
      return 0;
    }
    if (done_) {
      reports_.push_back({checkpoint, duration_ms_, duration_elements_});
    } else {
      waiting_.push_back(checkpoint);
    }
    return start_delay_ms_;
  }
  /// Reports since the last call, in order.
  std::vector<AlignmentReport> take_reports() {
    std::vector<AlignmentReport> taken;
    taken.swap(reports_);
    return taken;
  }

 private:
  void finish(std::int64_t duration_ms) {
    if (!done_) {
      done_ = true;
      duration_ms_ = duration_ms;
      duration_elements_ = elements_;
      for (const CheckpointId checkpoint : waiting_)
        reports_.push_back({checkpoint, duration_ms_, duration_elements_});
      waiting_.clear();
    }
    aligning_ = false;
    elements_ = 0;
  }

  bool aligning_ = false;
  bool done_ = false;  ///< the numbers of the last alignment are there
  std::int64_t started_ms_ = 0;
  std::int64_t start_delay_ms_ = 0;
  CheckpointId checkpoint_ = -1;  ///< that started the last alignment
  std::int64_t elements_ = 0;
  std::int64_t duration_ms_ = 0;
  std::int64_t duration_elements_ = 0;
  std::vector<CheckpointId> waiting_;
  std::vector<AlignmentReport> reports_;
};

}  // namespace wrackline::event_time::flink
