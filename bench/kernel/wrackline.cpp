// The workloads on the kernel, through its public API, with the hash on.

#include <memory>

#include "bench/kernel/measure.hpp"
#include "sim/channel.hpp"
#include "sim/node.hpp"

using namespace wrackline::sim;

namespace {

struct World {
  const bench::Arguments& arguments;
  Simulation sim;
  Process& process = sim.add_node("node").add_process("process");
  bench::Draws draws;
  bench::Meter meter;
  explicit World(const bench::Arguments& given, QueueKind queue)
      : arguments{given}, sim{{.seed = 42, .queue = queue}}, meter{given.settle(), given.events} {}
  Duration exponential() { return Duration{draws.exponential_ns()}; }
  void count() {
    if (meter.tick()) sim.stop();
  }
  void report(const char* name) {
    meter.report(name, arguments.n, sim.hash().low);
    // The frames of a million tasks need no orderly end.
    std::fflush(stdout);
    std::_Exit(0);
  }
};

void hold_callbacks(World& world) {
  struct Model {
    World& world;
    void event(std::uint64_t which) {
      world.count();
      world.process.schedule_after(world.exponential(), Callback::to<&Model::event>(*this, which));
    }
  } model{world};
  for (std::uint32_t i = 0; i < world.arguments.n; ++i) {
    world.process.schedule_after(world.exponential(), Callback::to<&Model::event>(model, i));
  }
  world.sim.run();
  world.report("wrackline callbacks");
}

/// Each event also sets a timer of 3 s and cancels the one before, as a request with a timeout does.
void timer_cancel(World& world) {
  struct Model {
    World& world;
    std::vector<EventHandle> timeouts;
    void event(std::uint64_t which) {
      world.count();
      world.process.cancel(timeouts[which]);
      timeouts[which] =
          world.process.schedule_after(std::chrono::seconds{3}, Callback::to<&Model::expired>(*this, which));
      world.process.cancel(timeouts[which]);
      world.process.schedule_after(world.exponential(), Callback::to<&Model::event>(*this, which));
    }
    void expired() { std::abort(); }
  } model{world, {}};
  model.timeouts.resize(world.arguments.n);
  for (std::uint32_t i = 0; i < world.arguments.n; ++i) {
    world.process.schedule_after(world.exponential(), Callback::to<&Model::event>(model, i));
  }
  world.sim.run();
  world.report("wrackline callbacks");
}

Task<> holder(World& world) {
  for (;;) {
    co_await sleep(world.exponential());
    world.count();
  }
}

void hold_tasks(World& world) {
  for (std::uint32_t i = 0; i < world.arguments.n; ++i) world.process.spawn("holder", holder(world));
  world.sim.run();
  world.report("wrackline tasks");
}

Task<> mayfly(World& world) {
  co_await sleep(world.exponential());
  if (!world.meter.done()) world.process.spawn("mayfly", mayfly(world));
  world.count();
}

void spawn_finish(World& world) {
  for (std::uint32_t i = 0; i < world.arguments.n; ++i) world.process.spawn("mayfly", mayfly(world));
  world.sim.run();
  world.report("wrackline spawn+finish");
}

struct Letter {
  std::uint64_t hops = 0;
};
using Box = Channel<Letter*>;

struct Actors {
  World& world;
  EntityId link = world.sim.entity("link");
  std::unique_ptr<Box[]> boxes = std::make_unique<Box[]>(world.arguments.n);

  void send(Letter* letter, std::uint32_t to) {
    world.sim.schedule_after(world.exponential(),
                             {&Actors::arrived, &boxes[to], reinterpret_cast<std::uintptr_t>(letter)}, link);
  }
  static void arrived(void* box, std::uint64_t letter) {
    static_cast<Box*>(box)->send(reinterpret_cast<Letter*>(letter));
  }
  Task<> actor(Box& box) {
    for (;;) {
      Letter* const letter = co_await box.receive();
      ++letter->hops;
      world.count();
      send(letter, world.draws.below(world.arguments.n));
    }
  }
};

void actors(World& world) {
  Actors model{world};
  std::vector<Letter> letters(world.arguments.n);
  for (std::uint32_t i = 0; i < world.arguments.n; ++i)
    world.process.spawn("actor", model.actor(model.boxes[i]));
  for (std::uint32_t i = 0; i < world.arguments.n; ++i) model.send(&letters[i], i);
  world.sim.run();
  world.report("wrackline tasks");
}

struct Counter {
  World& world;
  Channel<Time> line{"line"};
  std::uint64_t waited_us = 0;

  Task<> arrivals() {
    for (;;) {
      co_await sleep(Duration{static_cast<std::int64_t>(world.draws.exponential() / 0.9 * 1e9)});
      line.send(world.sim.now());
    }
  }
  Task<> serve() {
    for (;;) {
      const Time arrived = co_await line.receive();
      waited_us += static_cast<std::uint64_t>((world.sim.now() - arrived).count()) / 1000;
      co_await sleep(world.exponential());
      world.count();
    }
  }
};

void mm1(World& world) {
  Counter counter{world};
  world.process.spawn("arrivals", counter.arrivals());
  world.process.spawn("server", counter.serve());
  world.sim.run();
  world.meter.report("wrackline tasks", 2, counter.waited_us / world.meter.count() / 1000);
  std::_Exit(0);
}

/// The queue alone, with increments drawn beforehand.
void queue_alone(const bench::Arguments& arguments, QueueKind kind, const std::string& name) {
  std::vector<std::uint64_t> increments(65536);
  bench::Draws draws;
  for (std::uint64_t& increment : increments) increment = static_cast<std::uint64_t>(draws.exponential_ns());
  EventSlots slots;
  EventQueue queue{kind, slots};
  std::uint64_t order = 0;
  for (std::uint32_t i = 0; i < arguments.n; ++i) {
    slots.take({}, ++order);
    queue.push(static_cast<std::uint64_t>(draws.exponential_ns()), order, i);
  }
  bench::Meter meter{arguments.settle(), arguments.events};
  std::uint64_t check = 0;
  do {
    const Due due = queue.pop();
    check = check * 31 + due.slot;
    queue.push(due.time + increments[meter.count() & 65535], due.slot, due.slot);
  } while (!meter.tick());
  meter.report(name, arguments.n, check);
}

}  // namespace

int main(int count, char** values) {
  const bench::Arguments arguments{count, values};
  const std::string wanted = count > 4 ? values[4] : "adaptive";
  const QueueKind queue = wanted == "heap"    ? QueueKind::heap
                          : wanted == "radix" ? QueueKind::radix
                                              : QueueKind::adaptive;
  if (arguments.workload == "queue") {
    queue_alone(arguments, queue, "wrackline queue, " + wanted);
    return 0;
  }
  World world{arguments, queue};
  if (arguments.workload == "hold") hold_callbacks(world);
  if (arguments.workload == "hold-tasks") hold_tasks(world);
  if (arguments.workload == "timer-cancel") timer_cancel(world);
  if (arguments.workload == "spawn-finish") spawn_finish(world);
  if (arguments.workload == "actors") actors(world);
  if (arguments.workload == "mm1") mm1(world);
  return 64;
}
