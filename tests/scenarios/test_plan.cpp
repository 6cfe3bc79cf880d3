#include "scenarios/plan.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/kafka/config/properties.hpp"
#include "scenarios/sha256.hpp"
#include "tests/support/golden.hpp"

using namespace wrackline;
using namespace wrackline::scenarios;
using namespace std::chrono_literals;

namespace {

constexpr const char* kBase = R"({
  "name": "small", "duration": "1m",
  "kafka": { "topics": { "in.put": { "partitions": 2, "config": { "replication.factor": 3, "min.insync.replicas": 2 } } } },
  "sources": { "app": { "topic": "in.put", "rate": "100/s" } },
  "jobs": { "totals": { "from": "in.put", "watermark": "200ms", "window": "5s", "to": "store" } },
  "sinks": { "store": {} },
)";

std::optional<Plan> load(const std::string& more, LoadOptions options = {}) {
  const std::string text = kBase + more + "}";
  options.reader = [text](const std::string&) { return FileContent{text, {}}; };
  options.resolve_links = false;
  Diagnostics diagnostics;
  auto plan = load_plan("small.jsonc", options, diagnostics);
  INFO(to_text(diagnostics));
  CHECK(plan.has_value() == !diagnostics.has_errors());
  return plan;
}

std::string value(const Cell& cell, std::size_t i) { return cell.settings.at(i).value; }

}  // namespace

TEST_CASE("a scenario becomes plain values, with defaults") {
  const auto plan = load("");
  REQUIRE(plan);
  REQUIRE(plan->cells.size() == 1);
  const ScenarioSpec& spec = plan->cells[0].spec;
  CHECK(spec.duration == Duration{1min});
  CHECK(spec.liveness_bound == Duration{5min});
  CHECK(spec.kafka.brokers == 3);
  CHECK(spec.kafka.version == Version{4, 1});
  CHECK(spec.kafka.network.latency.a == Duration{500us});
  CHECK_FALSE(spec.kafka.network.zone_latency.has_value());
  CHECK(spec.sources[0].name == "app");
  CHECK(spec.sources[0].rate == Rate{100, 1s});
  CHECK(spec.sources[0].arrivals.kind == Arrivals::kPoisson);
  CHECK(spec.sources[0].record_bytes == 100);
  CHECK(spec.sources[0].config.get_int("linger.ms") == 5);
  const JobSpec& job = spec.jobs[0];
  CHECK(job.watermark.bounded == Duration{200ms});
  CHECK(job.window.kind == Windows::kTumbling);
  CHECK(job.window.slide == Duration{5s});
  CHECK(job.aggregate == Aggregate::kCount);
  CHECK(job.group == "totals");
  CHECK(job.config.get_string("group.id") == "totals");
  CHECK_FALSE(job.config.get_bool("enable.auto.commit"));
  CHECK(spec.sinks[0].kind == SinkKind::kAppend);
  CHECK(plan->seeds == std::vector<std::uint64_t>{1});
}

TEST_CASE("distributions in all their forms") {
  const auto delay = [](const std::string& law) {
    LoadOptions options;
    options.sets = {"sources.app.delay=" + law};
    const auto with = load("", options);
    REQUIRE(with);
    return with->cells[0].spec.sources[0].delay;
  };
  CHECK(delay("5ms").a == Duration{5ms});
  CHECK(delay(R"({"uniform":{"min":"1s","max":"2s"}})").kind == LawKind::kUniform);
  CHECK(delay(R"({"exponential":"3s"})").a == Duration{3s});
  CHECK(delay(R"({"normal":{"mean":"-1s","sd":"2s"}})").b == Duration{2s});
  const Law lognormal = delay(R"({"lognormal":{"median":"100ms","sigma":0.45},"cap":"10s"})");
  CHECK(lognormal.kind == LawKind::kLognormal);
  CHECK(lognormal.shape == 0.45);
  CHECK(lognormal.cap == Duration{10s});
  CHECK(delay(R"({"quantiles":"umts-d1"})").profile == "umts-d1");
  const Law knots = delay(R"({"quantiles":{"knots":[[0,"1ms"],[0.5,"5ms"],[1,"9ms"]]}})");
  CHECK(knots.knots.size() == 3);
  CHECK(knots.kind == LawKind::kQuantiles);
  const Law mixture =
      delay(R"({"mixture":[{"weight":0.99,"law":"1ms"},{"law":{"pareto":{"scale":"300ms","shape":1.5}}}]})");
  CHECK(mixture.kind == LawKind::kMixture);
  REQUIRE(mixture.parts.size() == 2);
  CHECK(mixture.parts[1].weight == 1);
  CHECK(mixture.parts[1].law.kind == LawKind::kPareto);
  const Law stall = delay(R"({"stall":{"base":"82ms","mean_gap":"30s","mean_stall":"1s"}})");
  CHECK(stall.kind == LawKind::kStall);
  CHECK(stall.parts.at(0).law.a == Duration{82ms});
  CHECK(stall.b == Duration{1s});
}

