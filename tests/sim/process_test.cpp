// Processes as crash domains: crash, pause, resume, restart, stop, and faults that strike in the middle of a
// step.
#include "sim/process.hpp"

#include <chrono>
#include <string>
#include <vector>

#include "sim/channel.hpp"
#include "sim/node.hpp"
#include "sim/stuck.hpp"
#include "sim/timeout.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::sim;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

constexpr MomentDef kBefore{"test.write.starting", {"n"}, "before the write"};
constexpr MomentDef kAfter{"test.write.done", {"n"}, "after the write"};

struct World {
  Lines log;  // outlives the frames, whose witnesses write to it
  Simulation sim;
  Node& node = sim.add_node("n1");
  Process& process = node.add_process("p1");
  Process& other = sim.add_node("n2").add_process("p2");
  int disk = 0;  ///< survives crashes
  World() { sim.moments().declare({&kBefore, &kAfter}); }
  void note(const std::string& what) { log.push_back(std::to_string(to_ms(sim.now())) + " " + what); }
  /// Does something at a time, from outside.
  void at(Duration time, std::function<void()> what) {
    actions.push_back(std::make_unique<std::function<void()>>(std::move(what)));
    sim.schedule(kStart + time,
                 {[](void* action, std::uint64_t) { (*static_cast<std::function<void()>*>(action))(); },
                  actions.back().get(), 0},
                 kKernelEntity, Priority::first);
  }
  std::vector<std::unique_ptr<std::function<void()>>> actions;
};

struct Witness {
  World& world;
  std::string name;
  ~Witness() { world.note("~" + name); }
};

/// Every 10 ms: announce, write, announce.
Task<> writer(World& world) {
  Witness witness{world, "writer " + std::to_string(world.process.incarnation())};
  for (int n = 1;; ++n) {
    co_await sleep(10ms);
    world.process.announce(kBefore, n);
    ++world.disk;
    world.process.announce(kAfter, n);
  }
}

Process::Main main_of(World& world, Task<> (*body)(World&)) {
  return [&world, body](Process&) { return body(world); };
}

struct Beats {
  World& world;
  void beat(std::uint64_t n) {
    world.note("beat " + std::to_string(n));
    world.process.schedule_after(10ms, Callback::to<&Beats::beat>(*this, n + 1));
  }
};

}  // namespace

TEST_CASE("a crash destroys the frames at once and drops the timers; a restart is a new incarnation",
          "[sim][process]") {
  World world;
  Beats beats{world};
  world.process.start(main_of(world, writer));
  world.process.schedule_after(5ms, Callback::to<&Beats::beat>(beats, 1));
  world.at(22ms, [&] {
    world.process.crash();
    world.note("crashed");
    REQUIRE_FALSE(world.process.alive());
    REQUIRE_FALSE(world.process.spawn("too late", writer(world)).outcome() == TaskHandle::Outcome::running);
    REQUIRE_FALSE(
        world.sim.is_pending(world.process.schedule_after(1ms, Callback::to<&Beats::beat>(beats, 9))));
    REQUIRE_FALSE(world.process.deliver(Callback::to<&Beats::beat>(beats, 9)));
    world.process.announce(kBefore, 9);
  });
  world.at(40ms, [&] { world.process.restart(); });
  world.sim.run_until(kStart + 65ms);
  REQUIRE(world.disk == 4);
  REQUIRE(world.sim.moments().count("test.write.starting") == 4);
  REQUIRE(world.process.incarnation() == 2);
  REQUIRE(world.log == Lines{"5 beat 1", "15 beat 2", "22 ~writer 1", "22 crashed"});
}

TEST_CASE("a fault strikes between two moments of one step", "[sim][process][moment]") {
  for (const bool before : {true, false}) {
    World world;
    world.process.start(main_of(world, writer));
    world.sim.moments().subscribe(before ? "test.write.starting" : "test.write.done",
                                  [&](const Moment& moment) {
                                    REQUIRE(moment.process == &world.process);
                                    REQUIRE(moment.nth == static_cast<std::uint64_t>(moment.attribute("n")));
                                    if (moment.nth == 3) moment.process->crash();
                                  });
    world.sim.run();
    // Before: the third write did not happen. After: it did, and its announcer knows nothing of it.
    REQUIRE(world.disk == (before ? 2 : 3));
    REQUIRE(world.log == Lines{"30 ~writer 1"});
    REQUIRE(world.process.process_state() == ProcessState::crashed);
  }
}

