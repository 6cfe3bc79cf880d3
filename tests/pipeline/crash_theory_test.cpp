// V16: what a consumer that is killed at a random phase of its commits makes its successor repeat
// (science.md 4.7), with the real auto-commit, group and restart. The phases are spread evenly over one
// period, one run each, instead of being drawn: a uniform law without its sampling error.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "scenarios/run/world.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

constexpr int kRate = 200;
constexpr int kPeriodMs = 5000;
constexpr int kPhases = 200;

/// How far a new owner starts behind what the old one had been given.
class Setback final : public sim::Observer {
 public:
  void polled(std::uint32_t, sim::PartitionRef, std::int64_t first, std::span<const sim::EventId> ids,
              sim::Time) override {
    next_ = std::max(next_, first + static_cast<std::int64_t>(ids.size()));
  }
  void assigned(std::uint32_t, sim::PartitionRef, std::int64_t position, sim::Time) override {
    if (next_ > 0) setbacks.push_back(next_ - position);
  }
  std::vector<std::int64_t> setbacks;

 private:
  std::int64_t next_ = 0;
};

TEST_CASE("V16: repeated records at a consumer crash, auto-commit every 5 s: mean r C / 2, P99 0.99 r C") {
  std::vector<double> repeated;
  for (int phase = 0; phase < kPhases; ++phase) {
    const std::string text = fmt::format(
        R"j({{
          "version": 1, "duration": "13s", "warmup": "0s", "liveness_bound": "1m",
          "kafka": {{
            "brokers": 1, "network": {{ "latency": "50us" }},
            "config": {{ "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 1,
                         "group.initial.rebalance.delay.ms": 0, "group.min.session.timeout.ms": 500 }},
            "topics": {{ "events": {{ "partitions": 1, "config": {{ "replication.factor": 1, "min.insync.replicas": 1 }} }} }}
          }},
          "sources": {{ "app": {{
            "topic": "events", "rate": "{}/s", "arrivals": "constant", "keys": {{ "count": 10 }},
            "config": {{ "acks": "1", "enable.idempotence": false, "linger.ms": 0 }}
          }} }},
          "jobs": {{ "job": {{
            "from": "events", "to": "store", "commit": "auto",
            "config": {{ "auto.offset.reset": "earliest", "auto.commit.interval.ms": {}, "session.timeout.ms": 1000,
                         "heartbeat.interval.ms": 300 }}
          }} }},
          "sinks": {{ "store": {{ "kind": "append", "latency": "100us" }} }},
          "faults": [{{ "do": "process.crash", "target": "process(job-1)", "at": "{}ms", "for": "500ms" }}]
        }})j",
        kRate, kPeriodMs, 6500 + phase * kPeriodMs / kPhases);
    Setback setback;
    scenarios::RunOptions options;
    options.prepare = [&](scenarios::World& world) { world.analyses().front()->also(setback); };
    const analysis::RunResult result = run_single(plan_of(text, "", {1}), options);
    INFO(phase << ": " << story_of(result));
    CHECK(result.books.closes());
    CHECK(result.books[analysis::Fate::lost] == 0);
    REQUIRE(setback.setbacks.size() == 1);
    // The ledger saw the same, in the log's reader and at the sink.
    CHECK(result.books.duplicated(analysis::DuplicateHop::processor) <=
          static_cast<std::uint64_t>(setback.setbacks[0]));
    repeated.push_back(static_cast<double>(setback.setbacks[0]));
  }
  std::sort(repeated.begin(), repeated.end());
  double mean = 0;
  for (const double one : repeated) mean += one / kPhases;
  const double p99 = repeated[static_cast<std::size_t>(std::ceil(0.99 * kPhases)) - 1];
  constexpr double kWhole = kRate * kPeriodMs / 1000.0;
  INFO("mean " << mean << " of " << kWhole / 2 << ", P99 " << p99 << " of " << 0.99 * kWhole);
  CHECK(std::fabs(mean - kWhole / 2) <= 0.02 * kWhole / 2);
  CHECK(std::fabs(p99 - 0.99 * kWhole) <= 0.01 * 0.99 * kWhole);
}

}  // namespace
}  // namespace wrackline::pipeline
