// The workloads on SimGrid's actors. Its messages go through a network solver, which is what it is for; it
// has no random delay per message outside it, so here the receiver holds the delay and then puts.
#include <deque>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

#include "bench/kernel/measure.hpp"

namespace sg = simgrid::s4u;

namespace {

bench::Draws draws;
bench::Meter* meter = nullptr;
std::uint32_t n = 0;
double waited_s = 0;
std::deque<double> line;
std::vector<sg::Mailbox*> boxes;

void count() {
  if (!meter->tick()) return;
  meter->report("SimGrid", n,
                static_cast<std::uint64_t>(waited_s * 1000 / static_cast<double>(meter->count())));
  std::_Exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments arguments{argc, argv};
  n = arguments.n;
  bench::Meter measured{arguments.settle(), arguments.events, 128};
  meter = &measured;
  sg::Engine engine(&argc, argv);
  engine.set_config("contexts/stack-size:16");
  auto* zone = sg::create_full_zone("zone");
  auto* host = zone->create_host("host", "1Gf");
  zone->seal();
  if (arguments.workload == "hold-tasks") {
    for (std::uint32_t i = 0; i < n; ++i) {
      sg::Actor::create("holder", host, [] {
        for (;;) {
          sg::this_actor::sleep_for(draws.exponential());
          count();
        }
      });
    }
  } else if (arguments.workload == "mm1") {
    static sg::SemaphorePtr arrived = sg::Semaphore::create(0);
    sg::Actor::create("arrivals", host, [] {
      for (;;) {
        sg::this_actor::sleep_for(draws.exponential() / 0.9);
        line.push_back(sg::Engine::get_clock());
        arrived->release();
      }
    });
    sg::Actor::create("server", host, [] {
      for (;;) {
        arrived->acquire();
        waited_s += sg::Engine::get_clock() - line.front();
        line.pop_front();
        sg::this_actor::sleep_for(draws.exponential());
        count();
      }
    });
  } else if (arguments.workload == "actors") {
    for (std::uint32_t i = 0; i < n; ++i) boxes.push_back(sg::Mailbox::by_name("box-" + std::to_string(i)));
    for (std::uint32_t i = 0; i < n; ++i) {
      sg::Actor::create("actor", host, [i] {
        static std::uint64_t letter = 0;
        boxes[i]->put_init(&letter, 0)->detach();
        for (;;) {
          boxes[i]->get<std::uint64_t>();
          count();
          sg::this_actor::sleep_for(draws.exponential());
          boxes[draws.below(n)]->put_init(&letter, 0)->detach();
        }
      });
    }
  } else {
    return 64;
  }
  engine.run();
  return 64;
}