TEST_CASE("a crash from inside unwinds callers, callees and callbacks alike", "[sim][process][moment]") {
  GIVEN("a child task, a callback and a delivery that announce") {
    World world;
    world.sim.moments().subscribe("test.write.starting",
                                  [](const Moment& moment) { moment.process->crash(); });
    struct Story {
      static Task<> child(World& world, bool wait) {
        Witness witness{world, "child"};
        if (wait) co_await sleep(1ms);
        world.process.announce(kBefore, 1);
        world.note("not reached");
      }
      static Task<> parent(World& world, bool wait) {
        Witness witness{world, "parent"};
        co_await child(world, wait);
        world.note("not reached");
      }
      static Task<> guarded(World& world) {
        Witness witness{world, "guard"};
        co_await timeout(1s, parent(world, true));
      }
      static void call(void* world, std::uint64_t) {
        Witness witness{*static_cast<World*>(world), "callback"};
        static_cast<World*>(world)->process.announce(kBefore, 1);
        static_cast<World*>(world)->note("not reached");
      }
    };
    WHEN("a child that had waited announces") {
      world.process.spawn("parent", Story::parent(world, true));
      world.sim.run();
      THEN("child and parent are gone") { REQUIRE(world.log == Lines{"1 ~child", "1 ~parent"}); }
    }
    WHEN("a child that never waited announces") {
      world.process.spawn("parent", Story::parent(world, false));
      world.sim.run();
      THEN("child and parent are gone") { REQUIRE(world.log == Lines{"0 ~child", "0 ~parent"}); }
    }
    WHEN("it happens under a timeout, with other tasks around") {
      world.process.spawn("bystander", writer(world));
      world.process.spawn("guarded", Story::guarded(world));
      world.sim.run();
      THEN("all are gone") {
        REQUIRE(world.log == Lines{"1 ~child", "1 ~writer 0", "1 ~parent", "1 ~guard"});
      }
    }
    WHEN("a timer callback announces") {
      world.process.schedule_after(2ms, {Story::call, &world, 0});
      world.process.spawn("bystander", writer(world));
      world.sim.run();
      THEN("it is unwound, then the tasks go") { REQUIRE(world.log == Lines{"2 ~callback", "2 ~writer 0"}); }
    }
    WHEN("mail announces") {
      world.at(2ms, [&] {
        world.process.deliver({Story::call, &world, 0});
        world.note("the network goes on");
      });
      world.sim.run();
      THEN("only the process's code is unwound") {
        REQUIRE(world.log == Lines{"2 ~callback", "2 the network goes on"});
      }
    }
    WHEN("a process gives up by itself") {
      world.at(1ms, [&] {
        world.process.deliver(
            {[](void* it, std::uint64_t) { static_cast<World*>(it)->process.fail(); }, &world, 0});
      });
      world.sim.run();
      THEN("it has crashed") { REQUIRE(world.process.process_state() == ProcessState::crashed); }
    }
  }
}

TEST_CASE("crashing another process from an announcement leaves the announcer alone",
          "[sim][process][moment]") {
  World world;
  world.other.start([&](Process&) -> Task<> { return writer(world); });
  world.process.start(main_of(world, writer));
  world.sim.moments().subscribe("test.write.done", [&](const Moment& moment) {
    if (moment.nth == 1) world.other.crash();
  });
  world.sim.run_until(kStart + 35ms);
  REQUIRE(world.log == Lines{"10 ~writer 1"});
  REQUIRE(world.process.alive());
}

TEST_CASE("a restart from inside an announcement waits for the unwinding", "[sim][process][moment]") {
  World world;
  world.process.start(main_of(world, writer));
  world.sim.moments().subscribe("test.write.starting", [&](const Moment& moment) {
    if (moment.nth == 2) moment.process->restart();
  });
  world.sim.run_until(kStart + 45ms);
  REQUIRE(world.log == Lines{"20 ~writer 1"});
  REQUIRE(world.process.incarnation() == 2);
  REQUIRE(world.disk == 3);
}

