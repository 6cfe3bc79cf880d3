// The log cleaner at work on __consumer_offsets, in whole pipelines.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/kafka/partitioner.hpp"
#include "scenarios/run/world.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

/// What a run shows of the group's partition of __consumer_offsets.
struct Offsets {
  analysis::RunResult result;
  std::size_t passes = 0;
  std::size_t rebalances_after_crash = 0;
  sim::Duration load{};                             ///< of the coordinator after the crash
  std::vector<std::int64_t> log_bytes;              ///< at the end, by replica
  std::map<std::int32_t, kafka::Offset> committed;  ///< by partition of the topic
};

constexpr sim::Time kCrashAt{std::chrono::seconds{20}};

Offsets run_with(const std::string& config) {
  const std::string top = fmt::format(
      R"json("duration": "24s", "kafka": {{ "config": {{ {} }} }},
      "jobs": {{ "job": {{ "commit": "auto", "config": {{ "auto.commit.interval.ms": 5 }} }} }},
      "faults": [{{ "id": "kill", "at": "20s", "do": "process.crash", "target": "kafka.coordinator(job)",
                    "for": "3s" }}])json",
      config);
  Offsets seen;
  std::map<std::int64_t, sim::Time> led_since;
  scenarios::RunOptions options;
  kafka::PartitionId shard = 0;
  options.prepare = [&](scenarios::World& world) {
    const kafka::ClusterLayout& layout = world.cluster().layout();
    const kafka::TopicLayout& topic =
        layout.topics()[static_cast<std::size_t>(layout.topic_id(kafka::kOffsetsTopic))];
    shard =
        topic.first + static_cast<kafka::PartitionId>(kafka::coordinator_partition("job", topic.partitions));
    auto& moments = world.simulation().moments();
    moments.subscribe("kafka.log.cleaned", [&](const sim::Moment& moment) {
      if (moment.attribute("partition") == shard) ++seen.passes;
    });
    moments.subscribe("group.rebalance.completed", [&](const sim::Moment& moment) {
      if (moment.at > kCrashAt) ++seen.rebalances_after_crash;
    });
    moments.subscribe("kafka.leader.started", [&](const sim::Moment& moment) {
      if (moment.attribute("partition") == shard) led_since[moment.attribute("broker")] = moment.at;
    });
    moments.subscribe("group.coordinator.loaded", [&](const sim::Moment& moment) {
      if (moment.attribute("partition") != shard || moment.at < kCrashAt) return;
      seen.load = moment.at - led_since[moment.attribute("broker")];
    });
  };
  options.finish = [&](scenarios::World& world, const std::vector<faults::FaultReport>&,
                       const std::vector<analysis::RunResult>&) {
    kafka::Cluster& cluster = world.cluster();
    for (std::size_t i = 0; i < cluster.broker_count(); ++i) {
      if (const kafka::Partition* const replica = cluster.broker(i).replicas().find(shard))
        seen.log_bytes.push_back(replica->log().size_bytes());
    }
    cluster.look_at_commits();
    for (std::int32_t p = 0; p < 4; ++p) {
      const auto& possible =
          cluster.possible_commits().of("job", {cluster.layout().topic_id("events"), p}).commits;
      for (const auto& commit : possible) seen.committed[p] = std::max(seen.committed[p], commit.offset);
    }
  };
  seen.result = run_single(plan_of(kSmall, top), options);
  return seen;
}

}  // namespace

SCENARIO("L-48: brokers clean __consumer_offsets; a coordinator loads what is left of it") {
  const Offsets never = run_with(R"("log.cleaner.enable": false)");
  const Offsets often = run_with(R"("offsets.topic.segment.bytes": 20000, "log.cleaner.backoff.ms": 500)");
  CAPTURE(story_of(never.result), story_of(often.result));
  REQUIRE(never.log_bytes.size() == 3);
  REQUIRE(often.log_bytes.size() == 3);
  THEN("each replica's log stays short; without the cleaner it grows") {
    CHECK(never.passes == 0);
    CHECK(often.passes > 20);
    // Half a second of commits, and what a pass leaves.
    for (const std::int64_t bytes : never.log_bytes) CHECK(bytes > 1'500'000);
    for (const std::int64_t bytes : often.log_bytes) CHECK(bytes < 100'000);
  }
  THEN("the load after the coordinator's crash takes the shorter for it") {
    CHECK(often.load < std::chrono::milliseconds{7});
    CHECK(never.load > std::chrono::milliseconds{30});
  }
  THEN("the group goes on where it was: nobody has to join again, and the commits are the same") {
    CHECK(never.rebalances_after_crash == 0);
    CHECK(often.rebalances_after_crash == 0);
    CHECK(often.committed.size() == 4);
    CHECK(often.committed == never.committed);
    CHECK(often.result.books.produced == never.result.books.produced);
  }
}

SCENARIO(
    "L-48: at the defaults a short run has nothing to clean, and nothing of the cleaner is in its hash") {
  const Offsets defaults = run_with("");
  const Offsets never = run_with(R"("log.cleaner.enable": false)");
  CHECK(defaults.passes == 0);
  CHECK(defaults.result.seeds.at(0).hash == never.result.seeds.at(0).hash);
}

}  // namespace wrackline::pipeline
