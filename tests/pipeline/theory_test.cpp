// Figure 6: the closed forms of science.md 4.10, measured on the whole pipeline: source, producer, network,
// log, consumer, windows, sink, ledger. The formulas know one delay and no pipeline, so everything else is
// made negligible against their unit of time (seconds): one broker, a network of a microsecond, no linger,
// free processors, and watermarks after every record.
//
// What a formula calls "behind the watermark" is what a window of one millisecond drops.
#include <fmt/format.h>

#include <cmath>

#include "scenarios/run/world.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"
#include "tests/theory/closed_forms.hpp"

namespace wrackline::pipeline {
namespace {

using theory::exponential_delay;

/// One unit of the formulas in ms.
struct Setting {
  double rate = 1;  ///< records per unit
  std::int64_t unit_ms = 1000;
  std::int64_t bound_ms = 0;
  std::int64_t period_ms = 0;  ///< of the watermark; 0: after every record
  std::int64_t window_ms = 1;
  int partitions = 1;
  std::int64_t records = 200'000;
  int keys = 20'000;
  std::string delay = {};  ///< a law of the scenario; empty: exponential, mean one unit
};

analysis::RunResult measure(const Setting& setting) {
  const double per_second = setting.rate * 1000 / static_cast<double>(setting.unit_ms);
  const auto seconds = static_cast<std::int64_t>(static_cast<double>(setting.records) / per_second);
  const std::string text = fmt::format(
      R"j({{
        "version": 1, "duration": "{}s", "warmup": "0s", "liveness_bound": "10m",
        "kafka": {{
          "brokers": 1, "network": {{ "latency": "1us" }},
          "config": {{ "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 1,
                       "group.initial.rebalance.delay.ms": 0, "group.max.session.timeout.ms": 1800000,
                       "broker.heartbeat.interval.ms": 60000, "broker.session.timeout.ms": 300000 }},
          "topics": {{ "events": {{ "partitions": {}, "config": {{ "replication.factor": 1, "min.insync.replicas": 1 }} }} }}
        }},
        "sources": {{ "app": {{
          "topic": "events", "rate": "{}/s", "arrivals": "poisson", "keys": {{ "count": {} }},
          "delay": {},
          "config": {{ "acks": "1", "enable.idempotence": false, "linger.ms": 0 }}
        }} }},
        "jobs": {{ "job": {{
          "from": "events", "to": "store", "watermark": {{ "bounded": "{}ms", "interval": "{}ms" }},
          "window": {{ "tumbling": "{}ms" }}, "commit": "on_close", "cost_per_record": "0s", "cost_per_poll": "0s",
          "config": {{ "auto.offset.reset": "earliest", "fetch.max.wait.ms": 20000, "session.timeout.ms": 600000,
                       "heartbeat.interval.ms": 100000 }}
        }} }},
        "sinks": {{ "store": {{ "kind": "append", "latency": "0s" }} }}
      }})j",
      seconds, setting.partitions, per_second, setting.keys,
      setting.delay.empty() ? fmt::format(R"({{ "exponential": "{}ms" }})", setting.unit_ms) : setting.delay,
      setting.bound_ms, setting.period_ms, setting.window_ms);
  analysis::RunResult result = run_single(plan_of(text, "", {1}));
  CHECK(result.books.closes());
  CHECK(result.verdict.outcome == analysis::Outcome::pass);
  return result;
}

double share_of_late(const analysis::RunResult& result) {
  return static_cast<double>(result.books[analysis::Fate::late_dropped]) /
         static_cast<double>(result.books.produced);
}

void compare(const char* what, double measured, double expected, double tolerance) {
  INFO(what << ": measured " << measured << ", expected " << expected << ", tolerance " << tolerance);
  CHECK(std::fabs(measured - expected) <= tolerance);
}

TEST_CASE("V06, V12: rate x mean delay = 1, no bound: behind rate 3 - e, mean lag of the watermark e - 1") {
  const analysis::RunResult result = measure({.rate = 1, .unit_ms = 200});
  compare("V06", share_of_late(result), 3 - std::exp(1.0), 0.005);
  const auto& lag = result.latency(analysis::Latency::watermark_lag, analysis::Phase::all).seen;
  compare("V12", static_cast<double>(lag.mean()) / 200e6, std::exp(1.0) - 1, 0.02 * (std::exp(1.0) - 1));
}

void check_v07(std::int64_t bound) {
  constexpr std::int64_t kRecords = 100'000;
  const double expected = theory::p_behind(exponential_delay(1), 10, static_cast<double>(bound));
  compare("V07", share_of_late(measure({.rate = 10, .bound_ms = 1000 * bound, .records = kRecords})),
          expected, theory::rate_tolerance(expected, kRecords));
}
TEST_CASE("V07: behind rate against the bound: 0.6667 exp(-B), B = 0, 1") {
  check_v07(0);
  check_v07(1);
}
TEST_CASE("V07: behind rate against the bound: 0.6667 exp(-B), B = 2, 3") {
  check_v07(2);
  check_v07(3);
}

