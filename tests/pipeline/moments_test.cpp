// Whatever a fault can wait for, a run can reach: every moment that `wrackline list moments` promises is
// announced by some run, and the two ends of a rebalance at the right times.
#include <set>
#include <string>

#include "scenarios/diagnostics.hpp"
#include "scenarios/run/world.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {

namespace {

scenarios::Plan shipped(const std::string& name, std::vector<std::string> sets = {}) {
  scenarios::LoadOptions options;
  options.seeds = {1};
  options.sets = std::move(sets);
  scenarios::Diagnostics diagnostics;
  auto plan = scenarios::load_plan("scenarios/library/" + name + ".jsonc", options, diagnostics);
  INFO(scenarios::to_text(diagnostics));
  REQUIRE(plan);
  return std::move(*plan);
}

/// The moments of all runs, and the names that the runs declare.
struct Seen {
  std::set<std::string> announced;
  std::set<std::string> declared;
  void add(const scenarios::Plan& plan) {
    scenarios::RunOptions options;
    options.prepare = [&](scenarios::World& world) {
      for (const sim::MomentDef* def : world.simulation().moments().all()) declared.emplace(def->name);
    };
    for (const Run& run : run_all(plan, options)) {
      for (const analysis::MomentCount& moment : run.result.moments) announced.insert(moment.name);
    }
  }
};

}  // namespace

SCENARIO("every moment is announced by some run") {
  Seen seen;
  seen.add(shipped("unclean-election"));
  seen.add(shipped("retry-duplicates"));
  seen.add(shipped("network-partition-stale-leader"));
  seen.add(shipped("zombie-consumer"));
  seen.add(shipped("wrong-clock-guards", {"duration=30s"}));
  seen.add(shipped("join-rates-table", {"duration=20s"}));
  seen.add(plan_of(kSmall, R"json("kafka": { "config": {
      "offsets.topic.segment.bytes": 4000, "log.cleaner.backoff.ms": 500 } })json"));
  seen.add(plan_of(kSmall, R"json("faults": [
    { "id": "full", "at": "4s", "do": "disk.full", "target": "broker-1", "for": "2s" },
    { "id": "sink", "at": "3s", "do": "network.response_lost", "target": "store", "for": "4s" },
    { "id": "dark", "at": "8s", "do": "process.crash", "target": "all(brokers)", "for": "4s"
} ],
    "sources": { "app": { "config": { "delivery.timeout.ms": 2500, "request.timeout.ms": 1000 } } })json"));
  std::set<std::string> never;
for (const std::string& name : seen.declared)
  if (!seen.announced.contains(name)) never.insert(name);
CHECK(seen.declared.size() > 40);
CHECK(never == std::set<std::string>{});
}

SCENARIO(
    "C-3: a rebalance is announced when the coordinator asks everybody to join again, and when all know") {
  struct Step {
    std::string name;
    std::int64_t generation = 0;
    std::int64_t members = 0;
    sim::Time at{};
  };
  std::vector<Step> steps;
  sim::Time expired = sim::kNever;
  scenarios::RunOptions options;
  options.prepare = [&](scenarios::World& world) {
    for (const char* const name : {"group.rebalance.started", "group.rebalance.completed"}) {
      world.simulation().moments().subscribe(name, [&](const sim::Moment& moment) {
        steps.push_back({std::string{moment.def.name}, moment.attribute("generation"),
                         moment.attribute("members", -1), moment.at});
      });
    }
    world.simulation().moments().subscribe("group.member.expired", [&](const sim::Moment& moment) {
      CHECK(moment.attribute("group") == 0);
      expired = std::min(expired, moment.at);
    });
  };
  run_single(plan_of(kSmall, R"("faults": [
    { "id": "kill", "at": "5s", "do": "process.crash", "target": "job-1", "for": "6s" } ])"),
             options);
  REQUIRE(steps.size() == 6);
  GIVEN("the group's first members") {
    CHECK(steps[0].name == "group.rebalance.started");
    CHECK(steps[0].generation == 0);
    CHECK(steps[1].name == "group.rebalance.completed");
    CHECK(steps[1].generation == 1);
    CHECK(steps[1].members == 2);
  }
  WHEN("one is silent for its session") {
    THEN("the rebalance begins with its expiry and ends without it") {
      CHECK(steps[2].name == "group.rebalance.started");
      CHECK(steps[2].generation == 1);
      CHECK(steps[2].at == expired);
      CHECK(steps[3].generation == 2);
      CHECK(steps[3].members == 1);
      CHECK(steps[3].at > steps[2].at);
    }
  }
  WHEN("it is back") {
    THEN("there is another") {
      CHECK(steps[4].name == "group.rebalance.started");
      CHECK(steps[4].at > sim::kStart + std::chrono::seconds{11});
      CHECK(steps[5].generation == 3);
      CHECK(steps[5].members == 2);
    }
  }
}

}  // namespace wrackline::pipeline
