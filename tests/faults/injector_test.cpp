#include "faults/injector.hpp"

#include "tests/faults/world.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline;
using namespace wrackline::faults;
using namespace wrackline::faults::test;

TEST_CASE("every fault strikes in the bench world, reports it, and everything heals") {
  for (const FaultType* type : vocabulary()) {
    INFO(type->name);
    Bench bench;
    const std::string target = type->targets == TargetKind::name ? "x" : "process(server-2)";
    const FaultReport report = bench.run(spec(std::string{type->name}, target));
    INFO(report.describe());
    CHECK(report.strikes == 1);
    CHECK(report.struck());
    CHECK(report.conclusive());
    REQUIRE(report.detail.size() == 1);
    CHECK(report.detail[0].at == sim::kStart + 10s);
    // The world is well again: the last calls are answered quickly.
    const auto before = bench.good;
    bench.sim.run_until(sim::kStart + 65s);
    CHECK(bench.good - before > 200);
    for (const auto& server : bench.servers) CHECK(server->process.alive());
  }
}

TEST_CASE("no fault, or one of zero intensity or probability, leaves the hash unchanged") {
  Bench plain;
  plain.run(std::vector<FaultSpec>{});
  for (const FaultType* type : vocabulary()) {
    INFO(type->name);
    const std::string target = type->targets == TargetKind::name ? "x" : "process(server-2)";
    auto never = spec(std::string{type->name}, target);
    never.probability = sim::Ratio::never();
    Bench bench;
    const FaultReport report = bench.run(never);
    CHECK(bench.hash == plain.hash);
    CHECK(report.idle);
    CHECK(report.conclusive());

    auto rare = spec(std::string{type->name}, target);
    rare.timing = Rate{0, 0s, {}};
    Bench rare_bench;
    rare_bench.run(rare);
    CHECK(rare_bench.hash == plain.hash);

    if (type->lasts) {
      auto brief = spec(std::string{type->name}, target);
      brief.lasts = fixed(0s);
      Bench brief_bench;
      brief_bench.run(brief);
      CHECK(brief_bench.hash == plain.hash);
    }
    for (const ParamDef& param : type->params) {
      if (!param.intensity) continue;
      INFO(param.name);
      auto weak = spec(std::string{type->name}, target);
      weak.params[std::string{param.name}] =
          param.type == ParamType::ratio ? Setting{sim::Ratio::never()} : Setting{fixed(0s)};
      Bench weak_bench;
      CHECK(weak_bench.run(weak).idle);
      CHECK(weak_bench.hash == plain.hash);
    }
  }
}

TEST_CASE("the same seed and plan give the same run; the fault changes it") {
  Bench plain;
  plain.run(std::vector<FaultSpec>{});
  Bench one;
  Bench two;
  one.run(spec("process.crash", "random(server)"));
  two.run(spec("process.crash", "random(server)"));
  CHECK(one.hash == two.hash);
  CHECK(one.hash != plain.hash);
}