TEST_CASE("guarantees are bundles of settings that leave explicit ones alone") {
  const auto plan =
      load(R"("matrix": { "axes": { "guarantee": ["at_most_once", "at_least_once", "effectively_once"] } })");
  REQUIRE(plan);
  REQUIRE(plan->cells.size() == 3);
  const auto& amo = plan->cells[0].spec;
  CHECK(amo.guarantee == "at_most_once");
  CHECK(amo.sources[0].config.get_string("acks") == "0");
  CHECK_FALSE(kafka::idempotence_enabled(amo.sources[0].config));
  CHECK(amo.jobs[0].commit == CommitMode::kBeforeProcessing);
  const auto& alo = plan->cells[1].spec;
  CHECK(alo.sources[0].config.get_string("acks") == "all");
  CHECK_FALSE(kafka::idempotence_enabled(alo.sources[0].config));
  CHECK(alo.jobs[0].config.get_string("auto.offset.reset") == "earliest");
  CHECK(alo.sinks[0].kind == SinkKind::kAppend);
  const auto& once = plan->cells[2].spec;
  CHECK(kafka::idempotence_enabled(once.sources[0].config));
  CHECK(once.sinks[0].kind == SinkKind::kUpsert);
  CHECK(once.jobs[0].commit == CommitMode::kAfterProcessing);

  LoadOptions options;
  options.sets = {"sinks.store.kind=append"};
  const auto explicit_kind = load(R"("guarantee": "effectively_once")", options);
  REQUIRE(explicit_kind);
  CHECK(explicit_kind->cells[0].spec.sinks[0].kind == SinkKind::kAppend);
}

TEST_CASE("an own bundle") {
  const auto plan = load(
      R"("guarantee": "mine", "guarantees": { "mine": { "producer": { "acks": 1, "linger.ms": 20 }, "sink": "upsert" } })");
  REQUIRE(plan);
  CHECK(plan->cells[0].spec.sources[0].config.get_string("acks") == "1");
  CHECK(plan->cells[0].spec.sources[0].config.get_int("linger.ms") == 20);
  CHECK(plan->cells[0].spec.sinks[0].kind == SinkKind::kUpsert);
}

TEST_CASE("the matrix: axes multiply, zip goes in lock-step, where leaves out") {
  const auto plan = load(R"("matrix": {
    "axes": { "guarantee": ["at_most_once", "at_least_once"], "jobs.totals.watermark": [{ "bounded": "100ms" }, "1s"] },
    "zip": { "kafka.topics.in.put.partitions": [1, 6], "jobs.totals.parallelism": [1, 3] },
    "where": "guarantee != 'at_most_once' or jobs.totals.parallelism == 1" })");
  REQUIRE(plan);
  CHECK(plan->axes == std::vector<std::string>{"guarantee", "jobs.totals.watermark",
                                               "kafka.topics.in.put.partitions", "jobs.totals.parallelism"});
  REQUIRE(plan->cells.size() == 6);
  CHECK(value(plan->cells[0], 1) == "bounded 100ms");
  CHECK(plan->cells[0].spec.kafka.topics[0].partitions == 1);
  CHECK(plan->cells[3].spec.kafka.topics[0].partitions == 6);
  CHECK(plan->cells[3].spec.jobs[0].parallelism == 3);
  CHECK(plan->cells[4].spec.jobs[0].watermark.bounded == Duration{1s});
  std::set<std::string> hashes;
  for (const Cell& cell : plan->cells) hashes.insert(cell.hash);
  CHECK(hashes.size() == 6);
}

TEST_CASE("where compares a field inside a value that was given in short form") {
  const auto plan = load(
      R"("matrix": { "axes": { "jobs.totals.watermark": ["100ms", "1s", "5s"] }, "where": ["jobs.totals.watermark.bounded >= 1s", "kafka.brokers < 5 "] })",
      LoadOptions{.sets = {"kafka.brokers=3"}, .sweeps = {}, .seeds = {}, .readable = {}});
  REQUIRE(plan);
  CHECK(plan->cells.size() == 2);
}

TEST_CASE("--set and --sweep") {
  LoadOptions options;
  options.sets = {"sources.app.config.linger.ms=20", "jobs.totals.watermark.bounded=3s", "name=other"};
  options.sweeps = {"kafka.brokers=3,5",
                    "jobs.totals.window=1s,{\"hopping\":{\"size\":\"10s\",\"slide\":\"1s\"}}"};
  options.seeds = {7, 9};
  const auto plan = load("", options);
  REQUIRE(plan);
  CHECK(plan->cells.size() == 4);
  CHECK(plan->seeds == std::vector<std::uint64_t>{7, 9});
  const ScenarioSpec& last = plan->cells[3].spec;
  CHECK(last.name == "other");
  CHECK(last.kafka.brokers == 5);
  CHECK(last.jobs[0].window.kind == Windows::kHopping);
  CHECK(last.sources[0].config.get_int("linger.ms") == 20);
  CHECK(last.jobs[0].watermark.bounded == Duration{3s});
}

