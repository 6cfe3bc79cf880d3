// Jobs with windows beyond tumbling and hopping, whole pipelines: nothing is lost or counted twice without a
// fault; after a crash the state that went with the commits is enough; committed without it, it is missed.
#include <fmt/format.h>

#include "scenarios/run/world.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

using analysis::Anomaly;
using analysis::DuplicateHop;
using analysis::Fate;

const std::string kDelayed = R"j("sources": { "app": { "delay": { "exponential": "150ms" } } })j";
const std::string kCrash =
    R"j(, "faults": [{ "at": "7s", "do": "process.crash", "target": "process(job-1)", "for": "1s" }])j";

/// kSmall's job with other windows; those that are not tumbling take the place of its tumbling ones.
std::string job(const std::string& window, const std::string& more = "") {
  const bool tumbling = window.find("tumbling") != std::string::npos;
  return fmt::format(R"j({}, "jobs": {{ "job": {{ "window": {{ {}{} }}{}{} }} }})j", kDelayed,
                     tumbling ? "" : R"("tumbling": null, )", window, more.empty() ? "" : ", ", more);
}

}  // namespace

SCENARIO("every kind of window delivers every event once, or drops it as late") {
  const std::string window = GENERATE(
      as<std::string>{}, R"("session": "300ms")",
      R"("session": { "gap": "200ms", "max_gap": "500ms" }, "allowed_lateness": "1s", "accumulation": "retracting")",
      R"("cumulate": { "size": "2s", "step": "500ms" }, "allowed_lateness": "500ms")", R"("count": 7)",
      R"("count": { "records": 6, "every": 2 })", R"("tumbling": "1s", "zone": "Asia/Kolkata")",
      R"("sliding": "200ms")",
      R"("sliding": { "difference": "300ms" }, "allowed_lateness": "1s", "accumulation": "retracting")",
      R"("sliding": "200ms", "early_records": 1, "allowed_lateness": "500ms")",
      R"("tumbling": "1s", "early_every": "200ms", "accumulation": "discarding", "allowed_lateness": "1s")",
      R"("hopping": { "size": "2s", "slide": "500ms" }, "early_records": 3, "accumulation": "retracting")",
      R"("tumbling": "1s", "allowed_lateness": "2s", "late_every": "300ms", "late_records": 4)",
      R"("global": true, "early_every": "1s")");
  const std::string aggregate = GENERATE(as<std::string>{}, R"("aggregate": "mean")",
                                         R"("aggregate": "quantile_sketch", "quantile": 0.5)");
  CAPTURE(window, aggregate);
  const auto result = run_single(plan_of(kSmall, job(window, aggregate)));
  INFO(story_of(result));
  CHECK(result.books[Fate::delivered] + result.books[Fate::late_dropped] == result.books.produced);
  CHECK(result.books[Fate::delivered] > result.books.produced * 8 / 10);
  CHECK(result.books.duplicated(DuplicateHop::sink) == 0);
  CHECK(result.broken_promises == 0);
  for (const Anomaly anomaly : {Anomaly::wrong_result, Anomaly::double_fire, Anomaly::window_gap,
                                Anomaly::missing_contribution, Anomaly::premature_fire})
    CHECK(result.anomalies.count_of(anomaly) == 0);
}

SCENARIO("every aggregate of a window is that of its records: the ledger computes it again") {
  const std::string aggregate = GENERATE(
      as<std::string>{}, R"("aggregate": "distinct")", R"("aggregate": "distinct_sketch")",
      R"("aggregate": "quantile", "quantile": 0.9)", R"("aggregate": "sum")", R"("aggregate": "max")");
  CAPTURE(aggregate);
  const auto result = run_single(plan_of(kSmall, job(R"("session": "300ms")", aggregate)));
  CHECK(result.anomalies.count_of(Anomaly::wrong_result) == 0);
  CHECK(result.books[Fate::lost] == 0);
}

