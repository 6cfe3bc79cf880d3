#include "faults/vocabulary.hpp"

#include <set>

#include "faults/plan.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline;
using namespace wrackline::faults;
using namespace std::chrono_literals;

TEST_CASE("every fault is declared completely, and its defaults are what they claim to be") {
  std::set<std::string_view> names;
  for (const FaultType* type : vocabulary()) {
    INFO(type->name);
    CHECK(names.insert(type->name).second);
    CHECK(find_fault(type->name) == type);
    CHECK(type->name.find('.') != std::string_view::npos);
    CHECK_FALSE(type->summary.empty());
    CHECK_FALSE(type->basis.empty());
    REQUIRE(type->make != nullptr);
    std::set<std::string_view> params;
    for (const ParamDef& param : type->params) {
      INFO(param.name);
      CHECK(params.insert(param.name).second);
      CHECK_FALSE(param.doc.empty());
      CHECK((param.type == ParamType::choice) == !param.choices.empty());
      if (param.required) continue;
      std::string error;
      const auto value = parse_setting(param, param.fallback, &error);
      CHECK(error.empty());
      REQUIRE(value.has_value());
      if (param.type != ParamType::text)
        CHECK(parse_setting(param, describe(param, *value), nullptr).has_value());
    }
  }
  CHECK(names.size() >= 30);
}

TEST_CASE("the faults of the spine are all there") {
  for (const char* name : {"process.crash",
                           "process.stop",
                           "process.pause",
                           "process.restart_loop",
                           "process.rolling_bounce",
                           "node.power_loss",
                           "node.loss",
                           "zone.loss",
                           "network.delay",
                           "network.tail",
                           "network.loss",
                           "network.bandwidth",
                           "network.partition",
                           "network.reset",
                           "network.response_lost",
                           "network.half_open",
                           "disk.slow",
                           "disk.stall",
                           "disk.full",
                           "clock.offset",
                           "clock.step",
                           "clock.drift",
                           "clock.freeze",
                           "cpu.throttle",
                           "kafka.unclean_election",
                           "kafka.leader_move",
                           "group.force_rebalance",
                           "source.burst",
                           "source.stall_replay",
                           "source.poison"}) {
    INFO(name);
    CHECK(find_fault(name) != nullptr);
  }
  CHECK(find_fault("process.crsh") == nullptr);
  CHECK(nearest_faults("process.crsh").at(0) == "process.crash");
}

TEST_CASE("settings are read with their units and refused with a reason") {
  const ParamDef delay{"by", ParamType::duration, "", ""};
  const auto value_of = [](const ParamDef& param, std::string_view text) {
    const auto setting = parse_setting(param, text, nullptr);
    return setting ? *std::get<sim::Distribution>(*setting).quantile(0.5) : -1;
  };
  CHECK(value_of(delay, "250ms") == 250e6);
  CHECK(value_of(delay, "1.5 h") == 5400e9);
  CHECK(value_of(delay, "0") == 0);
  std::string error;
  CHECK_FALSE(parse_setting(delay, "250", &error).has_value());
  CHECK(error == "'250' is not a duration");
  CHECK_FALSE(parse_setting(delay, "-1s", &error).has_value());
  CHECK(error == "\"by\" must be at least 0s, not -1s");
  CHECK(value_of({"by", ParamType::offset, "", ""}, "-1s") == -1e9);
  CHECK(value_of({"rate", ParamType::bytes_per_second, "", ""}, "2MiB/s") == 2097152);
  const ParamDef share{"share", ParamType::ratio, "", ""};
  CHECK(std::get<sim::Ratio>(*parse_setting(share, "1/1000", nullptr)) == sim::Ratio{1, 1000});
  CHECK(std::get<sim::Ratio>(*parse_setting(share, "5%", nullptr)) == sim::Ratio{1, 20});
  CHECK_FALSE(parse_setting(share, "3/2", &error).has_value());
  CHECK_FALSE(parse_setting({"n", ParamType::count, "", ""}, "1.5", &error).has_value());
  const ParamDef mode{"mode", ParamType::choice, "", "", false, false, {"hold", "drop"}};
  CHECK_FALSE(parse_setting(mode, "kill", &error).has_value());
  CHECK(error == "\"mode\" must be one of hold, drop");
  CHECK(describe(delay, *parse_setting(delay, "90s", nullptr)) == "90s");
  CHECK(describe(delay, *parse_setting(delay, "120s", nullptr)) == "2m");
}

