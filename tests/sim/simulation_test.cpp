// The run itself: order, cancellation, run_until, tie exploration.
#include "sim/simulation.hpp"

#include <chrono>
#include <string>
#include <vector>

#include "sim/node.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::sim;
using namespace std::chrono_literals;

namespace {

/// Notes the arguments of its callbacks in order.
struct Notes {
  std::vector<std::uint64_t> seen;
  void note(std::uint64_t what) { seen.push_back(what); }
  Callback callback(std::uint64_t what) { return Callback::to<&Notes::note>(*this, what); }
};

}  // namespace

TEST_CASE("events run in the order of time, priority, source and counter", "[sim][order]") {
  for (const QueueKind queue : {QueueKind::radix, QueueKind::heap}) {
    Simulation sim{{.queue = queue}};
    const EntityId first = sim.entity("first");
    const EntityId second = sim.entity("second");
    Notes notes;
    sim.schedule(kStart + 2ms, notes.callback(7), first);
    sim.schedule(kStart + 1ms, notes.callback(5), second);
    sim.schedule(kStart + 1ms, notes.callback(6), second, Priority::late);
    sim.schedule(kStart + 1ms, notes.callback(3), first);
    sim.schedule(kStart + 1ms, notes.callback(4), first);
    sim.schedule(kStart + 1ms, notes.callback(1), second, Priority::first);
    sim.schedule(kStart + 1ms, notes.callback(2), second, Priority::early);
    sim.run();
    REQUIRE(notes.seen == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7});
    REQUIRE(sim.now() == kStart + 2ms);
    REQUIRE(sim.events() == 7);
  }
}

TEST_CASE("an unrelated entity does not reshuffle the ties of others", "[sim][order]") {
  auto order = [](bool with_monitor) {
    Simulation sim;
    Notes notes;
    Notes monitor;
    const EntityId a = sim.entity("a");
    const EntityId watching = with_monitor ? sim.entity("monitor") : kKernelEntity;
    const EntityId b = sim.entity("b");
    for (std::uint64_t i = 0; i < 50; ++i) {
      if (with_monitor) sim.schedule(kStart + 1ms, monitor.callback(i), watching);
      sim.schedule(kStart + 1ms, notes.callback(2 * i), i % 3 == 0 ? a : b);
      sim.schedule(kStart + 1ms, notes.callback(2 * i + 1), i % 2 == 0 ? a : b);
    }
    sim.run();
    return notes.seen;
  };
  REQUIRE(order(false) == order(true));
}

TEST_CASE("a tie seed explores other orders, the same one each time, and never across time or priority",
          "[sim][order]") {
  auto order = [](std::optional<std::uint64_t> tie_seed, QueueKind queue) {
    Simulation sim{{.tie_seed = tie_seed, .queue = queue}};
    Notes notes;
    const EntityId entity = sim.entity("e");
    for (std::uint64_t i = 0; i < 40; ++i) {
      sim.schedule(kStart + 1ms + (i < 20 ? 0ms : 1ms), notes.callback(i), entity,
                   i % 2 == 0 ? Priority::normal : Priority::late);
    }
    sim.run();
    return notes.seen;
  };
  const auto plain = order(std::nullopt, QueueKind::radix);
  const auto explored = order(1, QueueKind::radix);
  REQUIRE(plain != explored);
  REQUIRE(explored == order(1, QueueKind::radix));
  REQUIRE(explored == order(1, QueueKind::heap));
  REQUIRE(explored != order(2, QueueKind::radix));
  for (std::size_t i = 0; i < 40; ++i) {
    REQUIRE((explored[i] < 20) == (i < 20));
    REQUIRE((explored[i] % 2 == 0) == (i % 20 < 10));
  }
}

