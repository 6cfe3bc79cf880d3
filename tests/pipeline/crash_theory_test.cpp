// V16, V25. V16: what a consumer that is killed at a random phase of its commits makes its successor repeat
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

// --- V25

constexpr int kFastRate = 2000;
constexpr int kFarMs = 10;

/// Two brokers far apart, the producer beside the first, to which leadership moves: acknowledged at once,
/// replicated after a while.
std::string far_apart(int crash_at_us) {
  const std::string crash =
      crash_at_us < 0
          ? std::string{}
          : fmt::format(
                R"j(, {{ "do": "process.crash", "target": "kafka.leader(events/0)", "at": "{}us", "for": "5s" }})j",
                crash_at_us);
  return fmt::format(
      R"j({{
        "version": 1, "duration": "6s", "warmup": "0s", "liveness_bound": "1m",
        "kafka": {{
          "brokers": 2, "zones": ["a", "b"], "network": {{ "latency": "1us", "zone_latency": "{}ms" }},
          "config": {{ "offsets.topic.replication.factor": 2, "offsets.topic.num.partitions": 1,
                       "broker.session.timeout.ms": 1000, "broker.heartbeat.interval.ms": 200,
                       "group.initial.rebalance.delay.ms": 0 }},
          "topics": {{ "events": {{ "partitions": 1, "config": {{ "replication.factor": 2, "min.insync.replicas": 1 }} }} }}
        }},
        "sources": {{ "app": {{
          "topic": "events", "rate": "{}/s", "arrivals": "constant", "keys": {{ "count": 10 }},
          "config": {{ "acks": "1", "enable.idempotence": false, "linger.ms": 0 }}
        }} }},
        "jobs": {{ "job": {{ "from": "events", "to": "store", "window": {{ "tumbling": "1s" }},
                             "config": {{ "auto.offset.reset": "earliest" }} }} }},
        "sinks": {{ "store": {{}} }},
        "faults": [{{ "do": "kafka.leader_move", "target": "events/0", "at": "2s" }}{}]
      }})j",
      kFarMs, kFastRate, crash);
}

/// How long a record stands in the leader's log before it is on its way to the follower; what is on its way,
/// the death of a process does not take back. A record is committed when it has travelled for kFarMs, and the
/// follower's next fetch, which shows that it has it, for as long again.
class Alone final : public sim::Observer {
 public:
  void appended(sim::PartitionRef, std::int64_t base, std::span<const sim::EventId> ids,
                sim::Time at) override {
    appended_.resize(static_cast<std::size_t>(base), at);  // a new leader may begin further down
    appended_.insert(appended_.end(), ids.size(), at);
  }
  void committed(sim::PartitionRef, std::int64_t base, std::span<const sim::EventId> ids,
                 sim::Time at) override {
    if (at < sim::kStart + std::chrono::seconds{4} || at > sim::kStart + std::chrono::seconds{5}) return;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      total_ms_ +=
          static_cast<double>((at - appended_.at(static_cast<std::size_t>(base) + i)).count()) / 1e6 -
          2 * kFarMs;
      ++records_;
    }
  }
  double mean_ms() const { return total_ms_ / static_cast<double>(records_); }

 private:
  std::vector<sim::Time> appended_;
  double total_ms_ = 0;
  std::uint64_t records_ = 0;
};

TEST_CASE("V25: acknowledged records that a leader's crash takes with it, acks=1: rate x replication lag") {
  Alone alone;
  scenarios::RunOptions options;
  options.prepare = [&](scenarios::World& world) { world.analyses().front()->also(alone); };
  const analysis::RunResult calm = run_single(plan_of(far_apart(-1), "", {1}), options);
  CHECK(calm.books.closes());
  // The move of the leadership has its own loss, in every run the same.
  const auto by_the_move = static_cast<double>(calm.books.lost_told(analysis::LossTold::acknowledged));

  // One fetch after the other, there and back: the phases cover one round exactly.
  constexpr int kCrashes = 100;
  constexpr int kRoundUs = 2 * kFarMs * 1000;
  double lost = -by_the_move;
  for (int phase = 0; phase < kCrashes; ++phase) {
    const analysis::RunResult result =
        run_single(plan_of(far_apart(4'500'000 + phase * kRoundUs / kCrashes), "", {1}));
    INFO(story_of(result));
    CHECK(result.books.closes());
    lost += static_cast<double>(result.books.lost_told(analysis::LossTold::acknowledged)) / kCrashes;
  }
  const double expected = kFastRate * alone.mean_ms() / 1000;
  INFO("lag " << alone.mean_ms() << " ms, lost " << lost << " a crash, expected " << expected);
  CHECK(std::fabs(lost - expected) <= 0.03 * expected);
}

}  // namespace
}  // namespace wrackline::pipeline