namespace {

FaultSpec good() {
  FaultSpec spec;
  spec.id = "a";
  spec.what = "process.crash";
  spec.target = "all(server)";
  spec.timing = At{5s};
  return spec;
}

std::vector<std::string> fields(const std::vector<FaultSpec>& specs) {
  std::vector<std::string> result;
  for (const Problem& problem : check(specs)) result.push_back(problem.field);
  return result;
}

}  // namespace

TEST_CASE("what is wrong with a plan is found before the run, all of it") {
  using Fields = std::vector<std::string>;
  CHECK(fields({good()}).empty());
  CHECK(fields({good(), good()}) == Fields{"id"});
  auto bad = good();
  bad.what = "proces.crash";
  CHECK(fields({bad}) == Fields{"do"});
  CHECK(check({bad})[0].message == "there is no fault 'proces.crash'; did you mean 'process.crash'?");
  bad = good();
  bad.target.clear();
  bad.params["by"] = true;
  bad.probability = {3, 2};
  CHECK(fields({bad}) == Fields{"target", "probability", "by"});
  bad = good();
  bad.what = "clock.step";
  bad.lasts = sim::Distribution::constant(1s);
  bad.params["by"] = std::string{"soon"};
  CHECK(fields({bad}) == Fields{"for", "by"});
}

TEST_CASE("a resolved plan has absolute times, defaults and nothing after the healing") {
  auto at = good();
  auto rate = good();
  rate.id = "b";
  rate.timing = Rate{0.5, 10s, 60s};
  auto late = good();
  late.id = "c";
  late.timing = At{200s};
  const FaultPlan plan = resolve({at, rate, late}, 42, sim::kStart + 100s);
  REQUIRE(plan.faults[0].strikes.size() == 1);
  CHECK(plan.faults[0].strikes[0].at == sim::kStart + 5s);
  CHECK(plan.faults[1].strikes.size() > 10);
  CHECK(plan.faults[1].strikes.size() < 45);
  for (const auto& strike : plan.faults[1].strikes) {
    CHECK(strike.at >= sim::kStart + 10s);
    CHECK(strike.at < sim::kStart + 60s);
  }
  CHECK(plan.faults[2].strikes.empty());

  THEN("the seed and the id decide, not what else is in the plan") {
    const FaultPlan alone = resolve({rate}, 42, sim::kStart + 100s);
    REQUIRE(alone.faults[0].strikes.size() == plan.faults[1].strikes.size());
    CHECK(alone.faults[0].strikes[3].at == plan.faults[1].strikes[3].at);
    CHECK(resolve({rate}, 43, sim::kStart + 100s).faults[0].strikes[0].at != alone.faults[0].strikes[0].at);
  }
  THEN("half the strikes survive a probability of one half") {
    auto half = rate;
    half.timing = Rate{10, 0s, {}};
    const auto all = resolve({half}, 1, sim::kStart + 100s).faults[0].strikes.size();
    half.probability = {1, 2};
    const auto some = resolve({half}, 1, sim::kStart + 100s).faults[0].strikes.size();
    CHECK(static_cast<double>(some) == Approx(static_cast<double>(all) / 2).epsilon(0.15));
  }
  CHECK(resolve({at}, 42, sim::kStart + 100s).describe() ==
        "a: process.crash on all(server)\n  at 5.000000000s\n");
}
