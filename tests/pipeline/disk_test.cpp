// What a broker's disk decides: when the page cache is written through, and what a disk that refuses writes
// takes with it (L-39, L-40, LogDirFailureHandler).
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

using analysis::Fate;
using analysis::LossTold;

std::uint64_t lost_in_the_blackout(std::vector<std::string> sets) {
  sets.push_back("duration=20s");
  std::uint64_t lost = 0;
  for (const Run& run : run_all(
           plan_of(kSmall,
                   R"j("faults": [{ "do": "process.pause", "target": "all(job)", "at": "9s", "for": "8s" },
                          { "do": "node.power_loss", "target": "all(broker)", "at": "14s", "for": "2s" }],
               "jobs": { "job": { "commit": "on_close", "window": null } })j",
                   {1, 2, 3}, sets))) {
    INFO(story_of(run.result));
    lost += moment(run.result, "kafka.broker.recovered") > 0
                ? run.result.books.lost_told(LossTold::acknowledged)
                : 0;
  }
  return lost;
}

}  // namespace

SCENARIO(
    "L-39: flush.ms acts only when the flush scheduler runs; then a blackout takes no more than it allows") {
  const std::uint64_t never = lost_in_the_blackout({});
  const std::uint64_t unscheduled = lost_in_the_blackout({"kafka.topics.events.config.flush.ms=200"});
  const std::uint64_t scheduled = lost_in_the_blackout(
      {"kafka.topics.events.config.flush.ms=200", "kafka.config.log.flush.scheduler.interval.ms=200"});
  INFO(never << " without, " << unscheduled << " without a scheduler, " << scheduled << " with both");
  CHECK(unscheduled == never);
  CHECK(scheduled < never);
}

SCENARIO("L-39: with flush.messages=1 a blackout takes nothing that all replicas have acknowledged") {
  CHECK(lost_in_the_blackout({}) > 0);
  CHECK(lost_in_the_blackout({"kafka.topics.events.config.flush.messages=1"}) == 0);
}

SCENARIO(
    "L-6, L-39: what a follower has not written yet is not replicated: its next fetch comes after its "
    "flush") {
  const auto median_ms = [](const char* flush_messages) {
    const auto result = run_single(
        plan_of(kSmall,
                R"j("kafka": { "disk": { "fsync": "40ms" } }, "sources": { "app": { "rate": "5/s" } },
               "jobs": { "job": { "commit": "on_close", "window": null } })j",
                {1}, {std::string{"kafka.topics.events.config.flush.messages="} + flush_messages}));
    const auto& seen = result.latency(analysis::Latency::arrival_to_visible, analysis::Phase::steady).seen;
    return *seen.quantile(analysis::kP50) / 1'000'000;
  };
  CHECK(median_ms("1") >= 40);
  CHECK(median_ms("1000000") < 20);
}

SCENARIO("a blackout that takes committed offsets back sends the group to read again, further back") {
  for (const Run& run : run_all(
           plan_of(kSmall,
                   R"j("faults": [{ "do": "process.stop", "target": "all(job)", "at": "9s", "for": "10s" },
                          { "do": "node.power_loss", "target": "all(broker)", "at": "14s", "for": "2s",
                            "unsynced": "lose_all" }])j",
                   {1, 2, 3}, {"duration=20s", "kafka.topics.events.config.flush.messages=1"}))) {
    INFO(story_of(run.result));
    CHECK(run.result.anomalies.count_of(analysis::Anomaly::stuck) == 0);
    CHECK(run.result.books.lost_told(LossTold::acknowledged) == 0);
    CHECK(run.result.books[Fate::pending] == 0);
    CHECK(run.result.books.duplicated(analysis::DuplicateHop::sink) > 0);
  }
}

SCENARIO(
    "a disk that refuses writes halts its broker; the others go on, and it comes back when the disk does") {
  const char* const fault = GENERATE("disk.full", "disk.read_only");
  CAPTURE(fault);
  for (const Run& run :
       run_all(plan_of(kSmall,
                       std::string{R"j("faults": [{ "do": ")j"} + fault +
                           R"j(", "target": "kafka.leader(events/0)", "at": "4s", "for": "5s" }])j",
                       {1, 2}))) {
    INFO(story_of(run.result));
    CHECK(moment(run.result, "kafka.broker.log_directory_failed") > 0);
    CHECK(moment(run.result, "kafka.broker.recovered") > 0);
    CHECK(run.result.books.lost_told(LossTold::acknowledged) == 0);
    CHECK(run.result.books[Fate::pending] == 0);
  }
}

}  // namespace wrackline::pipeline