TEST_CASE("the command that reproduces a run leads to the same run id") {
  LoadOptions options;
  options.sets = {"kafka.brokers=5"};
  options.sweeps = {"duration=1m,2m"};
  const std::string more =
      R"("matrix": { "axes": { "guarantee": ["at_most_once", "at_least_once"], "jobs.totals.watermark": [{ "bounded": "100ms" }, "1s"] } })";
  const auto plan = load(more, options);
  REQUIRE(plan);
  CHECK(plan->cells.size() == 8);
  for (const Cell& cell : plan->cells) {
    LoadOptions again;
    again.sets = options.sets;
    for (const Setting& setting : cell.settings) again.sets.push_back(setting.path + "=" + setting.set_value);
    again.seeds = {5};
    const auto single = load(more, again);
    REQUIRE(single);
    REQUIRE(single->cells.size() == 1);
    CHECK(run_id(single->cells[0], 5) == run_id(cell, 5));
  }
  CHECK(reproduce_command(*plan, plan->cells[0], 5, options) ==
        "wrackline run small.jsonc --set kafka.brokers=5 --set guarantee=at_most_once --set "
        "'jobs.totals.watermark={\"bounded\":\"100ms\"}' "
        "--set duration=1m --seed 5");
}

TEST_CASE("the hash of a cell covers what can influence a run, in whatever form it is written") {
  const auto hash = [](const std::string& more, std::vector<std::string> sets = {}) {
    LoadOptions options;
    options.sets = std::move(sets);
    const auto plan = load(more, options);
    REQUIRE(plan);
    return plan->cells[0].hash;
  };
  const std::string plain = hash("");
  CHECK(hash("\"doc\": \"words\", \"expect\": [\"lost == 0\"], \"$comment\": \"x\"") == plain);
  CHECK(hash("", {"duration=60s", "kafka.brokers=3", "sources.app.config.acks=all"}) !=
        plain);  // acks is now explicit
  CHECK(hash("", {"duration=60s", "kafka.brokers=3", "jobs.totals.window={\"tumbling\":\"5000ms\"}"}) ==
        plain);
  CHECK(hash("", {"duration=61s"}) != plain);
}

TEST_CASE("extends merges objects, replaces the rest, and null removes") {
  LoadOptions options;
  options.resolve_links = false;
  options.reader = [](const std::string& path) {
    if (path == "dir/base/a.jsonc")
      return FileContent{std::string(kBase) + "\"seeds\": [3], \"extends\": \"b.jsonc\" }", {}};
    if (path == "dir/base/b.jsonc")
      return FileContent{R"({ "kafka": { "brokers": 5, "zones": ["x", "y"] }, "seeds": [1, 2] })", {}};
    return FileContent{
        R"({ "extends": ["base/a.jsonc"], "kafka": { "zones": null, "brokers": 4 }, "name": "mine" })", {}};
  };
  Diagnostics diagnostics;
  const auto plan = load_plan("dir/top.jsonc", options, diagnostics);
  INFO(to_text(diagnostics));
  REQUIRE(plan);
  CHECK(plan->name == "mine");
  CHECK(plan->seeds == std::vector<std::uint64_t>{3});
  CHECK(plan->cells[0].spec.kafka.brokers == 4);
  CHECK(plan->cells[0].spec.kafka.zones.empty());
}

TEST_CASE("a trace is found relative to the file in which it is named") {
  LoadOptions options;
  options.resolve_links = false;
  options.reader = [](const std::string& path) {
    if (path == "dir/sub/part.jsonc")
      return FileContent{R"({ "sources": { "app": { "rate": null, "trace": "t.csv" } } })", {}};
    if (path == "dir/base.jsonc") return FileContent{std::string(kBase) + "}", {}};
    return FileContent{R"({ "extends": ["base.jsonc", "sub/part.jsonc"] })", {}};
  };
  Diagnostics diagnostics;
  const auto plan = load_plan("dir/top.jsonc", options, diagnostics);
  INFO(to_text(diagnostics));
  REQUIRE(plan);
  CHECK(plan->cells[0].spec.sources[0].trace == "dir/sub/t.csv");
}

TEST_CASE("seeds of the command line") {
  CHECK(parse_seeds("7") == std::vector<std::uint64_t>{7});
  CHECK(parse_seeds("1..4") == std::vector<std::uint64_t>{1, 2, 3, 4});
  CHECK(parse_seeds("1..2,9") == std::vector<std::uint64_t>{1, 2, 9});
  CHECK(parse_seeds("18446744073709551615") == std::vector<std::uint64_t>{~std::uint64_t{0}});
  for (const char* bad :
       {"", "a", "1..", "4..1", "1,", "-1", "0..18446744073709551615", "1.5", "1,1", "1..4,2"}) {
    INFO(bad);
    CHECK_FALSE(parse_seeds(bad));
  }
}

TEST_CASE("SHA-256 gives the standard's own examples") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
