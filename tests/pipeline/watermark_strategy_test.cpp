// The strategies of the catalogue through the whole pipeline: nominal rates, troubles, alignment,
// propagation.
#include <fmt/format.h>

#include <string>

#include "engine/event_time/strategy/catalogue.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

namespace strategy = event_time::strategy;

double late_share(const analysis::RunResult& result) {
  return static_cast<double>(result.books[analysis::Fate::late_dropped]) /
         static_cast<double>(result.books.produced);
}

/// Independent exponential delays into one partition; a record behind the watermark is one that a window of a
/// millisecond drops.
double behind(const std::string& watermark) {
  const std::string text = fmt::format(
      R"j({{
        "version": 1, "duration": "200s", "warmup": "0s", "liveness_bound": "10m",
        "kafka": {{
          "brokers": 1, "network": {{ "latency": "1us" }},
          "config": {{ "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 1,
                       "group.initial.rebalance.delay.ms": 0, "group.max.session.timeout.ms": 1800000 }},
          "topics": {{ "events": {{ "partitions": 1, "config": {{ "replication.factor": 1, "min.insync.replicas": 1 }} }} }}
        }},
        "sources": {{ "app": {{
          "topic": "events", "rate": "100/s", "arrivals": "poisson", "keys": {{ "count": 1000 }},
          "delay": {{ "exponential": "200ms" }},
          "config": {{ "acks": "1", "enable.idempotence": false, "linger.ms": 0 }}
        }} }},
        "jobs": {{ "job": {{
          "from": "events", "to": "store", "watermark": {},
          "window": {{ "tumbling": "1ms" }}, "commit": "on_close", "cost_per_record": "0s", "cost_per_poll": "0s",
          "config": {{ "auto.offset.reset": "earliest", "fetch.max.wait.ms": 20000, "session.timeout.ms": 600000,
                       "heartbeat.interval.ms": 100000 }}
        }} }},
        "sinks": {{ "store": {{ "kind": "append", "latency": "0s" }} }}
      }})j",
      watermark);
  const analysis::RunResult result = run_single(plan_of(text, "", {1}));
  CHECK(result.books.closes());
  return late_share(result);
}

std::string over_small(const std::string& watermark, const std::string& more = "") {
  return fmt::format(R"("duration": "8s", "jobs": {{ "job": {{ "watermark": {} }} }}{})", watermark, more);
}

}  // namespace

TEST_CASE("W9, W11, W12, W13: what they promise on independent delays holds behind a log, too") {
  CHECK(behind(R"({ "sliding_quantile": 0.99, "interval": "0s" })") == Approx(0.01).margin(0.003));
  CHECK(behind(R"({ "sliding_quantile": { "p": 0.95, "n": 500 }, "interval": "0s" })") ==
        Approx(0.05).margin(0.006));
  CHECK(behind(R"({ "sketch_quantile": 0.99, "interval": "0s" })") == Approx(0.01).margin(0.003));
  CHECK(behind(R"({ "stochastic_quantile": 0.99, "interval": "0s" })") == Approx(0.01).margin(0.003));
  CHECK(behind(R"({ "k_slack": {}, "interval": "0s" })") < 0.001);
}

TEST_CASE("every strategy survives a crash of the instance that learned it") {
  const std::string crash =
      R"j(, "faults": [{ "at": "4s", "do": "process.crash", "target": "process(job-1)", "for": "1s" }])j";
  for (const strategy::StrategyType* type : strategy::catalogue()) {
    if (type->make == nullptr) continue;
    CAPTURE(type->name);
    const std::string watermark = type->name == "bounded"
                                      ? R"({ "bounded": "1s" })"
                                      : fmt::format(R"({{ "bounded": null, "{}": {{}} }})", type->name);
    const scenarios::Plan plan = plan_of(kSmall, over_small(watermark, crash));
    const analysis::RunResult result = run_single(plan);
    CAPTURE(story_of(result));
    CHECK(result.books.closes());
    CHECK(result.broken_promises == 0);
    CHECK(result.anomalies.count_of(analysis::Anomaly::watermark_regression) == 0);
    CHECK(result.books[analysis::Fate::pending] == 0);
  }
}

