// More closed forms of science.md 4.10 on the whole pipeline: Little's law (V01), retries (V15), the last of
// twelve (V22). As in theory_test.cpp, everything that a formula does not know of is made negligible.
#include <fmt/format.h>

#include <cmath>

#include "engine/kafka/wire.hpp"
#include "scenarios/run/world.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

/// One broker; `sources`, `job` and `sink` as JSON members.
std::string one_broker(const std::string& duration, int partitions, const std::string& sources,
                       const std::string& job) {
  return fmt::format(
      R"j({{
        "version": 1, "duration": "{}", "warmup": "0s", "liveness_bound": "10m",
        "kafka": {{
          "brokers": 1, "network": {{ "latency": "1us" }},
          "config": {{ "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 1,
                       "group.initial.rebalance.delay.ms": 0, "group.max.session.timeout.ms": 1800000,
                       "broker.heartbeat.interval.ms": 60000, "broker.session.timeout.ms": 300000 }},
          "topics": {{ "events": {{ "partitions": {},
                                    "config": {{ "replication.factor": 1, "min.insync.replicas": 1 }} }} }}
        }},
        "sources": {{ {} }},
        "jobs": {{ "job": {{
          "from": "events", "to": "store", "commit": "on_close",
          "config": {{ "auto.offset.reset": "earliest", "session.timeout.ms": 600000, "heartbeat.interval.ms": 100000 }}{}
        }} }},
        "sinks": {{ "store": {{ "kind": "append", "latency": "0s" }} }}
      }})j",
      duration, partitions, sources, job);
}

void compare(const char* what, double measured, double expected, double tolerance) {
  INFO(what << ": measured " << measured << ", expected " << expected << ", tolerance " << tolerance);
  CHECK(std::fabs(measured - expected) <= tolerance);
}

// --- V01

/// Counts who is inside, from a record's true creation to its first visibility, without looking at any
/// latency.
class Occupancy final : public sim::Observer {
 public:
  using sim::Observer::created;
  using sim::Observer::visible;
  void created(std::span<const sim::CreatedRecord> made) override {
    // A source tells of records ahead of their time: they count from their creation on.
    for (const sim::CreatedRecord& record : made) integral_ -= sim::to_ns(record.created);
  }
  void visible(const sim::VisibleResult& result, sim::Time at) override {
    for (const sim::EventId id : result.contributions) {
      const auto index = static_cast<std::size_t>(id.ordinal());
      if (seen_.size() <= index) seen_.resize(index + 1);
      if (seen_[index]) continue;
      seen_[index] = true;
      integral_ += sim::to_ns(at);
      ++left_;
    }
  }
  /// Of the number inside over time, in record-nanoseconds: exact, because everybody left.
  __int128 integral() const { return integral_; }
  std::uint64_t left() const { return left_; }

 private:
  __int128 integral_ = 0;
  std::uint64_t left_ = 0;
  std::vector<bool> seen_;
};

TEST_CASE(
    "V01: Little's law holds to the nanosecond between the ledger's latencies and an independent count") {
  Occupancy inside;
  scenarios::RunOptions options;
  options.prepare = [&](scenarios::World& world) { world.analyses().front()->also(inside); };
  const analysis::RunResult result =
      run_single(plan_of(one_broker("100s", 3,
                                    R"("app": { "topic": "events", "rate": "1k/s", "arrivals": "poisson",
                                               "keys": { "count": 10 }, "delay": { "exponential": "100ms" } })",
                                    ""),
                         "", {1}),
                 options);
  const auto& latency = result.latency(analysis::Latency::end_to_end, analysis::Phase::all);
  REQUIRE(latency.missing == 0);
  REQUIRE(latency.seen.count() == inside.left());
  REQUIRE(inside.left() == static_cast<std::uint64_t>(result.books.produced));
  // L = lambda W, both sides times the length of the run.
  CHECK(static_cast<std::int64_t>(inside.integral() / static_cast<__int128>(inside.left())) ==
        latency.seen.mean());
}

// --- V15

/// Loses produce requests and their answers, each with its own probability, by breaking the connection.
class Losing final : public sim::LinkRule {
 public:
  Losing(double request, double answer) : request_{request}, answer_{answer} {}
  sim::Verdict decide(const sim::Packet& packet) override {
    if (packet.control || packet.kind != kafka::kind_of(kafka::Api::produce)) return sim::Verdict::pass();
    return draws_.unit() < (packet.to_server ? request_ : answer_) ? sim::Verdict::reset()
                                                                   : sim::Verdict::pass();
  }

 private:
  double request_;
  double answer_;
  sim::Stream draws_{1, "V15", "losses"};
};

