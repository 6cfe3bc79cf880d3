// What the faults of disks and clocks do, and that levers get their arguments.
#include <algorithm>

#include "tests/faults/world.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline;
using namespace wrackline::faults;
using namespace wrackline::faults::test;

namespace {

std::int64_t error_ms_at(Bench& bench, FaultSpec fault, sim::Duration when) {
  std::vector<sim::Disk*> disks;
  Injector injector{{bench.sim, &bench.network, disks}, resolve({std::move(fault)}, 1, sim::kStart + 50s)};
  injector.arm();
  bench.sim.run_until(sim::kStart + when);
  return bench.servers[0]->node.clock().wall_error(bench.sim.now()) / 1ms;
}

}  // namespace

TEST_CASE("disk.stall holds every answer until it ends; disk.slow stretches them") {
  Bench stalled;
  stalled.run(spec("disk.stall", "node(n1)"));
  CHECK(stalled.bad >= 10);
  Bench slow;
  slow.run(spec("disk.slow", "node(n1)", {{"factor", sim::Distribution::constant(10'000)}}));
  CHECK(slow.bad == 0);
  CHECK(std::count_if(slow.latencies.begin(), slow.latencies.end(),
                      [](sim::Duration l) { return l > 90ms; }) > 20);
}

TEST_CASE("disk.full, disk.read_only and disk.failing are refusals that the server reports") {
  for (const char* what : {"disk.full", "disk.read_only"}) {
    Bench bench;
    const auto report = bench.run(spec(what, "node(n1)"));
    CHECK(report.effects > 20);
    const auto& server = *bench.servers[0];
    CHECK(server.disk.written(server.log).records < static_cast<std::int64_t>(server.answered));
  }
  Bench failing;
  const auto report = failing.run(spec("disk.failing", "node(n1)", {{"probability", sim::Ratio{1, 4}}}));
  CHECK(report.effects > 10);
}

TEST_CASE("clock faults: offset goes back, a step stays, drift leaves its sum, a freeze catches up or not") {
  const auto error = [](FaultSpec fault, sim::Duration when) {
    Bench bench;
    return error_ms_at(bench, std::move(fault), when);
  };
  const auto of = [](sim::Duration d) { return fixed(d); };
  CHECK(error(spec("clock.offset", "node(n1)", {{"by", of(-3s)}}), 15s) == -3000);
  CHECK(error(spec("clock.offset", "node(n1)", {{"by", of(-3s)}}), 25s) == 0);
  CHECK(error(spec("clock.step", "node(n1)", {{"by", of(2s)}}), 45s) == 2000);
  CHECK(error(spec("clock.drift", "node(n1)", {{"ppm", sim::Distribution::constant(-1000)}}), 45s) == -10);
  CHECK(error(spec("clock.freeze", "node(n1)"), 15s) == -5000);
  CHECK(error(spec("clock.freeze", "node(n1)"), 25s) == 0);
  CHECK(error(spec("clock.freeze", "node(n1)", {{"catch_up", false}}), 25s) == -10000);
  CHECK(error(spec("clock.wrap32", "node(n1)"), 15s) == -4'294'967);
  CHECK(error(spec("clock.wrap32", "node(n1)"), 25s) == 0);
  auto slew = spec("clock.slew", "node(n1)", {{"by", of(1s)}, {"over", of(20s)}});
  slew.lasts.reset();
  CHECK(error(slew, 20s) == 500);
  CHECK(error(slew, 45s) == 1000);
  const ParamDef& ppm = *find_fault("clock.drift")->find("ppm");
  CHECK(check_setting(ppm, sim::Distribution::constant(-200)).empty());
}

TEST_CASE("clock.freeze of both clocks holds the timers") {
  Bench bench;
  const auto flushes = [&] { return bench.servers[0]->disk.counts().operations; };
  auto freeze = spec("clock.freeze", "node(n1)", {{"clocks", std::string{"both"}}});
  bench.run(freeze);
  CHECK(flushes() > 0);
  CHECK(bench.good > 1000);
}

TEST_CASE("levers get the target, the parameters and the length") {
  Bench bench;
  bench.run(spec("source.burst", "app", {{"factor", sim::Distribution::constant(5)}}));
  CHECK(bench.pulled.at(0) == std::vector<std::string>{"app", "5", "10000000000"});
  Bench other;
  other.run(spec("kafka.leader_move", "payments/0", {{"to", std::string{"broker-2"}}}));
  CHECK(other.pulled.at(0) == std::vector<std::string>{"payments/0", "broker-2"});
  Bench poison;
  poison.run(spec("source.poison", "app"));
  CHECK(poison.pulled.at(0) == std::vector<std::string>{"app", "1"});
  Bench twice;
  twice.run(spec("source.report_again", "app", {{"share", sim::Ratio{1, 4}}}));
  CHECK(twice.pulled.at(0) == std::vector<std::string>{"app", "1/4", "10000000000"});
}
