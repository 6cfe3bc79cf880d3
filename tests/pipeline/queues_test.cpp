// V02-V05, V18 on the whole pipeline: a consumer is the one server of a queue that the log holds, a broker's
// cores are the four servers of another (science.md 4.1, 4.8). One unit of the formulas is 100 ms; everything
// else takes microseconds.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scenarios/run/world.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

constexpr double kUnitNs = 100e6;

struct Queue {
  std::string rate;
  std::string arrivals = "poisson";
  std::string duration;
  int producers = 1;
  std::string record_cost = R"("0s")";  ///< of the consumer
  std::string batch_cost = R"("0s")";   ///< of the broker
  int cores = 8;                        ///< of the broker
  std::string faults = "";
};

std::string text_of(const Queue& queue) {
  return fmt::format(
      R"j({{
        "version": 1, "duration": "{}", "warmup": "0s", "liveness_bound": "10m",
        "kafka": {{
          "brokers": 1, "cores": {}, "network": {{ "latency": "1us" }},
          "costs": {{ "request": "0s", "batch": {}, "kibibyte": "0s" }},
          "config": {{ "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 1,
                       "group.initial.rebalance.delay.ms": 0, "group.max.session.timeout.ms": 1800000,
                       "broker.heartbeat.interval.ms": 60000, "broker.session.timeout.ms": 300000 }},
          "topics": {{ "events": {{ "partitions": 1, "config": {{ "replication.factor": 1, "min.insync.replicas": 1 }} }} }}
        }},
        "sources": {{ "app": {{
          "topic": "events", "rate": "{}", "arrivals": "{}", "producers": {}, "keys": {{ "count": 10 }},
          "config": {{ "acks": "1", "enable.idempotence": false, "linger.ms": 0 }}
        }} }},
        "jobs": {{ "job": {{
          "from": "events", "to": "store", "window": {{ "tumbling": "1h" }}, "commit": "on_close",
          "cost_per_record": {}, "cost_per_poll": "0s",
          "config": {{ "auto.offset.reset": "earliest", "max.poll.records": 1, "max.poll.interval.ms": 86400000,
                       "session.timeout.ms": 600000, "heartbeat.interval.ms": 100000 }}
        }} }},
        "sinks": {{ "store": {{ "kind": "append", "latency": "0s" }} }},
        "faults": [{}]
      }})j",
      queue.duration, queue.cores, queue.batch_cost, queue.rate, queue.arrivals, queue.producers,
      queue.record_cost, queue.faults);
}

/// When each record joined the queue and when it left the server.
class Stay final : public sim::Observer {
 public:
  using sim::Observer::appended;
  using sim::Observer::created;
  using sim::Observer::processed;
  struct Record {
    sim::Time arrived{};
    sim::Time appended{};
    sim::Time processed{};
  };
  void created(std::span<const sim::CreatedRecord> made) override {
    for (const sim::CreatedRecord& record : made)
      of(record.id).arrived = std::max(record.arrives, record.created);
  }
  void appended(sim::PartitionRef, std::int64_t, std::span<const sim::EventId> ids, sim::Time at) override {
    for (const sim::EventId id : ids) of(id).appended = at;
  }
  void processed(std::uint32_t, std::span<const sim::EventId> ids, sim::Time at) override {
    for (const sim::EventId id : ids) of(id).processed = at;
  }
  /// By arrival.
  std::vector<Record> records() const {
    std::vector<Record> all;
    for (const auto& source : sources_) all.insert(all.end(), source.begin(), source.end());
    std::stable_sort(all.begin(), all.end(),
                     [](const Record& a, const Record& b) { return a.arrived < b.arrived; });
    return all;
  }

 private:
  Record& of(sim::EventId id) {
    if (sources_.size() <= id.source()) sources_.resize(id.source() + 1U);
    auto& source = sources_[id.source()];
    if (source.size() <= id.ordinal()) source.resize(id.ordinal() + 1);
    return source[id.ordinal()];
  }
  std::vector<std::vector<Record>> sources_;
};