TEST_CASE("a cancelled event does not happen, and cancelling twice or too late does nothing",
          "[sim][cancel]") {
  for (const QueueKind queue : {QueueKind::radix, QueueKind::heap}) {
    Simulation sim{{.queue = queue}};
    Notes notes;
    const EventHandle a = sim.schedule(kStart + 1ms, notes.callback(1), kKernelEntity);
    const EventHandle b = sim.schedule(kStart + 2ms, notes.callback(2), kKernelEntity);
    REQUIRE(sim.is_pending(a));
    REQUIRE(sim.cancel(a));
    REQUIRE_FALSE(sim.is_pending(a));
    REQUIRE_FALSE(sim.cancel(a));
    REQUIRE(sim.pending() == 1);
    sim.run();
    REQUIRE(notes.seen == std::vector<std::uint64_t>{2});
    REQUIRE_FALSE(sim.cancel(b));
    REQUIRE_FALSE(sim.cancel(EventHandle{}));
    // The slot is in use again: an old handle does not reach the new event.
    const EventHandle c = sim.schedule(kStart + 3ms, notes.callback(3), kKernelEntity);
    REQUIRE_FALSE(sim.cancel(a));
    REQUIRE_FALSE(sim.cancel(b));
    REQUIRE(sim.is_pending(c));
    REQUIRE(sim.events() == 1);
  }
}

TEST_CASE("tombstones do not pile up", "[sim][cancel]") {
  struct Model {
    Simulation& sim;
    EventHandle far{};
    std::size_t most = 0;
    int left = 20'000;
    void tick() {
      sim.cancel(far);
      far = sim.schedule_after(30s, Callback::to<&Model::never>(*this), kKernelEntity);
      if (--left > 0) sim.schedule_after(1us, Callback::to<&Model::tick>(*this), kKernelEntity);
      most = std::max(most, sim.pending());
    }
    void never() { FAIL("the far timer is always cancelled"); }
  };
  for (const QueueKind queue : {QueueKind::radix, QueueKind::heap}) {
    Simulation sim{{.queue = queue}};
    Model model{sim};
    model.tick();
    REQUIRE(sim.run_until(kStart + 25ms));
    REQUIRE(model.left == 0);
    REQUIRE(model.most <= 2);
    REQUIRE(sim.pending() == 1);
  }
}

TEST_CASE("run_until stops the clock where asked, and time goes on from there", "[sim][run]") {
  Simulation sim;
  Notes notes;
  sim.schedule(kStart + 10ms, notes.callback(10), kKernelEntity);
  sim.schedule(kStart + 30ms, notes.callback(30), kKernelEntity);
  REQUIRE(sim.run_until(kStart + 20ms));
  REQUIRE(sim.now() == kStart + 20ms);
  REQUIRE(notes.seen == std::vector<std::uint64_t>{10});
  REQUIRE(sim.next_time() == kStart + 30ms);
  // Below the front that has been looked at.
  sim.schedule(kStart + 25ms, notes.callback(25), kKernelEntity);
  REQUIRE(sim.run_until(kStart + 30ms));
  REQUIRE(notes.seen == std::vector<std::uint64_t>{10, 25, 30});
  REQUIRE(sim.next_time() == kNever);
  REQUIRE_FALSE(sim.step());
}

TEST_CASE("stop ends the run after the present event", "[sim][run]") {
  struct Stopper {
    Simulation& sim;
    int calls = 0;
    void call() {
      ++calls;
      sim.stop();
    }
  };
  Simulation sim;
  Stopper stopper{sim};
  for (int i = 1; i <= 3; ++i)
    sim.schedule(kStart + i * 1ms, Callback::to<&Stopper::call>(stopper), kKernelEntity);
  REQUIRE_FALSE(sim.run_until(kStart + 1s));
  REQUIRE(stopper.calls == 1);
  REQUIRE(sim.now() == kStart + 1ms);
  sim.run();
  REQUIRE(stopper.calls == 2);
  REQUIRE(sim.step());
  REQUIRE(stopper.calls == 3);
}

TEST_CASE("entities have stable names", "[sim][entity]") {
  Simulation sim;
  REQUIRE(sim.entity("kernel") == kKernelEntity);
  const EntityId link = sim.entity("link");
  REQUIRE(sim.entity("link") == link);
  REQUIRE(sim.entity_name(link) == "link");
}
