// The receiving end of a shuffle: one queue per channel, polled in turn, overtaken by priority events.
//
// Modelled: SingleInputGate over RemoteInputChannels with their ChannelStatePersister. A barrier that may
// time out is announced ahead of the data; an unaligned one overtakes it; when a checkpoint starts, the
// buffers in front of a channel's barrier become channel state, and so does everything that arrives before
// that barrier. One buffer per channel in turn, channels in the order in which they got data. A buffer is one
// element.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "engine/event_time/flink/checkpoint_barrier.hpp"

namespace wrackline::event_time::flink {

struct GateBuffer {
  enum class Kind : std::uint8_t { element, barrier, announcement, cancel, end_of_partition };
  Kind kind = Kind::element;
  std::uint64_t element = 0;
  CheckpointBarrier barrier = {};  ///< of barrier and announcement; the id alone of cancel
  int sequence = 0;                ///< position in its channel; of the announced barrier for an announcement
};

struct GateEvent {
  ChannelIndex channel = 0;
  GateBuffer buffer;
};

class InputGate {
 public:
  explicit InputGate(std::size_t channels) : channels_(channels) {}

  std::size_t channels() const { return channels_.size(); }
  /// A buffer arrives.
  void receive(ChannelIndex channel, GateBuffer buffer, BarrierEvents& out);
  bool has_priority_event() const { return priority_channels_ > 0; }
  std::optional<GateEvent> poll();

  /// A barrier that waits in the queue jumps it. It stays the barrier that it is.
  void convert_to_priority_event(ChannelIndex channel, int sequence);
  /// Starts to persist. False: a newer barrier was seen already (the checkpoint fails).
  bool checkpoint_started(CheckpointId checkpoint, BarrierEvents& out);
  void checkpoint_stopped(CheckpointId checkpoint);
  void resume_consumption(ChannelIndex channel, BarrierEvents& out) const;

 private:
  static constexpr CheckpointId kNone = -1;
  enum class Persisting : std::uint8_t { completed, barrier_pending, barrier_received };

  struct Channel {
    std::deque<GateBuffer> queue;
    std::size_t priority = 0;  ///< how many at the front overtake
    int next_sequence = 0;
    CheckpointId last_barrier = kNone;  ///< received, not yet started or stopped
    int last_barrier_sequence = 0;
    Persisting persisting = Persisting::completed;
    CheckpointId last_seen = kNone;
    bool enqueued = false;
    bool ended = false;
  };
  /// Whether it is the only priority element of the channel now.
  static bool add_priority(Channel& state, GateBuffer buffer);
  static std::optional<CheckpointId> check_for_barrier(Channel& state, const GateBuffer& buffer);
  void enqueue(ChannelIndex channel, bool priority);

  std::vector<Channel> channels_;
  std::deque<ChannelIndex> with_data_;
  std::size_t priority_channels_ = 0;  ///< how many at the front have a priority event
};

}  // namespace wrackline::event_time::flink