SCENARIO("a crash loses nothing of a job that commits what it has written, with its state") {
  const std::string window = GENERATE(
      as<std::string>{}, R"("session": "300ms")", R"("count": 7)", R"("count": { "records": 6, "every": 2 })",
      R"("cumulate": { "size": "2s", "step": "500ms" })", R"("sliding": "200ms")",
      R"("tumbling": "1s", "early_records": 2, "accumulation": "discarding")");
  CAPTURE(window);
  for (const Run& run : run_all(plan_of(kSmall, job(window) + kCrash, {1, 2}))) {
    INFO(story_of(run.result));
    CHECK(run.result.faults.at(0).runs_struck == 1);
    CHECK(run.result.books[Fate::lost] == 0);
    for (const Anomaly anomaly :
         {Anomaly::window_gap, Anomaly::missing_contribution, Anomaly::wrong_result, Anomaly::double_counted})
      CHECK(run.result.anomalies.count_of(anomaly) == 0);
  }
}

SCENARIO("what the ledger of a run forgets on the way, one that forgets nothing does not miss") {
  const std::string window = GENERATE(
      as<std::string>{}, R"("session": "60ms")",
      R"("session": { "gap": "30ms", "max_gap": "90ms" }, "early_every": "200ms", "allowed_lateness": "300ms", "accumulation": "retracting")",
      R"("cumulate": { "size": "1s", "step": "250ms" }, "allowed_lateness": "200ms")", R"("count": 5)",
      R"("sliding": "60ms")", R"("sliding": "50ms", "early_every": "200ms", "allowed_lateness": "300ms")",
      R"("tumbling": "500ms", "early_records": 4, "accumulation": "discarding")",
      R"("hopping": { "size": "1s", "slide": "300ms" }, "zone": "Asia/Kolkata", "late_every": "200ms", "allowed_lateness": "1s")",
      R"("global": true, "early_every": "300ms", "accumulation": "discarding")");
  const std::string sink = GENERATE(as<std::string>{}, "append", "upsert");
  for (const std::string& fault : {std::string{}, kCrash}) {
    CAPTURE(window, sink, fault);
    const scenarios::Plan plan =
        plan_of(kSmall, job(window) + fault, {1}, {"sources.app.rate=1k/s", "sinks.store.kind=" + sink});
    analysis::AnomalyLog log;
    std::unique_ptr<analysis::Ledger> keeping;
    scenarios::RunOptions options;
    options.prepare = [&](scenarios::World& world) {
      auto& analysis = *world.analyses().front();
      keeping = std::make_unique<analysis::Ledger>(analysis.ledger().config(), log);
      analysis.also(*keeping);
    };
    const analysis::RunResult result = run_single(plan, options);
    INFO(story_of(result));
    CHECK(result.broken_promises == 0);
    keeping->close({sim::from_ns(result.seeds.front().virtual_ns)});
    CHECK(keeping->books(analysis::Phase::all) == result.books);
    CHECK(keeping->books(analysis::Phase::steady) == result.steady_books);
    for (const auto kind : {analysis::Latency::end_to_end, analysis::Latency::result_latency}) {
      CHECK(keeping->latency(kind, analysis::Phase::all) == result.latency(kind, analysis::Phase::all));
    }
    for (const Anomaly anomaly : {Anomaly::wrong_result, Anomaly::double_fire, Anomaly::window_gap,
                                  Anomaly::missing_contribution, Anomaly::sink_duplicate})
      CHECK(log.count_of(anomaly) == result.anomalies.count_of(anomaly));
  }
}

SCENARIO("auto commit goes on without the state: a crash leaves gaps, and the ledger finds them") {
  const std::string commit = R"("commit": "auto", "config": { "auto.commit.interval.ms": 500 })";
  std::uint64_t missing = 0;
  for (const Run& run : run_all(plan_of(kSmall, job(R"("session": "2s")", commit) + kCrash, {1, 2}))) {
    CHECK(run.result.books[Fate::lost] > 0);
    missing += run.result.anomalies.count_of(Anomaly::window_gap) +
               run.result.anomalies.count_of(Anomaly::missing_contribution);
  }
  CHECK(missing > 0);
}

SCENARIO("windows of the wider vocabulary repeat a run to the last hash") {
  const std::string window =
      R"("session": "300ms", "early_every": "100ms", "accumulation": "retracting", "allowed_lateness": "1s")";
  const std::string text = job(window, R"("aggregate": "distinct_sketch")") + kCrash;
  const auto first = run_single(plan_of(kSmall, text));
  const auto second = run_single(plan_of(kSmall, text));
  CHECK(first.seeds.at(0).hash == second.seeds.at(0).hash);
  CHECK(first.books.fates == second.books.fates);
}

}  // namespace wrackline::pipeline
