// The processor: k servers, one queue, throttling, and work that belongs to a process.
#include "sim/cpu.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "sim/node.hpp"
#include "sim/stuck.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::sim;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

struct World {
  Lines log;
  Simulation sim;
  Node& node;
  Process& a;
  Process& b;
  explicit World(unsigned cores)
      : node{sim.add_node("n", "", cores)}, a{node.add_process("a")}, b{node.add_process("b")} {}
  void done(std::uint64_t n) { log.push_back(std::to_string(to_ms(sim.now())) + " " + std::to_string(n)); }
  Cpu::Ticket work(Process& process, Duration cost, std::uint64_t n) {
    return node.cpu().run(process, cost, Callback::to<&World::done>(*this, n));
  }
  void pass(Duration time) { sim.run_until(sim.now() + time); }
};

}  // namespace

TEST_CASE("work queues first come first served before k servers", "[sim][cpu]") {
  World world{2};
  for (std::uint64_t n = 1; n <= 5; ++n) world.work(world.a, 10ms, n);
  REQUIRE(world.node.cpu().busy_servers() == 2);
  REQUIRE(world.node.cpu().queue_length() == 3);
  world.sim.run();
  REQUIRE(world.log == Lines{"10 1", "10 2", "20 3", "20 4", "30 5"});
  REQUIRE(world.node.cpu().busy_time() == 50ms);
}

TEST_CASE("throttling stretches work under way, and a stall stops it", "[sim][cpu]") {
  World world{1};
  world.work(world.a, 10ms, 1);
  world.pass(4ms);
  world.node.cpu().set_speed(500'000);
  world.pass(6ms);  // 3 of the 6 ms that were left are done
  world.node.cpu().set_speed(0);
  world.work(world.a, 1ms, 2);
  world.pass(20ms);
  REQUIRE(world.log.empty());
  world.node.cpu().set_speed(3 * Cpu::kFullSpeed);
  world.sim.run();
  REQUIRE(world.log == Lines{"31 1", "31 2"});
  REQUIRE(world.sim.now() == kStart + 31ms + 333'334ns);
}

TEST_CASE("a crash drops the work of its process only", "[sim][cpu]") {
  World world{1};
  world.work(world.a, 10ms, 1);
  world.work(world.b, 10ms, 2);
  world.work(world.a, 10ms, 3);
  world.work(world.b, 10ms, 4);
  world.pass(5ms);
  world.a.crash();
  world.work(world.a, 10ms, 5);
  world.sim.run();
  REQUIRE(world.log == Lines{"15 2", "25 4"});
  REQUIRE(world.node.cpu().busy_time() == 25ms);
}

TEST_CASE("a pause takes the work off the servers and puts it back at the end of the line", "[sim][cpu]") {
  World world{1};
  world.work(world.a, 10ms, 1);
  world.work(world.a, 10ms, 2);
  world.work(world.b, 10ms, 3);
  world.pass(4ms);
  world.a.pause();
  world.work(world.b, 10ms, 4);
  world.pass(5ms);
  world.a.resume();
  world.sim.run();
  // 3 runs from 4 to 14, then 4, then what was left of 1, then 2.
  REQUIRE(world.log == Lines{"14 3", "24 4", "30 1", "40 2"});
}

TEST_CASE("work can be abandoned wherever it is", "[sim][cpu]") {
  World world{1};
  const Cpu::Ticket served = world.work(world.a, 10ms, 1);
  const Cpu::Ticket queued = world.work(world.a, 10ms, 2);
  world.work(world.a, 10ms, 3);
  world.pass(5ms);
  world.node.cpu().abandon(queued);
  world.node.cpu().abandon(served);
  world.node.cpu().abandon(served);
  REQUIRE(world.node.cpu().queue_length() == 0);
  world.sim.run();
  REQUIRE(world.log == Lines{"15 3"});
}

TEST_CASE("a task awaits its work, and takes it along when it is cancelled", "[sim][cpu]") {
  World world{1};
  struct Story {
    static Task<> run(World& world, std::uint64_t n) {
      co_await world.node.cpu().work(10ms);
      world.done(n);
    }
  };
  world.a.spawn("first", Story::run(world, 1));
  TaskHandle second = world.a.spawn("second", Story::run(world, 2));
  world.b.spawn("third", Story::run(world, 3));
  world.pass(5ms);
  REQUIRE(waiting_tasks(world.sim).at(0).waits_for == "the processor");
  second.cancel();
  world.sim.run();
  REQUIRE(world.log == Lines{"10 1", "20 3"});
}
