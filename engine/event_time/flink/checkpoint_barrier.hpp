// What travels through a checkpointed input gate, and what comes out of it.
//
// Checkpoint barriers share the channels with records and watermarks; how they are aligned decides which
// records a snapshot holds and how long a channel stands still. The classes of this group are Flink's:
// RemoteInputChannel and SingleInputGate (input_gate.hpp), SingleCheckpointBarrierHandler and
// CheckpointBarrierTracker (checkpoint_barrier_handler.hpp, checkpoint_barrier_tracker.hpp). Statements C-1
// to C-10 of reference/flink.md 11.7. Not modelled: credits, bytes, local channels, the output side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wrackline::event_time::flink {

using ChannelIndex = std::size_t;
using CheckpointId = std::int64_t;

/// How a checkpoint's barriers travel: CheckpointOptions.AlignmentType.
enum class Alignment : std::uint8_t { at_least_once, aligned, unaligned };

struct CheckpointBarrier {
  CheckpointId id = 0;
  std::int64_t timestamp_ms = 0;  ///< when the checkpoint was triggered
  Alignment alignment = Alignment::aligned;
  std::int64_t aligned_timeout_ms = 0;  ///< > 0: an aligned barrier may turn unaligned after that

  bool is_unaligned() const { return alignment == Alignment::unaligned; }
  bool is_timeoutable() const { return alignment == Alignment::aligned && aligned_timeout_ms > 0; }
  /// While such a barrier waits, its channel sends nothing.
  bool blocks_upstream() const { return alignment == Alignment::aligned; }
  CheckpointBarrier as_unaligned() const {
    return {id, timestamp_ms, Alignment::unaligned, aligned_timeout_ms};
  }
};

/// CheckpointFailureReason, as far as an input decides it.
enum class AbortReason : std::uint8_t {
  declined_subsumed,
  declined_on_cancellation_barrier,
  declined_input_end_of_stream,
  subsumed,  ///< a newer barrier has overwritten what the channel knew of this one
};

/// Decisions of handler and gate, in order.
struct BarrierEvent {
  enum class Kind : std::uint8_t {
    trigger,  ///< the snapshot happens here
    abort,
    persist,  ///< buffers of `channel` become state of the checkpoint
    resume,   ///< the producer of `channel` may send again
  };
  Kind kind = Kind::trigger;
  CheckpointId checkpoint = 0;
  Alignment alignment = Alignment::aligned;  ///< of a trigger
  std::int64_t start_delay_ms = 0;           ///< of a trigger: age of the checkpoint at its first barrier
  AbortReason reason = AbortReason::subsumed;
  ChannelIndex channel = 0;
  std::vector<std::uint64_t> elements = {};  ///< persisted
};
using BarrierEvents = std::vector<BarrierEvent>;

}  // namespace wrackline::event_time::flink
