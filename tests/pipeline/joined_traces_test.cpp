// Joins of recorded traces, whole pipelines: what belongs together by the names and times in the files is
// what comes out.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "scenarios/run/world.hpp"
#include "tests/pipeline/replayed_trace.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

/// Made up: trips and their payments, a name for each taxi; arrivals in order, events not.
Trace made_up(std::uint32_t seed, std::int64_t first_ms, int taxis, int rows) {
  std::mt19937 random{seed};
  Trace trace;
  std::int64_t now_ms = first_ms;
  for (int i = 0; i < rows; ++i) {
    now_ms += static_cast<std::int64_t>(random() % 60);
    const auto delay_ms = static_cast<std::int64_t>(random() % 400);
    trace.push_back(
        {fmt::format("taxi-{}", random() % static_cast<unsigned>(taxis)), now_ms - delay_ms, now_ms});
  }
  return trace;
}

/// The left source is `a`, the right one `b`; what a side is made of: the name of a file, or members.
analysis::RunResult joined(const Trace& left, const Trace* right, const std::string& join,
                           sim::Observer* also) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / "wrackline-joined-traces";
  fs::create_directories(folder);
  const auto write = [&](const char* name, const Trace& trace) {
    std::ofstream file{folder / name};
    file << "key,event_time_ms,arrival_time_ms\n";
    for (const Row& row : trace) file << fmt::format("{},{},{}\n", row.key, row.event_ms, row.arrival_ms);
  };
  write("left.csv", left);
  if (right != nullptr) write("right.csv", *right);
  const std::string other =
      right != nullptr ? R"("trace": "right.csv")" : R"("rate": "20/s", "keys": { "count": 3 })";
  std::ofstream{folder / "scenario.jsonc"} << fmt::format(
      R"j({{
        "version": 1, "name": "joined", "duration": "30s", "warmup": "0s", "liveness_bound": "2m",
        "kafka": {{ "brokers": 1,
          "config": {{ "offsets.topic.replication.factor": 1, "group.initial.rebalance.delay.ms": 0 }},
          "topics": {{
            "trips": {{ "partitions": 3, "config": {{ "replication.factor": 1, "min.insync.replicas": 1 }} }},
            "fares": {{ "partitions": 3, "config": {{ "replication.factor": 1, "min.insync.replicas": 1 }} }} }} }},
        "sources": {{ "a": {{ "topic": "trips", "trace": "left.csv" }}, "b": {{ "topic": "fares", {} }} }},
        "jobs": {{ "job": {{ "from": "trips", "to": "store", "join": {{ "with": "fares", {} }},
          "watermark": {{ "bounded": "20s" }}, "config": {{ "auto.offset.reset": "earliest" }} }} }},
        "sinks": {{ "store": {{}} }}
      }})j",
      other, join);
  scenarios::LoadOptions options;
  scenarios::Diagnostics diagnostics;
  const auto plan = scenarios::load_plan((folder / "scenario.jsonc").string(), options, diagnostics);
  if (!plan) FAIL(scenarios::to_text(diagnostics));
  scenarios::RunOptions run;
  if (also != nullptr) run.prepare = [&](scenarios::World& world) { world.analyses().front()->also(*also); };
  analysis::RunResult result = run_single(*plan, run);
  INFO(story_of(result));
  CHECK(result.books.closes());
  CHECK(result.broken_promises == 0);
  fs::remove_all(folder);
  return result;
}

struct Keys final : sim::Observer {
  void created(std::span<const sim::CreatedRecord> records) override {
    for (const sim::CreatedRecord& one : records) of[one.id.source()].insert(one.key);
  }
  std::set<std::uint32_t> of[2];
};

}  // namespace

SCENARIO("two traces are joined by the names of their keys and their recorded times") {
  // The second begins later, and knows the taxis in another order.
  const Trace left = made_up(1, 1'700'000'000'000, 12, 400);
  const Trace right = made_up(2, 1'700'000'003'210, 15, 300);
  std::uint64_t pairs = 0;
  std::uint64_t alone = 0;
  for (const Row& one : left) {
    std::uint64_t partners = 0;
    for (const Row& other : right) {
      const std::int64_t apart_ms = other.event_ms - one.event_ms;
      if (one.key == other.key && apart_ms >= -300 && apart_ms <= 700) ++partners;
    }
    pairs += partners;
    alone += partners == 0 ? 1U : 0U;
  }
  REQUIRE(pairs > 50);
  REQUIRE(alone > 50);
  const auto result = joined(
      left, &right, R"("type": "interval", "lower": "-300ms", "upper": "700ms", "kind": "left")", nullptr);
  REQUIRE(result.books.join);
  CHECK(result.books.produced == left.size() + right.size());
  CHECK(result.books.join->expected == pairs + alone);
  CHECK(result.books.join->delivered == pairs + alone);
  CHECK(result.books.join->nulls == 0);
  CHECK(result.anomalies.count_of(analysis::Anomaly::wrong_result) == 0);
}

SCENARIO("the keys of a generated source are called 0, 1, 2, ... in a trace that is joined with it") {
  Trace left = made_up(1, 1'700'000'000'000, 3, 200);
  for (Row& row : left) row.key = row.key == "taxi-0" ? "stranger" : "2";
  Keys keys;
  const auto result =
      joined(left, nullptr, R"("type": "interval", "lower": "-300ms", "upper": "700ms")", &keys);
  CHECK(keys.of[0] == std::set<std::uint32_t>{2, 3});
  CHECK(keys.of[1] == std::set<std::uint32_t>{0, 1, 2});
  REQUIRE(result.books.join);
  CHECK(result.books.join->expected > 0);
  CHECK(result.books.join->delivered == result.books.join->expected);
}

}  // namespace wrackline::pipeline
