// The workloads on simcpp20's simulation, coroutine processes and stores. Time is a double of seconds, as it
// comes.
#include <fschuetz04/simcpp20.hpp>
#include <memory>
#include <string>
#include <vector>

#include "bench/kernel/measure.hpp"

namespace {

using Simulation = simcpp20::simulation<>;
using Process = simcpp20::process<>;
using Letter = std::uint64_t;
using Store = simcpp20::store<Letter>;

bench::Draws draws;
std::unique_ptr<bench::Meter> meter;
bool done = false;
double waited = 0;

void count() {
  if (meter->tick()) done = true;
}

void hold_event(Simulation& sim) {
  sim.timeout(draws.exponential()).add_callback([&sim] {
    count();
    hold_event(sim);
  });
}

Process holder(Simulation& sim) {
  for (;;) {
    co_await sim.timeout(draws.exponential());
    count();
  }
}

Process arrivals(Simulation& sim, simcpp20::store<double>& line) {
  for (;;) {
    co_await sim.timeout(draws.exponential() / 0.9);
    line.put(sim.now());
  }
}

Process server(Simulation& sim, simcpp20::store<double>& line) {
  for (;;) {
    const double arrived = co_await line.get();
    waited += sim.now() - arrived;
    co_await sim.timeout(draws.exponential());
    count();
  }
}

void send(Simulation& sim, Store& box, Letter letter) {
  sim.timeout(draws.exponential()).add_callback([&box, letter] { box.put(letter); });
}

Process actor(Simulation& sim, std::vector<std::unique_ptr<Store>>& boxes, std::size_t me) {
  for (;;) {
    const Letter letter = co_await boxes[me]->get();
    count();
    send(sim, *boxes[draws.below(static_cast<std::uint32_t>(boxes.size()))], letter + 1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments arguments{argc, argv};
  meter = std::make_unique<bench::Meter>(arguments.settle(), arguments.events);
  Simulation sim;
  simcpp20::store<double> line{sim};
  std::vector<std::unique_ptr<Store>> boxes;
  if (arguments.workload == "hold") {
    for (std::uint32_t i = 0; i < arguments.n; ++i) hold_event(sim);
  } else if (arguments.workload == "hold-tasks") {
    for (std::uint32_t i = 0; i < arguments.n; ++i) holder(sim);
  } else if (arguments.workload == "mm1") {
    arrivals(sim, line);
    server(sim, line);
  } else if (arguments.workload == "actors") {
    for (std::uint32_t i = 0; i < arguments.n; ++i) boxes.push_back(std::make_unique<Store>(sim));
    for (std::uint32_t i = 0; i < arguments.n; ++i) actor(sim, boxes, i);
    for (std::uint32_t i = 0; i < arguments.n; ++i) send(sim, *boxes[i], 0);
  } else {
    return 64;
  }
  while (!done) sim.step();
  meter->report("simcpp20", arguments.n,
                static_cast<std::uint64_t>(waited * 1e3 / static_cast<double>(meter->count())));
  std::fflush(stdout);
  std::_Exit(0);
}