TEST_CASE("V08: dropped from a tumbling window of 5 mean delays") {
  const double expected = theory::p_dropped(exponential_delay(1), 10, 0, 5, 0);
  compare("V08", share_of_late(measure({.rate = 10, .window_ms = 5000})), expected, 0.03 * expected);
}

TEST_CASE("V09: periodic emission every half mean delay") {
  const double expected = theory::p_behind_periodic(exponential_delay(1), 10, 1, 0.5);
  compare("V09", share_of_late(measure({.rate = 10, .bound_ms = 1000, .period_ms = 500})), expected,
          0.02 * expected);
}

void check_v10(int partitions, double tolerance) {
  const double expected = theory::p_behind(exponential_delay(1), 10, 1, partitions);
  compare("V10", share_of_late(measure({.rate = 10, .bound_ms = 1000, .partitions = partitions})), expected,
          tolerance * expected);
}
TEST_CASE("V10: min-combine over 2 partitions") { check_v10(2, 0.03); }
TEST_CASE("V10: min-combine over 4 partitions") { check_v10(4, 0.04); }
TEST_CASE("V10: min-combine over 8 partitions") { check_v10(8, 0.08); }

TEST_CASE("V11: lognormal delays, rate 10, bound 3") {
  compare("V11",
          share_of_late(measure(
              {.rate = 10, .bound_ms = 3000, .delay = R"({ "lognormal": { "median": "1s", "sigma": 1 } })"})),
          0.10048, 0.03 * 0.10048);
}

TEST_CASE("V13: from the end of a window to its result: bound + the watermark's lag") {
  // One key: a window is one result. 6000 windows.
  const analysis::RunResult result =
      measure({.rate = 10, .bound_ms = 2000, .window_ms = 5000, .records = 300'000, .keys = 1});
  const auto& delay = result.latency(analysis::Latency::result_latency, analysis::Phase::all).seen;
  REQUIRE(delay.count() >= 5990);
  compare("V13 mean", static_cast<double>(delay.mean()) / 1e9, 2.4333, 0.01 * 2.4333);
  compare("V13 P50", static_cast<double>(*delay.quantile(analysis::kP50)) / 1e9, 2.3969, 0.01 * 2.3969);
}

/// From the arrival of a record at its producer to the leader's append of its batch.
class Waits final : public sim::Observer {
 public:
  void created(std::span<const sim::CreatedRecord> made) override {
    for (const sim::CreatedRecord& record : made)
      arrived_.push_back(std::max(record.arrives, record.created));
  }
  void appended(sim::PartitionRef, std::int64_t, std::span<const sim::EventId> ids, sim::Time at) override {
    ++batches;
    for (const sim::EventId id : ids) {
      const sim::Time arrived = arrived_.at(static_cast<std::size_t>(id.ordinal()));
      waited_ns += static_cast<double>((at - arrived).count());
      ++records;
    }
  }
  double mean_ms() const { return waited_ns / static_cast<double>(records) / 1e6; }
  double per_batch() const { return static_cast<double>(records) / static_cast<double>(batches); }
  double waited_ns = 0;
  std::uint64_t records = 0;
  std::uint64_t batches = 0;

 private:
  std::vector<sim::Time> arrived_;
};

Waits wait_with(int linger_ms) {
  // One producer, one partition: arrivals of 1 per ms. 4e5 records.
  const std::string text = fmt::format(
      R"j({{
        "version": 1, "duration": "400s", "warmup": "0s", "liveness_bound": "1m",
        "kafka": {{
          "brokers": 1, "network": {{ "latency": "1us" }},
          "config": {{ "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 1 }},
          "topics": {{ "events": {{ "partitions": 1, "config": {{ "replication.factor": 1, "min.insync.replicas": 1 }} }} }}
        }},
        "sources": {{ "app": {{
          "topic": "events", "rate": "1k/s", "arrivals": "poisson", "keys": {{ "count": 10 }},
          "config": {{ "acks": "1", "enable.idempotence": false, "linger.ms": {} }}
        }} }},
        "jobs": {{ "job": {{ "from": "events", "to": "store", "window": {{ "tumbling": "10s" }},
                             "config": {{ "auto.offset.reset": "earliest" }} }} }},
        "sinks": {{ "store": {{}} }}
      }})j",
      linger_ms);
  Waits waits;
  scenarios::RunOptions options;
  options.prepare = [&](scenarios::World& world) { world.analyses().front()->also(waits); };
  CHECK(run_single(plan_of(text, "", {1}), options).books.closes());
  return waits;
}

TEST_CASE("V14: linger: mean wait and batch size") {
  const Waits lingering = wait_with(5);
  const Waits at_once = wait_with(0);
  INFO("without linger: " << at_once.mean_ms() << " ms, " << at_once.per_batch() << " records a batch");
  // The way to the leader and through it is the same for both.
  compare("V14 wait", lingering.mean_ms() - at_once.mean_ms(), 2.9167, 0.01 * 2.9167);
  compare("V14 batch", lingering.per_batch(), 6, 0.01 * 6);
}

}  // namespace
}  // namespace wrackline::pipeline
