// Tasks: structure, order of resumption, join, cancel, timeout.
#include "sim/task.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/channel.hpp"
#include "sim/node.hpp"
#include "sim/signal.hpp"
#include "sim/timeout.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::sim;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

/// The smallest world: one process, and a log of what happened.
struct World {
  Lines log;  // outlives the frames, whose witnesses write to it
  Simulation sim;
  Process& process = sim.add_node("n1").add_process("p1");
  void note(const std::string& what) { log.push_back(std::to_string(to_ms(sim.now())) + " " + what); }
};

/// Notes when it is destroyed.
struct Witness {
  World& world;
  std::string name;
  ~Witness() { world.note("~" + name); }
};

Task<int> add_slowly(int a, int b) {
  co_await sleep(5ms);
  co_return a + b;
}
Task<int> add_at_once(int a, int b) { co_return a + b; }

Task<> waits_for(World& world, Signal& signal, std::string name) {
  co_await signal.wait();
  world.note(name);
}

}  // namespace

TEST_CASE("a task sleeps, awaits others like functions, and gets their results", "[sim][task]") {
  World world;
  struct Story {
    static Task<> run(World& world) {
      world.note("start");
      co_await sleep(2ms);
      const int slow = co_await add_slowly(1, 2);
      world.note("slow " + std::to_string(slow));
      int sum = 0;
      // Would overflow the stack if synchronous children nested.
      for (int i = 0; i < 100'000; ++i) sum += co_await add_at_once(i, 1) - i;
      world.note("sum " + std::to_string(sum));
      co_await sleep_until(kStart + 20ms);
      world.note("end");
    }
  };
  world.process.spawn("story", Story::run(world));
  REQUIRE(world.log.empty());
  world.sim.run();
  REQUIRE(world.log == Lines{"0 start", "7 slow 3", "7 sum 100000", "20 end"});
}

TEST_CASE("an exception passes through awaiting tasks and ends the run if nobody takes it", "[sim][task]") {
  World world;
  struct Story {
    static Task<int> fails() {
      co_await sleep(1ms);
      throw std::runtime_error{"broken"};
    }
    static Task<> takes(World& world) {
      try {
        co_await fails();
      } catch (const std::runtime_error& error) {
        world.note(error.what());
      }
    }
    static Task<> lets_pass() { co_await fails(); }
  };
  world.process.spawn("takes", Story::takes(world));
  world.sim.run();
  REQUIRE(world.log == Lines{"1 broken"});
  world.process.spawn("lets pass", Story::lets_pass());
  REQUIRE_THROWS_AS(world.sim.run(), std::runtime_error);
  world.sim.run();
}

TEST_CASE("woken tasks run after the step that woke them, in the order of waking", "[sim][task][order]") {
  World world;
  Channel<int> channel{"numbers"};
  Signal signal{"go"};
  struct Story {
    static Task<> receiver(World& world, Channel<int>& channel, std::string name) {
      const int number = co_await channel.receive();
      world.note(name + " got " + std::to_string(number));
    }
    static Task<> waiter(World& world, Signal& signal, std::string name) {
      co_await signal.wait();
      world.note(name + " woken");
    }
    static Task<> sender(World& world, Channel<int>& channel, Signal& signal) {
      co_await sleep(1ms);
      signal.wake_all();
      channel.send(1);
      channel.send(2);
      world.note("sent");
      co_await sleep(1ms);
      world.note("later");
    }
  };
  world.process.spawn("a", Story::receiver(world, channel, "a"));
  world.process.spawn("b", Story::receiver(world, channel, "b"));
  world.process.spawn("c", Story::waiter(world, signal, "c"));
  world.process.spawn("d", Story::waiter(world, signal, "d"));
  world.process.spawn("sender", Story::sender(world, channel, signal));
  world.sim.run();
  REQUIRE(world.log == Lines{"1 sent", "1 c woken", "1 d woken", "1 a got 1", "1 b got 2", "2 later"});
}

TEST_CASE("join waits for the end of a task, cancel brings it about", "[sim][task]") {
  World world;
  struct Story {
    static Task<> worker(World& world, Duration time) {
      Witness witness{world, "worker"};
      co_await sleep(time);
      world.note("worked");
    }
    static Task<> boss(World& world) {
      TaskHandle first = world.process.spawn("first", worker(world, 10ms));
      REQUIRE_FALSE(first.done());
      const auto outcome_1 = co_await first.join();
      REQUIRE(outcome_1 == TaskHandle::Outcome::finished);
      world.note("joined");
      const auto outcome_2 = co_await first.join();
      REQUIRE(outcome_2 == TaskHandle::Outcome::finished);
      TaskHandle second = world.process.spawn("second", worker(world, 10ms));
      co_await sleep(5ms);
      second.cancel();
      REQUIRE(second.outcome() == TaskHandle::Outcome::cancelled);
      world.note("cancelled");
      second.cancel();
      TaskHandle third = world.process.spawn("never started", worker(world, 10ms));
      third.cancel();
      {
        TaskHandle dropped = world.process.spawn("runs on", worker(world, 1ms));
      }
      co_await sleep(2ms);
    }
  };
  world.process.spawn("boss", Story::boss(world));
  world.sim.run();
  REQUIRE(world.log == Lines{"10 worked", "10 ~worker", "10 joined", "15 ~worker", "15 cancelled",
                             "16 worked", "16 ~worker"});
  REQUIRE(world.sim.pending() == 0);
}

TEST_CASE("timeout gives the result, or nothing when the time was up first", "[sim][task][timeout]") {
  World world;
  struct Story {
    static Task<> guarded(World& world, Duration time) {
      Witness witness{world, "guarded"};
      co_await sleep(time);
    }
    static Task<> run(World& world) {
      const std::optional<int> in_time = co_await timeout(10ms, add_slowly(1, 2));
      REQUIRE(in_time == 3);
      world.note("in time");
      const std::optional<int> late = co_await timeout(3ms, add_slowly(1, 2));
      REQUIRE_FALSE(late);
      world.note("late");
      const auto outcome_3 = co_await timeout(1ms, add_at_once(4, 5));
      REQUIRE(outcome_3 == 9);
      const auto outcome_4 = co_await timeout(2ms, guarded(world, 1s));
      REQUIRE_FALSE(outcome_4);
      const auto outcome_5 = co_await timeout(2ms, guarded(world, 1ms));
      REQUIRE(outcome_5);
      co_await sleep(1ms);
    }
  };
  world.process.spawn("story", Story::run(world));
  world.sim.run();
  REQUIRE(world.log == Lines{"5 in time", "8 late", "10 ~guarded", "11 ~guarded"});
  REQUIRE(world.sim.now() == kStart + 12ms);
}

TEST_CASE("a lambda with captures is spawned by handing over the lambda", "[sim][task]") {
  World world;
  {
    const std::string word(100, 'w');
    world.process.spawn("lambda", [&world, word]() -> Task<> {
      co_await sleep(1ms);
      world.note(word.substr(0, 3));
    });
  }
  world.sim.run();
  REQUIRE(world.log == Lines{"1 www"});
}

TEST_CASE("receive_for, wait_for and one-shots end by time or by message", "[sim][channel]") {
  World world;
  Channel<int> channel;
  Signal signal;
  Gate gate;
  OneShot<std::string> answer;
  struct Story {
    static Task<> waits(World& world, Channel<int>& channel, Signal& signal, Gate& gate,
                        OneShot<std::string>& answer) {
      const auto outcome_6 = co_await channel.receive_for(5ms);
      REQUIRE_FALSE(outcome_6);
      REQUIRE(world.sim.now() == kStart + 5ms);
      const auto outcome_7 = co_await channel.receive_for(10ms);
      REQUIRE(outcome_7 == 7);
      REQUIRE(world.sim.now() == kStart + 10ms);
      const auto outcome_8 = co_await channel.receive_for(10ms);
      REQUIRE(outcome_8 == 8);
      const auto outcome_9 = co_await signal.wait_for(1ms);
      REQUIRE_FALSE(outcome_9);
      const auto outcome_10 = co_await signal.wait_for(100ms);
      REQUIRE(outcome_10);
      REQUIRE(world.sim.now() == kStart + 20ms);
      const auto outcome_11 = co_await gate.wait_for(1ms);
      REQUIRE(outcome_11);
      co_await gate.wait();
      const auto outcome_12 = co_await answer.wait_for(1ms);
      REQUIRE_FALSE(outcome_12);
      const auto outcome_13 = co_await answer.wait_for(100ms);
      REQUIRE(outcome_13);
      REQUIRE(answer.value() == "yes");
      const auto outcome_14 = co_await answer.wait();
      REQUIRE(outcome_14);
      world.note("done");
    }
    static Task<> acts(Channel<int>& channel, Signal& signal, Gate& gate, OneShot<std::string>& answer) {
      co_await sleep(10ms);
      channel.send(7);
      channel.send(8);
      REQUIRE(channel.size() == 1);
      co_await sleep(10ms);
      REQUIRE(signal.anybody_waits());
      signal.wake_one();
      REQUIRE_FALSE(signal.wake_one());
      gate.open();
      co_await sleep(10ms);
      REQUIRE(answer.set("yes"));
      REQUIRE_FALSE(answer.set("no"));
    }
  };
  world.process.spawn("waits", Story::waits(world, channel, signal, gate, answer));
  world.process.spawn("acts", Story::acts(channel, signal, gate, answer));
  world.sim.run();
  REQUIRE(world.log == Lines{"30 done"});
}

TEST_CASE("a message handed to a task that is cancelled goes to the next receiver", "[sim][channel]") {
  World world;
  Channel<int> channel;
  struct Story {
    static Task<> receives(World& world, Channel<int>& channel, std::string name) {
      const int number = co_await channel.receive();
      world.note(name + std::to_string(number));
    }
  };
  TaskHandle first = world.process.spawn("first", Story::receives(world, channel, "first "));
  world.sim.run();
  channel.send(1);
  channel.send(2);
  first.cancel();
  REQUIRE(channel.size() == 2);
  world.process.spawn("second", Story::receives(world, channel, "second "));
  world.sim.run();
  REQUIRE(world.log == Lines{"0 second 1"});
  REQUIRE(channel.try_receive() == 2);
  REQUIRE_FALSE(channel.try_receive());
}

TEST_CASE("what is waited for may go away before who waits, and the other way round", "[sim][channel]") {
  World world;
  struct Story {
    static Task<> receives(Channel<int>& channel) { co_await channel.receive(); }
    static Task<> waits(Signal& signal) { co_await signal.wait_for(1s); }
  };
  {
    Channel<int> channel;
    Signal signal;
    world.process.spawn("receives", Story::receives(channel));
    world.process.spawn("waits", Story::waits(signal));
    world.sim.run_until(kStart + 1ms);
  }
  world.sim.run();
  world.process.crash();
}

TEST_CASE("who leaves a line, from any place in it, leaves the others in order", "[sim][channel]") {
  for (std::size_t leaver = 0; leaver < 3; ++leaver) {
    World world;
    Signal signal;
    std::vector<TaskHandle> waiting;
    for (const char* name : {"a", "b", "c"})
      waiting.push_back(world.process.spawn(name, waits_for(world, signal, name)));
    world.sim.run();
    waiting[leaver].cancel();
    world.process.spawn("d", waits_for(world, signal, "d"));
    world.sim.run();
    signal.wake_all();
    world.sim.run();
    Lines left{"0 a", "0 b", "0 c", "0 d"};
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(leaver));
    REQUIRE(world.log == left);
  }
}

TEST_CASE("a task cancelled when its turn had come leaves the others theirs", "[sim][task]") {
  for (std::size_t leaver = 0; leaver < 3; ++leaver) {
    World world;
    Signal signal;
    Signal later;
    std::vector<TaskHandle> waiting;
    for (const char* name : {"a", "b", "c"})
      waiting.push_back(world.process.spawn(name, waits_for(world, signal, name)));
    world.process.spawn("d", waits_for(world, later, "d"));
    world.sim.run();
    signal.wake_all();
    waiting[leaver].cancel();
    later.wake_all();
    world.sim.run();
    Lines left{"0 a", "0 b", "0 c", "0 d"};
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(leaver));
    REQUIRE(world.log == left);
  }
  // And if it was the only one.
  World world;
  Signal signal;
  TaskHandle only = world.process.spawn("only", waits_for(world, signal, "only"));
  world.sim.run();
  signal.wake_all();
  only.cancel();
  world.sim.run();
  REQUIRE(world.log.empty());
}
