// The workloads on SystemC's kernel: hold as SC_METHOD (its cheapest event), the rest as SC_THREADs.
#include <deque>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "bench/kernel/measure.hpp"

using namespace sc_core;

namespace {

bench::Draws draws;
std::unique_ptr<bench::Meter> meter;
std::string workload;
std::uint32_t n = 0;
double waited_ns = 0;

sc_time exponential(double scale = 1) {
  return sc_time::from_value(static_cast<std::uint64_t>(static_cast<double>(draws.exponential_ns()) * scale) +
                             1);
}
void count() {
  if (!meter->tick()) return;
  meter->report("SystemC", n,
                static_cast<std::uint64_t>(waited_ns / 1e6 / static_cast<double>(meter->count())));
  std::_Exit(0);
}

struct Holder : sc_module {
  SC_HAS_PROCESS(Holder);
  explicit Holder(sc_module_name name) : sc_module(name) { SC_METHOD(event); }
  void event() {
    count();
    next_trigger(exponential());
  }
};

struct HolderThread : sc_module {
  SC_HAS_PROCESS(HolderThread);
  explicit HolderThread(sc_module_name name) : sc_module(name) {
    SC_THREAD(run);
    set_stack_size(16384);
  }
  void run() {
    for (;;) {
      wait(exponential());
      count();
    }
  }
};

struct Counter : sc_module {
  std::deque<double> line;
  sc_event arrived;
  void arrivals() {
    for (;;) {
      wait(exponential(1 / 0.9));
      line.push_back(static_cast<double>(sc_time_stamp().value()));
      arrived.notify(SC_ZERO_TIME);
    }
  }
  void serve() {
    for (;;) {
      while (line.empty()) wait(arrived);
      waited_ns += static_cast<double>(sc_time_stamp().value()) - line.front();
      line.pop_front();
      wait(exponential());
      count();
    }
  }
  SC_HAS_PROCESS(Counter);
  explicit Counter(sc_module_name name) : sc_module(name) {
    SC_THREAD(arrivals);
    SC_THREAD(serve);
  }
};

struct Actor;
std::vector<std::unique_ptr<Actor>> actors;
struct Actor : sc_module {
  sc_event_queue mail;
  SC_HAS_PROCESS(Actor);
  explicit Actor(sc_module_name name) : sc_module(name) {
    SC_THREAD(run);
    set_stack_size(16384);
    mail.notify(exponential());
  }
  void run() {
    for (;;) {
      wait(mail.default_event());
      count();
      actors[draws.below(n)]->mail.notify(exponential());
    }
  }
};

}  // namespace

int sc_main(int argc, char** argv) {
  const bench::Arguments arguments{argc, argv};
  workload = arguments.workload;
  n = arguments.n;
  meter = std::make_unique<bench::Meter>(arguments.settle(), arguments.events, 256);
  sc_set_time_resolution(1, SC_NS);
  sc_report_handler::set_actions(SC_WARNING, SC_DO_NOTHING);
  std::vector<std::unique_ptr<sc_module>> modules;
  for (std::uint32_t i = 0; i < (workload == "mm1" ? 1 : n); ++i) {
    const std::string name = "m" + std::to_string(i);
    if (workload == "hold") modules.push_back(std::make_unique<Holder>(name.c_str()));
    if (workload == "hold-tasks") modules.push_back(std::make_unique<HolderThread>(name.c_str()));
    if (workload == "mm1") modules.push_back(std::make_unique<Counter>(name.c_str()));
    if (workload == "actors") actors.push_back(std::make_unique<Actor>(name.c_str()));
  }
  sc_start();
  return 64;
}