TEST_CASE("a paused process keeps memory, timers and mail, and handles them in order at resume",
          "[sim][process][pause]") {
  World world;
  Channel<int> mail{"mail"};
  struct Story {
    static Task<> sleeper(World& world) {
      co_await sleep(20ms);
      world.note("slept");
      co_await sleep(1ms);
      world.note("slept again");
    }
    static Task<> reader(World& world, Channel<int>& mail) {
      for (;;) {
        const int letter = co_await mail.receive();
        world.note("letter " + std::to_string(letter));
      }
    }
    static void delivered(void* world, std::uint64_t n) {
      static_cast<World*>(world)->note("delivery " + std::to_string(n));
    }
  };
  Beats beats{world};
  world.process.spawn("sleeper", Story::sleeper(world));
  world.process.spawn("reader", Story::reader(world, mail));
  world.process.schedule_after(15ms, Callback::to<&Beats::beat>(beats, 1));
  EventHandle cancelled = world.process.schedule_after(16ms, Callback::to<&Beats::beat>(beats, 99));
  world.at(5ms, [&] { mail.send(1); });
  world.at(10ms, [&] { world.process.pause(); });
  world.at(17ms, [&] {
    mail.send(2);
    mail.send(3);
  });
  world.at(18ms, [&] { REQUIRE(world.process.deliver({Story::delivered, &world, 1})); });
  world.at(25ms, [&] { REQUIRE(world.process.cancel(cancelled)); });
  world.at(49ms, [&] { REQUIRE(world.log == Lines{"5 letter 1"}); });
  world.at(50ms, [&] {
    world.process.resume();
    REQUIRE(world.process.deliver({Story::delivered, &world, 2}));
  });
  world.sim.run_until(kStart + 55ms);
  REQUIRE(world.log == Lines{"5 letter 1", "50 beat 1", "50 letter 2", "50 letter 3", "50 delivery 1",
                             "50 slept", "50 delivery 2", "51 slept again"});
  REQUIRE(world.sim.pending() == 1);
}

TEST_CASE("a pause while the mail is being caught up stops it again, and a crash ends it",
          "[sim][process][pause]") {
  World world;
  struct Story {
    static void delivered(void* world, std::uint64_t n) {
      World& in = *static_cast<World*>(world);
      in.note("delivery " + std::to_string(n));
      if (n == 2) in.process.pause();
      if (n == 4) in.process.crash();
    }
  };
  world.process.pause();
  for (std::uint64_t n = 1; n <= 5; ++n) world.process.deliver({Story::delivered, &world, n});
  world.at(10ms, [&] { world.process.resume(); });
  world.at(20ms, [&] { world.process.resume(); });
  world.sim.run();
  REQUIRE(world.log == Lines{"10 delivery 1", "10 delivery 2", "20 delivery 3", "20 delivery 4"});
  REQUIRE(world.sim.pending() == 0);
}

TEST_CASE("a pause from an announcement takes hold at the next wait, with reach() at once",
          "[sim][process][pause]") {
  for (const bool reach : {false, true}) {
    World world;
    struct Story {
      static Task<> run(World& world, bool reach) {
        if (reach) {
          co_await world.process.reach(kBefore, 1);
        } else {
          world.process.announce(kBefore, 1);
        }
        world.note("goes on");
        co_await sleep(0ms);
        world.note("after a wait");
      }
    };
    world.process.spawn("run", Story::run(world, reach));
    world.sim.moments().subscribe("test.write.starting",
                                  [](const Moment& moment) { moment.process->pause(); });
    world.at(10ms, [&] { world.process.resume(); });
    world.sim.run();
    REQUIRE(world.log == Lines{reach ? "10 goes on" : "0 goes on", "10 after a wait"});
  }
}

TEST_CASE("a paused process that crashes forgets what it held", "[sim][process][pause]") {
  World world;
  Channel<int> mail;
  struct Story {
    static Task<> reader(World& world, Channel<int>& mail) {
      Witness witness{world, "reader"};
      co_await mail.receive();
      world.note("not reached");
    }
  };
  world.process.spawn("reader", Story::reader(world, mail));
  world.process.spawn("writer", writer(world));
  world.at(5ms, [&] { world.process.pause(); });
  world.at(6ms, [&] { mail.send(1); });
  world.at(20ms, [&] { world.process.crash(); });
  world.at(30ms, [&] { world.process.resume(); });
  world.sim.run();
  REQUIRE(world.log == Lines{"20 ~reader", "20 ~writer 0"});
  REQUIRE(world.process.process_state() == ProcessState::crashed);
  REQUIRE(mail.empty());  // what a process was handed dies with it
}

