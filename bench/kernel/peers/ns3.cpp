// The workloads on ns-3's core: its scheduler and callbacks (it has no processes). The fourth argument names
// the scheduler.
#include <ns3/core-module.h>

#include <deque>
#include <vector>

#include "bench/kernel/measure.hpp"

using ns3::NanoSeconds;
using ns3::Simulator;

namespace {

bench::Draws draws;
bench::Meter* meter = nullptr;

void count() {
  if (meter->tick()) Simulator::Stop();
}

void hold_event() {
  count();
  Simulator::Schedule(NanoSeconds(draws.exponential_ns()), &hold_event);
}

struct Counter {
  std::deque<std::int64_t> line;
  bool busy = false;
  std::uint64_t waited_us = 0;
  void arrive() {
    line.push_back(Simulator::Now().GetNanoSeconds());
    if (!busy) start();
    Simulator::Schedule(NanoSeconds(static_cast<std::int64_t>(draws.exponential() / 0.9 * 1e9)),
                        &Counter::arrive, this);
  }
  void start() {
    busy = true;
    waited_us += static_cast<std::uint64_t>(Simulator::Now().GetNanoSeconds() - line.front()) / 1000;
    line.pop_front();
    Simulator::Schedule(NanoSeconds(draws.exponential_ns()), &Counter::finish, this);
  }
  void finish() {
    count();
    if (line.empty()) {
      busy = false;
    } else {
      start();
    }
  }
};

struct Actor {
  static std::vector<Actor> all;
  std::deque<std::uint64_t> box;
  static void send(std::uint64_t letter, std::uint32_t to) {
    Simulator::ScheduleWithContext(to, NanoSeconds(draws.exponential_ns()), &Actor::receive, &all[to],
                                   letter);
  }
  void receive(std::uint64_t letter) {
    box.push_back(letter);
    letter = box.front();
    box.pop_front();
    count();
    send(letter + 1, draws.below(static_cast<std::uint32_t>(all.size())));
  }
};
std::vector<Actor> Actor::all;

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments arguments{argc, argv};
  const std::string scheduler = argc > 4 ? argv[4] : "MapScheduler";
  ns3::ObjectFactory factory;
  factory.SetTypeId("ns3::" + scheduler);
  Simulator::SetScheduler(factory);
  bench::Meter measured{arguments.settle(), arguments.events};
  meter = &measured;
  Counter counter;
  std::uint64_t check = 0;
  if (arguments.workload == "hold") {
    for (std::uint32_t i = 0; i < arguments.n; ++i)
      Simulator::Schedule(NanoSeconds(draws.exponential_ns()), &hold_event);
  } else if (arguments.workload == "mm1") {
    Simulator::Schedule(NanoSeconds(draws.exponential_ns()), &Counter::arrive, &counter);
  } else if (arguments.workload == "actors") {
    Actor::all.resize(arguments.n);
    for (std::uint32_t i = 0; i < arguments.n; ++i) Actor::send(0, i);
  } else {
    return 64;
  }
  Simulator::Run();
  if (arguments.workload == "mm1") check = counter.waited_us / measured.count() / 1000;
  measured.report("ns-3 " + scheduler, arguments.n, check);
  std::_Exit(0);
}