std::vector<Stay::Record> run_queue(const Queue& queue) {
  Stay stay;
  scenarios::RunOptions options;
  options.prepare = [&](scenarios::World& world) { world.analyses().front()->also(stay); };
  const analysis::RunResult result = run_single(plan_of(text_of(queue), "", {1}), options);
  INFO(story_of(result));
  CHECK(result.books.closes());
  return stay.records();
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}
double quantile(std::vector<double> values, double p) {
  const auto at = static_cast<std::ptrdiff_t>(p * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

/// At the consumer: from the log to processed, in units.
std::vector<double> stays_at_consumer(const Queue& queue) {
  std::vector<double> units;
  for (const Stay::Record& record : run_queue(queue))
    units.push_back(static_cast<double>((record.processed - record.appended).count()) / kUnitNs);
  return units;
}

TEST_CASE("V02: a consumer as M/M/1, rho 0.8: from the log to processed") {
  const auto stays = stays_at_consumer(
      {.rate = "8/s", .duration = "125000s", .record_cost = R"({ "exponential": "100ms" })"});
  REQUIRE(stays.size() >= 990'000);
  CHECK(mean(stays) == Approx(5).epsilon(0.03));
  CHECK(quantile(stays, 0.50) == Approx(3.466).epsilon(0.03));
  CHECK(quantile(stays, 0.95) == Approx(14.979).epsilon(0.04));
  CHECK(quantile(stays, 0.99) == Approx(23.026).epsilon(0.06));
}

TEST_CASE("V03: a consumer as M/D/1, rho 0.8: the wait in the log") {
  auto waits = stays_at_consumer({.rate = "8/s", .duration = "125000s", .record_cost = R"("100ms")"});
  REQUIRE(waits.size() >= 990'000);
  for (double& wait : waits) wait -= 1;
  CHECK(mean(waits) == Approx(2).epsilon(0.02));
  CHECK(quantile(waits, 0.95) == Approx(6.620).epsilon(0.03));
}

TEST_CASE("V04: a consumer as M/G/1, lognormal service, rho 0.7: the mean wait in the log") {
  // Mean 1 unit: the median is exp(-1/2).
  const auto stays =
      stays_at_consumer({.rate = "7/s",
                         .duration = "143000s",
                         .record_cost = R"({ "lognormal": { "median": "60653066ns", "sigma": 1 } })"});
  REQUIRE(stays.size() >= 990'000);
  CHECK(mean(stays) - 1 == Approx(3.1713).epsilon(0.05));
}

TEST_CASE("V05: a broker's four cores as M/M/4, offered load 3.2 (Erlang C)") {
  // Many producers: one that has a request under way is seldom the next to send, and the broker reads a
  // connection's requests one by one.
  const auto records = run_queue({.rate = "32/s",
                                  .duration = "18750s",
                                  .producers = 2000,
                                  .batch_cost = R"({ "exponential": "100ms" })",
                                  .cores = 4});
  REQUIRE(records.size() >= 590'000);
  // The service times are the broker's draws in order of arrival.
  sim::Stream draws{1, "broker-1", "cpu"};
  const auto law = sim::Distribution::exponential(kUnitNs);
  std::vector<double> waits;
  double waited = 0;
  for (const Stay::Record& record : records) {
    const double service = static_cast<double>(law.sample_duration(draws).count());
    const double wait = (static_cast<double>((record.appended - record.arrived).count()) - service) / kUnitNs;
    waits.push_back(wait);
    waited += wait > 1e-3 ? 1 : 0;
  }
  CHECK(waited / static_cast<double>(waits.size()) == Approx(0.5964).epsilon(0.01));
  CHECK(mean(waits) == Approx(0.7455).epsilon(0.02));
  CHECK(quantile(waits, 0.99) == Approx(5.111).epsilon(0.04));
}

TEST_CASE("V18: a consumer at half load that is paused 3 s in every minute") {
  std::string faults;
  for (int minute = 0; minute < 100; ++minute) {
    faults += fmt::format(
        R"({}{{ "id": "pause-{}", "at": "{}s", "do": "process.pause", "target": "job-1", "for": "3s" }})",
        minute == 0 ? "" : ", ", minute, minute * 60 + 31);
  }
  const auto records = run_queue({.rate = "100/s",
                                  .arrivals = "constant",
                                  .duration = "6000s",
                                  .record_cost = R"("5ms")",
                                  .faults = faults});
  REQUIRE(records.size() >= 599'000);
  std::vector<double> seconds;
  for (const Stay::Record& record : records)
    seconds.push_back(static_cast<double>((record.processed - record.appended).count()) / 1e9);
  CHECK(mean(seconds) - 0.005 == Approx(0.150).epsilon(0.03));
  CHECK(quantile(seconds, 0.95) == Approx(1.5).epsilon(0.01));
  CHECK(quantile(seconds, 0.99) == Approx(2.7).epsilon(0.01));
}

}  // namespace
}  // namespace wrackline::pipeline
