#include "engine/event_time/flink/input_gate.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace wrackline::event_time::flink {

namespace {
using Kind = GateBuffer::Kind;
}

bool InputGate::add_priority(Channel& state, GateBuffer buffer) {
  state.queue.insert(state.queue.begin() + static_cast<std::ptrdiff_t>(state.priority), buffer);
  return ++state.priority == 1;
}

std::optional<CheckpointId> InputGate::check_for_barrier(Channel& state, const GateBuffer& buffer) {
  if (buffer.kind != Kind::barrier) return std::nullopt;
  const CheckpointId expected =
      state.persisting == Persisting::completed ? state.last_seen + 1 : state.last_seen;
  if (buffer.barrier.id < expected) return std::nullopt;
  state.last_seen = buffer.barrier.id;
  state.persisting = Persisting::barrier_received;
  return buffer.barrier.id;
}

void InputGate::receive(ChannelIndex channel, GateBuffer buffer, BarrierEvents& out) {
  Channel& state = channels_[channel];
  if (state.ended) return;
  buffer.sequence = state.next_sequence++;
  const bool was_empty = state.queue.empty();
  bool first_priority = false;
  if (buffer.kind == Kind::barrier && buffer.barrier.is_unaligned()) {
    first_priority = add_priority(state, buffer);
  } else {
    state.queue.push_back(buffer);
    if (buffer.kind == Kind::barrier && buffer.barrier.is_timeoutable()) {
      GateBuffer announcement = buffer;
      announcement.kind = Kind::announcement;
      first_priority = add_priority(state, announcement);
    }
  }
  const std::optional<CheckpointId> barrier = check_for_barrier(state, buffer);
  if (barrier && *barrier > state.last_barrier) {
    state.last_barrier = *barrier;
    state.last_barrier_sequence = buffer.sequence;
  }
  if (state.persisting == Persisting::barrier_pending && buffer.kind == Kind::element)
    out.push_back({.kind = BarrierEvent::Kind::persist,
                   .checkpoint = state.last_seen,
                   .channel = channel,
                   .elements = {buffer.element}});
  if (first_priority) enqueue(channel, true);
  if (was_empty) enqueue(channel, false);
}

void InputGate::enqueue(ChannelIndex channel, bool priority) {
  Channel& state = channels_[channel];
  const auto priority_end = with_data_.begin() + static_cast<std::ptrdiff_t>(priority_channels_);
  if (state.enqueued) {
    if (!priority || std::find(with_data_.begin(), priority_end, channel) != priority_end) return;
    with_data_.erase(std::find(priority_end, with_data_.end(), channel));
  }
  state.enqueued = true;
  if (!priority) {
    with_data_.push_back(channel);
    return;
  }
  with_data_.insert(with_data_.begin() + static_cast<std::ptrdiff_t>(priority_channels_), channel);
  ++priority_channels_;
}

std::optional<GateEvent> InputGate::poll() {
  if (with_data_.empty()) return std::nullopt;
  const ChannelIndex channel = with_data_.front();
  with_data_.pop_front();
  if (priority_channels_ > 0) --priority_channels_;
  Channel& state = channels_[channel];
  state.enqueued = false;
  assert(!state.queue.empty());
  GateEvent event{channel, state.queue.front()};
  state.queue.pop_front();
  if (state.priority > 0) --state.priority;
  if (event.buffer.kind == Kind::end_of_partition) {
    state.queue.clear();
    state.priority = 0;
    state.ended = true;
  } else if (!state.queue.empty()) {
    enqueue(channel, state.priority > 0);
  }
  return event;
}

void InputGate::convert_to_priority_event(ChannelIndex channel, int sequence) {
  Channel& state = channels_[channel];
  const auto at =
      std::find_if(state.queue.begin() + static_cast<std::ptrdiff_t>(state.priority), state.queue.end(),
                   [sequence](const GateBuffer& buffer) { return buffer.sequence == sequence; });
  assert(at != state.queue.end() && "an announced barrier is not in the queue");
  const GateBuffer barrier = *at;
  state.queue.erase(at);
  if (add_priority(state, barrier)) enqueue(channel, true);
}

bool InputGate::checkpoint_started(CheckpointId checkpoint, BarrierEvents& out) {
  for (ChannelIndex channel = 0; channel < channels_.size(); ++channel) {
    Channel& state = channels_[channel];
    if (checkpoint < state.last_barrier) return false;
    if (checkpoint > state.last_barrier) state.last_barrier = kNone;
    BarrierEvent persist{.kind = BarrierEvent::Kind::persist, .checkpoint = checkpoint, .channel = channel};
    for (std::size_t i = state.priority; i < state.queue.size(); ++i) {
      const GateBuffer& buffer = state.queue[i];
      if (buffer.kind != Kind::element) continue;
      if (state.last_barrier != kNone && buffer.sequence >= state.last_barrier_sequence) break;
      persist.elements.push_back(buffer.element);
    }
    if (state.persisting == Persisting::barrier_received && state.last_seen > checkpoint) return false;
    if (state.last_seen < checkpoint) {
      state.persisting = Persisting::barrier_pending;
      state.last_seen = checkpoint;
    }
    if (!persist.elements.empty()) out.push_back(std::move(persist));
  }
  return true;
}

void InputGate::checkpoint_stopped(CheckpointId checkpoint) {
  for (Channel& state : channels_) {
    if (checkpoint >= state.last_seen) {
      state.persisting = Persisting::completed;
      state.last_seen = checkpoint;
    }
    if (state.last_barrier == checkpoint) state.last_barrier = kNone;
  }
}

void InputGate::resume_consumption(ChannelIndex channel, BarrierEvents& out) const {
  if (!channels_[channel].ended) out.push_back({.kind = BarrierEvent::Kind::resume, .channel = channel});
}

}  // namespace wrackline::event_time::flink