TEST_CASE("a fault that met nothing is reported, and the run is inconclusive") {
  SECTION("its target was down already") {
    Bench bench;
    auto first = spec("process.crash", "process(server-1)");
    auto second = spec("process.crash", "process(server-1)");
    second.id = "again";
    second.timing = At{12s};
    second.lasts = fixed(2s);
    const auto reports = bench.run({first, second});
    CHECK(reports[0].conclusive());
    CHECK_FALSE(reports[1].conclusive());
    CHECK(reports[1].describe().find("never struck") != std::string::npos);
  }
  SECTION("its moment never came") {
    Bench bench;
    auto late = spec("process.crash", "self");
    late.timing = When{"test.answered", 1'000'000'000, 1, {}};
    const auto report = bench.run(late);
    CHECK(report.strikes == 0);
    CHECK_FALSE(report.conclusive());
  }
  SECTION("its lever found nothing to do") {
    Bench bench;
    const auto report = bench.run(spec("group.force_rebalance", "nothing"));
    CHECK(report.strikes == 1);
    CHECK_FALSE(report.conclusive());
  }
  SECTION("its rule met no packet") {
    Bench bench;
    auto rule = spec("network.delay", "process(server-1)");
    rule.params["peers"] = std::string{"process(server-2)"};
    CHECK_FALSE(bench.run(rule).conclusive());
  }
  SECTION("its selector names nobody") {
    Bench bench;
    const auto report = bench.run(spec("process.crash", "process(server-9)"));
    CHECK_FALSE(report.conclusive());
    CHECK(report.problems.size() == 1);
  }
}

TEST_CASE(
    "a fault strikes at its moment: the nth, so many times, of those that match, at whoever announced it") {
  Bench bench;
  auto moment = spec("process.crash", "self");
  When when{"test.answered", 3, 2, {}};
  when.where["server"] = 2;
  moment.timing = when;
  moment.lasts = fixed(1s);
  const auto report = bench.run(moment);
  CHECK(report.strikes == 2);
  CHECK(report.effects == 2);
  CHECK(report.detail[0].targets == "server-2");
  // The announcement is before the answer counts: the third answer of server 2 is the one that never was.
  CHECK(bench.servers[1]->starts == 3);
  CHECK(bench.servers[0]->starts == 1);
}

TEST_CASE("a fault with a rate strikes again and again, and its lengths come from a law") {
  Bench bench;
  auto often = spec("process.pause", "random(server)");
  often.timing = Rate{1, 0s, {}};
  often.lasts = sim::Distribution::exponential(200e6);
  const auto report = bench.run(often);
  CHECK(report.strikes > 25);
  CHECK(report.strikes < 80);
  REQUIRE(report.detail.size() > 2);
  CHECK(report.detail[0].drawn.at(0).first == "for");
  CHECK(report.detail[0].drawn.at(0).second != report.detail[1].drawn.at(0).second);
}

TEST_CASE("what a world lacks is found before the run") {
  Bench bench;
  auto moment = spec("process.crash", "self");
  moment.timing = When{"test.answred", 1, 1, {}};
  auto target = spec("process.crash", "broker");
  target.id = "other";
  const Injector injector{{bench.sim, &bench.network}, resolve({moment, target}, 1, sim::kStart + 50s)};
  const auto problems = injector.check();
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].message == "there is no moment 'test.answred'; did you mean 'test.answered'?");
  CHECK(problems[1].field == "target");
}

TEST_CASE("a fault without a length lasts until all faults heal") {
  Bench bench;
  auto open_end = spec("process.crash", "process(server-1)");
  open_end.lasts.reset();
  const auto report = bench.run(open_end);
  CHECK(report.detail.at(0).healed == sim::kStart + 50s);
  CHECK(bench.servers[0]->starts == 2);
}

TEST_CASE("overlapping faults heal in any order") {
  SECTION("two drifts, two throttles") {
    Bench bench;
    auto first = spec("clock.drift", "node(n1)");
    auto second = first;
    second.id = "second";
    second.timing = At{15s};
    auto throttle = spec("cpu.throttle", "node(n1)");
    throttle.id = "throttle";
    auto other = throttle;
    other.id = "other throttle";
    other.timing = At{15s};
    bench.run({first, second, throttle, other});
    CHECK(bench.servers[0]->node.clock().drift_ppb() == 0);
    CHECK(bench.servers[0]->node.cpu().speed() == sim::Cpu::kFullSpeed);
  }
  SECTION("a crash that would heal while the power is off") {
    Bench bench;
    auto crash = spec("process.crash", "process(server-1)");
    auto power = spec("node.power_loss", "node(n1)");
    power.id = "power";
    power.timing = At{15s};
    bench.run({crash, power});
    CHECK(bench.servers[0]->process.alive());
  }
}