TEST_CASE("a graceful stop runs its handler first", "[sim][process][stop]") {
  World world;
  std::vector<ProcessChange> changes;
  world.process.listen([&](Process&, ProcessChange change) { changes.push_back(change); });
  world.process.start(main_of(world, writer));
  world.process.on_stop([&](Process&) -> Task<> {
    struct Story {
      static Task<> close(World& world) {
        world.note("closing");
        co_await sleep(3ms);
        world.note("closed");
      }
    };
    return Story::close(world);
  });
  world.at(5ms, [&] {
    world.process.stop();
    world.process.stop();
    REQUIRE(world.process.process_state() == ProcessState::stopping);
  });
  world.at(20ms, [&] { world.process.restart(); });
  world.sim.run_until(kStart + 25ms);
  REQUIRE(world.log == Lines{"5 closing", "8 closed", "8 ~writer 1"});
  REQUIRE(changes == std::vector<ProcessChange>{ProcessChange::started, ProcessChange::stopping,
                                                ProcessChange::stopped, ProcessChange::started});
  // Without a handler it ends at once.
  world.other.start({});
  world.other.stop();
  REQUIRE(world.other.process_state() == ProcessState::stopped);
}

TEST_CASE("the end of a process ends a join on its tasks", "[sim][process]") {
  World world;
  struct Story {
    static Task<> supervise(World& world) {
      TaskHandle handle = world.other.spawn("worker", writer(world));
      const auto outcome = co_await handle.join();
      REQUIRE(outcome == TaskHandle::Outcome::cancelled);
      world.note("noticed");
    }
  };
  world.process.spawn("supervise", Story::supervise(world));
  world.at(5ms, [&] { world.other.crash(); });
  world.sim.run();
  REQUIRE(world.log == Lines{"5 ~writer 0", "5 noticed"});
}

TEST_CASE("a node that loses power takes its processes along, and brings back those that ran",
          "[sim][node]") {
  World world;
  Process& idle = world.node.add_process("idle");
  idle.start({});
  idle.stop();
  world.process.start(main_of(world, writer));
  std::vector<NodeChange> changes;
  world.node.listen([&](Node&, NodeChange change) { changes.push_back(change); });
  world.at(15ms, [&] { world.node.power_off(); });
  world.at(30ms, [&] { world.node.power_on(); });
  world.sim.run_until(kStart + 45ms);
  REQUIRE(world.disk == 2);
  REQUIRE(world.process.incarnation() == 2);
  REQUIRE(idle.process_state() == ProcessState::stopped);
  REQUIRE(changes == std::vector<NodeChange>{NodeChange::power_lost, NodeChange::power_restored});
}

TEST_CASE("the report of a stuck run names every waiting task and what it waits for", "[sim][stuck]") {
  World world;
  Channel<int> mail{"requests"};
  struct Story {
    static Task<int> inner(Channel<int>& mail) { co_return co_await mail.receive(); }
    static Task<> outer(Channel<int>& mail) { co_await inner(mail); }
    static Task<> joins(World& world) {
      TaskHandle handle = world.process.spawn("writer", writer(world));
      co_await handle.join();
    }
  };
  world.process.spawn("server", Story::outer(mail));
  world.other.spawn("boss", Story::joins(world));
  world.sim.run_until(kStart + 1ms);
  world.other.pause();
  const std::string report = stuck_report(world.sim);
  REQUIRE(report ==
          "3 tasks wait at 1000000 ns, 1 events pending:\n"
          "  p1 (created): server waits for a message on requests\n"
          "  p1 (created): writer waits for sleep until 10000000 ns\n"
          "  p2 (paused): boss waits for the end of task writer\n");
}

TEST_CASE("sleep_local follows the node's clock, also when it changes on the way", "[sim][node][clock]") {
  World world;
  struct Story {
    static Task<> run(World& world) {
      co_await sleep_local(10ms);
      world.note("first");
      co_await sleep_local(10ms);
      world.note("second");
      co_await sleep_local(10ms);
      world.note("third");
    }
  };
  world.process.spawn("run", Story::run(world));
  // Twice as fast from 15 ms on: half of the second sleep is left, and takes 2.5 ms.
  world.at(15ms, [&] {
    world.node.change_clock([](NodeClock& clock, Time now) { clock.set_drift_ppb(now, 1'000'000'000); });
  });
  // Frozen from 20 ms to 40 ms.
  world.at(20ms, [&] {
    world.node.change_clock([](NodeClock& clock, Time now) { clock.freeze(now, NodeClock::Frozen::both); });
  });
  world.at(40ms,
           [&] { world.node.change_clock([](NodeClock& clock, Time now) { clock.thaw(now, false); }); });
  world.sim.run();
  REQUIRE(world.log == Lines{"10 first", "17 second", "42 third"});
}