/// What the log got and what the application was told, by record.
class Copies final : public sim::Observer {
 public:
  using sim::Observer::appended;
  using sim::Observer::told;
  void appended(sim::PartitionRef, std::int64_t, std::span<const sim::EventId> ids, sim::Time) override {
    for (const sim::EventId id : ids) ++of(id);
  }
  void told(sim::Told answer, std::span<const sim::EventId> ids, sim::Time) override {
    if (answer != sim::Told::acknowledged) not_acknowledged += ids.size();
  }
  std::vector<std::uint8_t> stored;
  std::uint64_t not_acknowledged = 0;

 private:
  std::uint8_t& of(sim::EventId id) {
    const std::size_t index =
        (static_cast<std::size_t>(id.source()) << 20) + static_cast<std::size_t>(id.ordinal());
    if (stored.size() <= index) stored.resize(index + 1);
    return stored[index];
  }
};

TEST_CASE("V15: retries without idempotence: copies, losses, failures") {
  // Far apart, so that every record is a request of its own: the formula's attempts are independent.
  const std::string text =
      one_broker("250000s", 4,
                 R"("app": { "topic": "events", "rate": "4/s", "producers": 4, "arrivals": "constant",
                                                 "keys": { "count": 1000 },
                                                 "config": { "acks": "1", "enable.idempotence": false, "linger.ms": 0,
                                                             "retries": 2, "retry.backoff.ms": 0, "retry.backoff.max.ms": 0,
                                                             "reconnect.backoff.ms": 0, "reconnect.backoff.max.ms": 0,
                                                             "max.in.flight.requests.per.connection": 1 } })",
                 "");
  Copies copies;
  sim::RuleHandle losing;
  scenarios::RunOptions options;
  options.prepare = [&](scenarios::World& world) {
    world.analyses().front()->also(copies);
    losing = world.network().add_rule(std::make_unique<Losing>(0.2, 0.1));
  };
  const analysis::RunResult result = run_single(plan_of(text, "", {1}), options);
  CHECK(result.books.closes());
  const auto n = static_cast<double>(result.books.produced);
  REQUIRE(n >= 990'000);
  double stored = 0;
  double at_least_once = 0;
  for (const std::uint8_t times : copies.stored) {
    stored += times;
    at_least_once += times > 0 ? 1 : 0;
  }
  compare("copies", stored / n, 1.08672, 0.001 * 1.08672);
  compare("never stored", 1 - at_least_once / n, 0.008, 0.05 * 0.008);
  compare("not acknowledged", static_cast<double>(copies.not_acknowledged) / n, 0.021952, 0.03 * 0.021952);
}

// --- V22

/// For each instant at which twelve records were created: when the last of them reached the log.
class Last final : public sim::Observer {
 public:
  using sim::Observer::appended;
  using sim::Observer::created;
  void created(std::span<const sim::CreatedRecord> made) override {
    for (const sim::CreatedRecord& record : made) {
      const auto round = static_cast<std::size_t>(record.id.ordinal());
      if (rounds.size() <= round) rounds.resize(round + 1);
      rounds[round].began = record.created;
      ++rounds[round].made;
    }
  }
  void appended(sim::PartitionRef, std::int64_t, std::span<const sim::EventId> ids, sim::Time at) override {
    for (const sim::EventId id : ids) {
      Round& round = rounds.at(static_cast<std::size_t>(id.ordinal()));
      round.last = std::max(round.last, at);
    }
  }
  struct Round {
    sim::Time began{};
    sim::Time last{};
    int made = 0;
  };
  std::vector<Round> rounds;
};

TEST_CASE("V22: the last of twelve exponential delays") {
  std::string sources;
  for (int i = 0; i < 12; ++i) {
    sources += fmt::format(
        R"({}"s{}": {{ "topic": "events", "rate": "1/s", "arrivals": "constant", "keys": {{ "count": 1 }},
                              "delay": {{ "exponential": "1s" }},
                              "config": {{ "acks": "1", "enable.idempotence": false, "linger.ms": 0 }} }})",
        i == 0 ? "" : ", ", i);
  }
  Last last;
  scenarios::RunOptions options;
  options.prepare = [&](scenarios::World& world) { world.analyses().front()->also(last); };
  const analysis::RunResult result =
      run_single(plan_of(one_broker("20000s", 12, sources, ""), "", {1}), options);
  CHECK(result.books.closes());
  double sum = 0;
  double rounds = 0;
  for (const Last::Round& round : last.rounds) {
    if (round.made != 12) continue;
    sum += static_cast<double>((round.last - round.began).count()) / 1e9;
    rounds += 1;
  }
  REQUIRE(rounds >= 19'900);
  compare("V22", sum / rounds, 3.1032, 0.01 * 3.1032);
}

}  // namespace
}  // namespace wrackline::pipeline
