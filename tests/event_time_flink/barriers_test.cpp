// Checkpoint barriers through an input gate: statements C-1 to C-10 of reference/flink.md 11.7.
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/event_time/flink/checkpoint_barrier_handler.hpp"
#include "engine/event_time/flink/checkpoint_barrier_tracker.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::flink {
namespace {

using Lines = std::vector<std::string>;

/// A gate whose operator takes everything at once, and whose producers wait while they are blocked.
class Input {
 public:
  Input(std::size_t channels, bool alternating, bool after_finish = true)
      : gate{channels}, handler{gate, alternating, after_finish}, blocked_(channels), waiting_(channels) {}

  Lines data(ChannelIndex channel, std::uint64_t id) {
    return send(channel, {.kind = GateBuffer::Kind::element, .element = id});
  }
  Lines barrier(ChannelIndex channel, CheckpointId id, Alignment alignment = Alignment::aligned,
                std::int64_t timeout_ms = 0) {
    return send(channel, {.kind = GateBuffer::Kind::barrier, .barrier = {id, 0, alignment, timeout_ms}});
  }
  Lines cancel(ChannelIndex channel, CheckpointId id) {
    return send(channel, {.kind = GateBuffer::Kind::cancel, .barrier = {.id = id}});
  }
  Lines end(ChannelIndex channel) { return send(channel, {.kind = GateBuffer::Kind::end_of_partition}); }
  Lines clock(std::int64_t to_ms) {
    now_ms = to_ms;
    if (handler.timer_due_ms() && *handler.timer_due_ms() <= now_ms) {
      BarrierEvents out;
      handler.on_timer(out);
      say(out);
    }
    return run();
  }
  std::vector<ChannelIndex> blocked() const {
    std::vector<ChannelIndex> channels;
    for (ChannelIndex channel = 0; channel < blocked_.size(); ++channel)
      if (blocked_[channel]) channels.push_back(channel);
    return channels;
  }

  InputGate gate;
  CheckpointBarrierHandler handler;
  std::int64_t now_ms = 0;

 private:
  Lines send(ChannelIndex channel, GateBuffer buffer) {
    waiting_[channel].push_back(buffer);
    return run();
  }
  Lines run() {
    for (bool busy = true; busy;) {
      busy = false;
      for (ChannelIndex channel = 0; channel < waiting_.size(); ++channel) {
        while (!blocked_[channel] && !waiting_[channel].empty()) {
          const GateBuffer buffer = waiting_[channel].front();
          waiting_[channel].pop_front();
          blocked_[channel] = buffer.kind == GateBuffer::Kind::barrier && buffer.barrier.blocks_upstream();
          BarrierEvents out;
          gate.receive(channel, buffer, out);
          say(out);
          busy = true;
        }
      }
      while (const std::optional<GateEvent> next = gate.poll()) {
        busy = true;
        BarrierEvents out;
        switch (next->buffer.kind) {
          case GateBuffer::Kind::element:
            handler.metrics().add_processed_element();
            lines_.push_back(fmt::format("data {}", next->buffer.element));
            break;
          case GateBuffer::Kind::barrier:
            handler.process_barrier(next->buffer.barrier, next->channel, now_ms, out);
            break;
          case GateBuffer::Kind::announcement:
            handler.process_announcement(next->buffer.barrier, next->buffer.sequence, next->channel, now_ms,
                                         out);
            break;
          case GateBuffer::Kind::cancel:
            handler.process_cancellation(next->buffer.barrier.id, out);
            break;
          case GateBuffer::Kind::end_of_partition:
            handler.process_end_of_partition(next->channel, now_ms, out);
            break;
        }
        say(out);
      }
    }
    Lines taken;
    taken.swap(lines_);
    return taken;
  }
  void say(const BarrierEvents& out) {
    for (const BarrierEvent& event : out) {
      if (event.kind == BarrierEvent::Kind::resume) blocked_[event.channel] = false;
      if (event.kind == BarrierEvent::Kind::trigger)
        lines_.push_back(fmt::format("trigger {}", event.checkpoint));
      if (event.kind == BarrierEvent::Kind::abort)
        lines_.push_back(fmt::format("abort {}", event.checkpoint));
      if (event.kind == BarrierEvent::Kind::persist)
        for (const std::uint64_t element : event.elements)
          lines_.push_back(fmt::format("persist {}", element));
    }
  }