TEST_CASE("alignment: the partitions that are ahead wait in the log, not in the windows") {
  // One source is four seconds behind: without alignment the others' windows stay open for so long.
  const auto run = [](const std::string& watermark) {
    return run_single(plan_of(kSmall, fmt::format(R"("duration": "8s",
      "kafka": {{ "topics": {{ "slow": {{ "partitions": 2, "config": {{ "replication.factor": 3 }} }} }} }},
      "sources": {{ "old": {{ "topic": "slow", "rate": "100/s", "clock": {{ "offset": "-4s" }} }} }},
      "jobs": {{ "job": {{ "from": ["events", "slow"], "watermark": {} }} }})",
                                                  watermark)));
  };
  const std::string aligns = R"("max_drift": "1s", "align_interval": "200ms")";
  const analysis::RunResult loose = run(R"({ "bounded": "100ms" })");
  const analysis::RunResult aligned = run(R"({ "bounded": "100ms", "idle_timeout": "1s", )" + aligns + "}");
  CHECK(loose.books.closes());
  CHECK(aligned.books.closes());
  CHECK(aligned.books[analysis::Fate::pending] == 0);
  CHECK(aligned.books[analysis::Fate::lost] == 0);
  // Without idleness the slow source's end stops the others for ever, as it would in Flink.
  CHECK(run(R"({ "bounded": "100ms", )" + aligns + "}").books[analysis::Fate::pending] > 0);
  const auto lag = [](const analysis::RunResult& result) {
    return result.latency(analysis::Latency::consumer_lag, analysis::Phase::all)
        .seen.quantile({9000})
        .value_or(0);
  };
  CHECK(lag(aligned) > lag(loose));
}

TEST_CASE("a partition that stands still: a watermark for each waits for it, one behind a merge does not") {
  // One of two sources holds its records back for four seconds, and has a partition of its own.
  const auto late = [](const std::string& scope) {
    const analysis::RunResult result = run_single(plan_of(kSmall, fmt::format(R"("duration": "14s",
      "kafka": {{ "topics": {{ "one": {{ "partitions": 1, "config": {{ "replication.factor": 3 }} }} }} }},
      "sources": {{ "other": {{ "topic": "one", "rate": "100/s" }} }},
      "jobs": {{ "job": {{ "from": ["events", "one"], "parallelism": 1,
                           "watermark": {{ "bounded": "1s", "scope": "{}" }} }} }},
      "faults": [{{ "at": "4s", "do": "source.stall_replay", "target": "other", "for": "4s" }}])",
                                                                              scope)));
    CHECK(result.books.closes());
    return late_share(result);
  };
  CHECK(late("partition") == 0);
  CHECK(late("task") > 0.02);
}

TEST_CASE("out of band: every instance goes by the minimum over all, a poll later") {
  const analysis::RunResult own = run_single(plan_of(kSmall, over_small(R"({ "bounded": "0s" })")));
  const analysis::RunResult polled =
      run_single(plan_of(kSmall, over_small(R"({ "bounded": "0s", "out_of_band": "1s" })")));
  CHECK(polled.books.closes());
  CHECK(polled.books[analysis::Fate::pending] == 0);
  CHECK(polled.books[analysis::Fate::late_dropped] <= own.books[analysis::Fate::late_dropped]);
  const auto lag = [](const analysis::RunResult& result) {
    return result.latency(analysis::Latency::watermark_lag, analysis::Phase::all)
        .seen.quantile(analysis::kP50)
        .value_or(0);
  };
  CHECK(lag(polled) > lag(own));
}

}  // namespace wrackline::pipeline
