// The simulation against a real cluster: three Kafka 4.1.2 brokers and a controller whose leader, follower or
// consumer was killed (SIGKILL) or frozen (SIGSTOP), many trials a cell. What was measured there stands here
// as numbers: least, median, most. The machine was overloaded: differences under 300 ms mean nothing, and
// what depends on how far the followers were behind (acknowledged and lost under acks=1) or on what was in
// flight is larger there.
//
// The table that a person reads is docs/real-clusters.md.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "scenarios/run/world.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/golden.hpp"

namespace wrackline::pipeline {
namespace {

using analysis::Anomaly;
using analysis::DuplicateHop;
using analysis::LossTold;

const std::string kCluster = R"({
  "version": 1, "duration": "30s", "warmup": "1s", "liveness_bound": "3m",
  "kafka": {
    "version": "4.1", "brokers": 3,
    "network": { "latency": { "lognormal": { "median": "100us", "sigma": 1.3 } } },
    "config": { "broker.session.timeout.ms": 9000, "broker.heartbeat.interval.ms": 2000,
      "group.initial.rebalance.delay.ms": 1000, "offsets.topic.num.partitions": 12 },
    "topics": { "events": { "partitions": 1, "config": { "replication.factor": 3, "min.insync.replicas": 2 } } }
  },
  "sources": { "app": { "topic": "events", "producers": 1, "arrivals": "constant", "keys": { "count": 1000 }, "record_size": "100B" } },
  "jobs": { "job": { "from": "events", "to": "store", "commit": "auto",
    "config": { "auto.offset.reset": "earliest", "session.timeout.ms": 6000, "heartbeat.interval.ms": 2000 } } },
  "sinks": { "store": {} }
})";

/// What was seen in many trials, ascending.
using Trials = std::vector<double>;

struct Seen {
  double least = 0;
  double median = 0;
  double most = 0;
};

Seen summary(Trials trials) {
  std::sort(trials.begin(), trials.end());
  return {trials.front(), trials[(trials.size() - 1) / 2], trials.back()};
}

double ms(sim::Time at) { return static_cast<double>(sim::to_ns(at)) / 1e6; }

/// The longest silence that ends after the failure.
struct Gap {
  double last = 0;
  double longest = 0;
  void heard(double now, double failure) {
    if (now > failure) longest = std::max(longest, now - last);
    last = now;
  }
};

std::string at_time(std::string top, double failure_ms) {
  const std::size_t place = top.find("AT");
  return top.replace(place, 2, fmt::format("{:.0f}", failure_ms));
}

/// Each trial has the failure at another moment: `top` calls it AT.
std::map<std::string, Trials> trials(const std::string& top, int count, double from_ms) {
  std::map<std::string, Trials> seen;
  for (int trial = 1; trial <= count; ++trial) {
    const double failure = from_ms + (trial * 377) % 2000;
    const auto plan = plan_of(kCluster, at_time(top, failure), {static_cast<std::uint64_t>(trial)});
    Gap writes, reads;
    double fenced = 0, taken_over = 0, failed = 0;
    scenarios::RunOptions options;
    options.prepare = [&](scenarios::World& world) {
      sim::MomentRegistry& moments = world.simulation().moments();
      const auto on = [&](const char* name, auto call) {
        moments.subscribe(
            name, [call, failure](const sim::Moment& moment) { call(moment, ms(moment.at) - failure); });
      };
      on("producer.batch.acknowledged", [&](const sim::Moment&, double at) { writes.heard(at, 0); });
      on("producer.batch.failed", [&](const sim::Moment& moment, double) {
        failed += static_cast<double>(moment.attribute("records"));
      });
      on("consumer.records.polled", [&](const sim::Moment&, double at) { reads.heard(at, 0); });
      on("kafka.broker.fenced", [&](const sim::Moment&, double at) {
        if (fenced == 0) fenced = at;
      });
      on("consumer.partitions.assigned", [&](const sim::Moment&, double at) {
        if (at > 0 && at < 15'000) taken_over = at;
      });
    };
    const analysis::RunResult result = run_single(plan, options);
    INFO(story_of(result));
    REQUIRE(result.books.closes());
    const auto note = [&seen](const char* name, auto value) {
      seen[name].push_back(static_cast<double>(value));
    };
    note("lost, acknowledged", result.books.lost_told(LossTold::acknowledged));
    note("lost, acks=0", result.books.lost_told(LossTold::fire_and_forget));
    note("lost, all", result.books[analysis::Fate::lost]);
    note("failed", failed);
    note("copies in the log", result.books.duplicated(DuplicateHop::log));
    note("out of order", result.anomalies.count_of(Anomaly::nonmonotonic_send));
    note("processed again", result.books.duplicated(DuplicateHop::processor));
    note("fenced after", fenced);
    note("writes silent for", writes.longest);
    note("reads silent for", reads.longest);
    note("silent after fencing", writes.longest - fenced);
    note("partitions without owner for", taken_over);
  }
  return seen;
}

struct Row {
  const char* quantity;
  Seen real;
  /// How far the simulation's trials may lie outside of the real ones; 300 ms of a time mean nothing.
  double margin = 300;
};

class Table {
 public:
  void cell(const std::string& name, const std::string& what, const std::map<std::string, Trials>& simulated,
            const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      const Seen ours = summary(simulated.at(row.quantity));
      INFO(name << ", " << row.quantity << ": " << to_text(ours) << ", in reality " << to_text(row.real));
      CHECK(ours.least >= row.real.least - row.margin);
      CHECK(ours.most <= row.real.most + row.margin);
      text_ += fmt::format("| {} | {} | {} | {} | {} |\n", name, what, row.quantity, to_text(row.real),
                           to_text(ours));
    }
  }
  const std::string& text() const { return text_; }

 private:
  static std::string to_text(const Seen& seen) {
    if (seen.least == seen.most) return fmt::format("{:.0f}", seen.most);
    return fmt::format("{:.0f} · {:.0f} · {:.0f}", seen.least, seen.median, seen.most);
  }
  std::string text_ =
      "| cell | what | quantity | real: least · median · most | simulated |\n|---|---|---|---|---|\n";
};