  std::vector<bool> blocked_;
  std::vector<std::deque<GateBuffer>> waiting_;
  Lines lines_;
};

const Lines kNothing{};

TEST_CASE("C-1: aligned: the last barrier triggers and releases; data behind a barrier waits") {
  Input input{3, false};
  CHECK(input.barrier(1, 1) == kNothing);
  CHECK(input.data(1, 7) == kNothing);
  CHECK(input.barrier(2, 1) == kNothing);
  CHECK(input.blocked() == std::vector<ChannelIndex>{1, 2});
  CHECK(input.data(0, 8) == Lines{"data 8"});
  CHECK(input.barrier(0, 1) == Lines{"trigger 1", "data 7"});
  CHECK(input.blocked().empty());
}

TEST_CASE("C-2: a larger id aborts the pending one; an ended channel too, if tasks may not finish") {
  Input input{3, false, false};
  input.barrier(1, 2);
  input.barrier(0, 2);
  CHECK(input.barrier(2, 3) == Lines{"abort 2"});
  CHECK(input.blocked() == std::vector<ChannelIndex>{2});
  input.barrier(0, 3);
  CHECK(input.barrier(1, 4) == Lines{"abort 3"});
  CHECK(input.end(0) == Lines{"abort 4"});
  CHECK(input.blocked().empty());
}

TEST_CASE("C-3: an ended channel counts as a barrier where checkpoints go on after tasks have finished") {
  Input input{3, false};
  input.barrier(0, 1);
  input.barrier(1, 1);
  CHECK(input.end(2) == Lines{"trigger 1"});
  input.barrier(0, 6);
  CHECK(input.barrier(1, 6) == Lines{"trigger 6"});
  input.end(1);
  CHECK(input.barrier(0, 7) == Lines{"trigger 7"});
}

TEST_CASE("C-4: cancel markers in any order leave nothing blocked") {
  Input input{2, false};
  input.barrier(0, 1);
  CHECK(input.cancel(1, 3) == Lines{"abort 3"});
  CHECK(input.cancel(0, 2) == kNothing);
  CHECK(input.cancel(0, 3) == kNothing);
  CHECK(input.data(0, 1) == Lines{"data 1"});
  CHECK(input.barrier(1, 2) == kNothing);
  CHECK(input.blocked().empty());
}

TEST_CASE("C-5, C-8: the numbers of an alignment") {
  Input input{2, false};
  input.clock(10);
  input.barrier(0, 1);
  input.data(1, 1);
  input.data(1, 2);
  input.clock(16);
  CHECK(input.barrier(1, 1) == Lines{"trigger 1"});
  const std::vector<AlignmentReport> reports = input.handler.metrics().take_reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].alignment_ms == 6);
  CHECK(reports[0].elements_during_alignment == 2);
}

TEST_CASE("C-6: unaligned: the first barrier triggers; what comes before the others' barriers is state") {
  Input input{3, true};
  CHECK(input.data(0, 1) == Lines{"data 1"});
  CHECK(input.barrier(1, 1, Alignment::unaligned) == Lines{"trigger 1"});
  CHECK(input.barrier(2, 1, Alignment::unaligned) == kNothing);
  CHECK(input.data(2, 2) == Lines{"data 2"});
  CHECK(input.data(0, 3) == Lines{"persist 3", "data 3"});
  CHECK(input.barrier(0, 1, Alignment::unaligned) == kNothing);
  CHECK(input.data(0, 4) == Lines{"data 4"});
  CHECK(input.blocked().empty());
}