std::string producer(const std::string& config, const std::string& fault, const char* rate = "500/s") {
  return fmt::format(
      R"j("duration": "45s", "sources": {{ "app": {{ "rate": "{}", "config": {{ {} }} }} }},
    "kafka": {{ "config": {{ {} }} }},
    "faults": [ {{ "id": "failure", "at": "ATms", {} }} ])j",
      rate, config,
      fault.find("pause") == std::string::npos
          ? R"("broker.session.timeout.ms": 3000, "broker.heartbeat.interval.ms": 1000)"
          : R"("broker.session.timeout.ms": 9000)",
      fault);
}

std::string group(const std::string& job, const std::string& fault) {
  return fmt::format(
      R"j("duration": "50s", "sources": {{ "app": {{ "rate": "360/s", "config": {{ "linger.ms": 100 }} }} }},
    "kafka": {{ "topics": {{ "events": {{ "partitions": 12 }} }} }},
    "jobs": {{ "job": {{ {} }} }},
    "faults": [ {{ "id": "failure", "at": "ATms", {} }} ])j",
      job, fault);
}

const std::string kAcks1 = R"("acks": "1", "enable.idempotence": false)";
const std::string kAll = R"("acks": "all", "enable.idempotence": false)";
const std::string kIdempotent = R"("acks": "all", "enable.idempotence": true)";
const std::string kAcks0 = R"("acks": "0", "enable.idempotence": false)";
const std::string kShort = R"(, "request.timeout.ms": 5000)";
const std::string kKillLeader =
    R"j("do": "process.crash", "target": "kafka.leader(events/0)", "for": "60s")j";
const std::string kKillFollower = R"j("do": "process.crash", "target": "broker-3", "for": "60s")j";
const std::string kPause = R"j("do": "process.pause", "target": "kafka.leader(events/0)", "for": "15s")j";
const std::string kKillMember = R"j("do": "process.crash", "target": "job-1", "for": "60s")j";
const std::string kCloseMember = R"j("do": "process.stop", "target": "job-4", "for": "60s")j";

}  // namespace