TEST_CASE("C-7: the time-out switches to unaligned; a blocked channel stays blocked to the last barrier") {
  Input input{2, true};
  CHECK(input.barrier(0, 1, Alignment::aligned, 100) == kNothing);
  input.data(0, 1);
  CHECK(input.clock(99) == kNothing);
  CHECK(input.clock(100) == Lines{"trigger 1"});
  CHECK(input.blocked() == std::vector<ChannelIndex>{0});
  CHECK(input.data(1, 2) == Lines{"persist 2", "data 2"});
  CHECK(input.barrier(1, 1, Alignment::aligned, 100) == Lines{"data 1"});
  CHECK(input.blocked().empty());
}

struct Tracker {
  explicit Tracker(std::size_t channels, bool after_finish = true) : tracker{channels, after_finish} {}
  Lines barrier(ChannelIndex channel, CheckpointId id) {
    BarrierEvents out;
    tracker.process_barrier({id, 0, Alignment::at_least_once, 0}, channel, now_ms, out);
    return lines(out);
  }
  Lines cancel(ChannelIndex channel, CheckpointId id) {
    BarrierEvents out;
    tracker.process_cancellation(id, channel, out);
    return lines(out);
  }
  static Lines lines(const BarrierEvents& out) {
    Lines said;
    for (const BarrierEvent& event : out)
      said.push_back(fmt::format("{} {}", event.kind == BarrierEvent::Kind::trigger ? "trigger" : "abort",
                                 event.checkpoint));
    return said;
  }
  CheckpointBarrierTracker tracker;
  std::int64_t now_ms = 0;
};

TEST_CASE("C-9: at least once: only ids with all their barriers trigger, and they drop the older ones") {
  Tracker input{3};
  for (const CheckpointId id : {1, 2}) {
    input.barrier(0, id);
    input.barrier(1, id);
    CHECK(input.barrier(2, id) == Lines{"trigger " + std::to_string(id)});
  }
  input.barrier(2, 3);
  input.barrier(1, 4);
  input.barrier(2, 4);
  CHECK(input.tracker.latest_checkpoint() == 4);
  CHECK(input.barrier(0, 4) == Lines{"trigger 4"});
  CHECK(input.tracker.latest_checkpoint() == -1);
  CHECK(input.barrier(0, 3) == kNothing);
}

TEST_CASE("C-10: two checkpoints at once; the alignment of the newer is measured") {
  Tracker input{2};
  input.barrier(1, 1);
  input.now_ms = 1000;
  input.barrier(1, 2);
  input.now_ms = 2000;
  CHECK(input.barrier(0, 1) == Lines{"trigger 1"});
  input.now_ms = 3000;
  CHECK(input.barrier(0, 2) == Lines{"trigger 2"});
  const std::vector<AlignmentReport> reports = input.tracker.metrics().take_reports();
  REQUIRE(reports.size() == 2);
  CHECK(reports[1].alignment_ms == 2000);
}

TEST_CASE("5.7: a cancel marker aborts every pending id up to its own; more than 50 are not tracked") {
  Tracker input{2};
  for (const CheckpointId id : {1, 2, 3}) input.barrier(0, id);
  CHECK(input.cancel(0, 2) == Lines{"abort 1", "abort 2"});
  CHECK(input.cancel(1, 2) == kNothing);
  CHECK(input.barrier(1, 3) == Lines{"trigger 3"});

  Tracker many{2};
  for (CheckpointId id = 1; id <= 51; ++id) CHECK(many.barrier(0, id) == kNothing);
  CHECK(many.barrier(1, 1) == kNothing);
  CHECK(many.barrier(1, 2) == Lines{"trigger 2"});
}

}  // namespace
}  // namespace wrackline::event_time::flink