SCENARIO("what real brokers and consumers did when they were killed or frozen, the simulated ones do") {
  Table table;
  const Row fenced{"fenced after", {2165, 2618, 3121}};
  table.cell("P1-3000", "acks=1, leader killed", trials(producer(kAcks1, kKillLeader), 16, 8000),
             {fenced,
              {"writes silent for", {2562, 3138, 3972}},
              {"reads silent for", {2686, 3067, 5555}},
              {"lost, acknowledged", {0, 0, 140}, 0},
              {"copies in the log", {0, 0, 0}, 0},
              {"out of order", {0, 13, 74}, 0}});
  table.cell("P1r0-3000", "acks=1, retries=0, leader killed",
             trials(producer(kAcks1 + R"(, "retries": 0)", kKillLeader), 16, 8000),
             {{"writes silent for", {2360, 3042, 3907}},
              {"failed", {14, 16, 1129}, 14},
              {"out of order", {0, 0, 0}, 0}});
  table.cell("P2-3000", "acks=all, idempotent, leader killed",
             trials(producer(kIdempotent, kKillLeader), 16, 8000),
             {{"writes silent for", {3058, 3354, 4540}, 800},
              {"lost, all", {0, 0, 0}, 0},
              {"copies in the log", {0, 0, 0}, 0},
              {"out of order", {0, 0, 0}, 0}});
  table.cell("P7-3000", "acks=all, a follower killed", trials(producer(kIdempotent, kKillFollower), 16, 8000),
             {{"writes silent for", {2249, 2809, 3186}},
              {"silent after fencing", {30, 80, 490}},
              {"reads silent for", {2250, 2709, 3144}},
              {"lost, all", {0, 0, 0}, 0}});
  table.cell("P5-15s-acks1", "acks=1, leader frozen", trials(producer(kAcks1 + kShort, kPause), 10, 8000),
             {{"fenced after", {7117, 8176, 9882}},
              {"writes silent for", {9620, 10108, 10175}},
              {"reads silent for", {14998, 15069, 16031}},
              {"lost, acknowledged", {0, 0, 36}, 0},
              {"copies in the log", {0, 0, 0}, 0},
              {"out of order", {12, 15, 399}, 0}});
  table.cell("P5-15s-acksall-noidem", "acks=all, leader frozen",
             trials(producer(kAll + kShort, kPause), 10, 8000),
             {{"writes silent for", {8386, 10194, 11729}},
              {"lost, all", {0, 0, 0}, 0},
              {"copies in the log", {0, 0, 18}, 0},
              {"out of order", {9, 36, 387}, 0}});
  table.cell("P5-15s-acksall-idem", "acks=all, idempotent, leader frozen",
             trials(producer(kIdempotent + kShort, kPause), 10, 8000),
             {{"writes silent for", {8465, 10116, 11730}},
              {"lost, all", {0, 0, 0}, 0},
              {"copies in the log", {0, 0, 0}, 0},
              {"out of order", {0, 0, 0}, 0}});
  table.cell("P5-15s-acks0", "acks=0, leader frozen", trials(producer(kAcks0 + kShort, kPause), 10, 8000),
             {{"lost, acks=0", {2233, 2349, 3062}, 0}, {"reads silent for", {14998, 15069, 16031}}});
  table.cell("P5-15s-rate1000-acks0", "acks=0, 1000/s, leader frozen",
             trials(producer(kAcks0 + kShort, kPause, "1000/s"), 3, 8000),
             {{"lost, acks=0", {2797, 2846, 2884}, 100}});
  table.cell("C1-6000-auto1000", "auto-commit 1 s, member killed",
             trials(group(R"("parallelism": 3, "config": { "auto.commit.interval.ms": 1000 })", kKillMember),
                    10, 21000),
             {{"partitions without owner for", {6057, 6671, 7929}},
              {"processed again", {0, 44, 110}, 0},
              {"lost, all", {0, 0, 0}, 0}});
  table.cell("C1-6000-auto5000", "auto-commit 5 s, member killed",
             trials(group(R"("parallelism": 3, "config": { "auto.commit.interval.ms": 5000 })", kKillMember),
                    10, 21000),
             {{"partitions without owner for", {4723, 6547, 8099}},
              {"processed again", {12, 195, 536}, 100},
              {"lost, all", {0, 0, 0}, 0}});
  table.cell("C1-6000-manual", "commitSync after each poll, member killed",
             trials(group(R"("parallelism": 3, "commit": "after_processing")", kKillMember), 10, 21000),
             {{"partitions without owner for", {6279, 6796, 7976}},
              {"processed again", {0, 0, 12}, 0},
              {"lost, all", {0, 0, 0}, 0}});
  table.cell("C1-close", "a member of four closes",
             trials(group(R"("parallelism": 4, "config": { "auto.commit.interval.ms": 1000 })", kCloseMember),
                    15, 21000),
             {{"partitions without owner for", {69, 1487, 4751}},
              {"processed again", {0, 0, 0}, 0},
              {"lost, all", {0, 0, 0}, 0}});
  tests::check_golden("real-clusters.md", table.text());
}

}  // namespace wrackline::pipeline
