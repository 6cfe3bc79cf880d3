// A topic as sink (kafka.md 6.3, KP): rows go out through a real producer, offsets are committed after the
// flush, and a reader of the topic judges. Whole pipelines; the books close in each, or run_one asserts.
#include <fmt/format.h>

#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

using analysis::Anomaly;
using analysis::DuplicateHop;
using analysis::Fate;
using analysis::LossHop;
using analysis::LossTold;

/// kSmall with its store turned into the topic "results"; `sink` and `job` are further fields of both.
std::string into_topic(const std::string& sink, const std::string& job, const std::string& more) {
  return fmt::format(
      R"j("kafka": {{ "topics": {{ "results": {{ "partitions": 2,
            "config": {{ "replication.factor": 3, "min.insync.replicas": 2 }} }} }} }},
          "sinks": {{ "store": {{ "kind": "topic", "topic": "results"{}{} }} }},
          "jobs": {{ "job": {{ "restart_delay": "1s"{}{} }} }}{}{})j",
      sink.empty() ? "" : ", ", sink, job.empty() ? "" : ", ", job, more.empty() ? "" : ", ", more);
}

/// Rows without a window show every repetition.
const std::string kStateless = R"("window": null)";
const std::string kQuick = R"("config": { "request.timeout.ms": 2000, "delivery.timeout.ms": 5000 })";

SCENARIO("6.3 KP: without a fault every event is at the sink topic, once") {
  const std::string job =
      GENERATE(as<std::string>{}, R"("window": null)", R"("window": { "tumbling": "1s" })",
               R"("window": { "tumbling": null, "hopping": { "size": "2s", "slide": "1s" } })",
               R"("window": null, "commit": "auto")", R"("commit": "before_processing")",
               R"("window": null, "commit": "on_close")", R"("commit": "async")");
  const std::string isolation = GENERATE(as<std::string>{}, "read_uncommitted", "read_committed");
  CAPTURE(job, isolation);
  const auto result =
      run_single(plan_of(kSmall, into_topic(fmt::format(R"("isolation": "{}")", isolation), job, "")));
  INFO(story_of(result));
  CHECK(result.books[Fate::delivered] == result.books.produced);
  CHECK(result.books.duplicated(DuplicateHop::sink) == 0);
  CHECK(result.broken_promises == 0);
  CHECK(result.anomalies.count_of(Anomaly::wrong_result) == 0);
  CHECK(moment(result, "producer.batch.acknowledged") > 0);
  CHECK(result.latency(analysis::Latency::end_to_end, analysis::Phase::all).missing == 0);
}

SCENARIO("6.3 M4 x KP: killed between flush and commit, a processor writes its rows again; nothing is lost") {
  std::uint64_t repeated = 0;
  for (const Run& run : run_all(plan_of(
           kSmall,
           into_topic("", kStateless,
                      R"j("faults": [{ "when": "sink.commit.acknowledged", "nth": 60, "do": "process.crash",
                                       "target": "self", "for": "2s" }])j"),
           {1, 2, 3, 4}))) {
    INFO(story_of(run.result));
    CHECK(run.result.faults.at(0).runs_struck == 1);
    CHECK(run.result.books[Fate::delivered] == run.result.books.produced);
    CHECK(run.result.broken_promises == 0);
    repeated += run.result.books.duplicated(DuplicateHop::sink);
  }
  CHECK(repeated > 0);
}

SCENARIO("6.3 M3 x KP: committed before processing, the same kill loses and repeats nothing") {
  for (const Run& run : run_all(
           plan_of(kSmall,
                   into_topic("", R"("window": null, "commit": "before_processing")",
                              R"j("faults": [{ "when": "sink.write.sending", "nth": 60, "do": "process.crash",
                                       "target": "self", "for": "2s" }])j"),
                   {1, 2, 3, 4}))) {
    INFO(story_of(run.result));
    CHECK(run.result.faults.at(0).runs_struck == 1);
    CHECK(run.result.books.duplicated(DuplicateHop::sink) == 0);
    CHECK(run.result.books[Fate::lost] > 0);
    CHECK(run.result.books.lost_at(LossHop::sink) + run.result.books.lost_at(LossHop::processor) ==
          run.result.books[Fate::lost]);
  }
}

SCENARIO(
    "6.2 at the sink's producer: acks=1 loses acknowledged results with their leader, acks=all does not") {
  const char* const kill =
      R"j("faults": [{ "do": "process.crash", "target": "kafka.leader(results/0)", "at": "5s", "for": "4s" }],
          "sources": { "app": { "rate": "1k/s" } })j";
  const auto lost = [&](const char* acks) {
    std::uint64_t acknowledged = 0;
    const std::string sink =
        fmt::format(R"("config": {{ "acks": "{}", "enable.idempotence": false }})", acks);
    std::string top = into_topic(sink, kStateless, kill);
    for (const Run& run :
         run_all(plan_of(kSmall, top, {1, 2, 3, 4, 5, 6, 7, 8}, {"kafka.network.zone_latency=5ms"}))) {
      INFO(story_of(run.result));
      CHECK(run.result.faults.at(0).runs_struck == 1);
      CHECK(run.result.broken_promises == 0);
      CHECK(run.result.books.lost_at(LossHop::sink) == run.result.books.lost_told(LossTold::acknowledged));
      acknowledged += run.result.books.lost_told(LossTold::acknowledged);
    }
    return acknowledged;
  };
  CHECK(lost("1") > 0);
  CHECK(lost("all") == 0);
}

SCENARIO("6.2 A0 at the sink's producer: what the wire swallows is lost, and labelled fire-and-forget") {
  std::uint64_t lost = 0;
  for (const Run& run :
       run_all(plan_of(kSmall,
                       into_topic(R"("config": { "acks": "0", "enable.idempotence": false })", kStateless,
                                  R"j("faults": [{ "do": "process.crash", "target": "kafka.leader(results/0)",
                                       "at": "5s", "for": "4s" }], "sources": { "app": { "rate": "1k/s" } })j"),
                       {1, 2, 3, 4, 5, 6, 7, 8}, {"kafka.network.zone_latency=5ms"}))) {
    INFO(story_of(run.result));
    CHECK(run.result.books.lost_told(LossTold::fire_and_forget) == run.result.books[Fate::lost]);
    CHECK(run.result.books.lost_at(LossHop::sink) == run.result.books[Fate::lost]);
    lost += run.result.books[Fate::lost];
  }
  CHECK(lost > 0);
}

SCENARIO(
    "6.3 KP: a flush that fails kills the application; its supervisor starts it, and the rows come again") {
  GIVEN("a sink topic below min.insync.replicas for longer than delivery.timeout.ms") {
    const auto result = run_single(plan_of(kSmall, into_topic(kQuick, kStateless,
                                                              R"j("faults": [
                     { "do": "process.crash", "target": "kafka.follower(results/0)", "at": "4s", "for": "9s" },
                     { "do": "process.crash", "target": "kafka.leader(results/1)", "at": "4s", "for": "9s" }])j")));
    INFO(story_of(result));
    THEN("the producer told so, nothing is lost, and some rows were written twice or not at all before") {
      CHECK(moment(result, "producer.batch.failed") > 0);
      CHECK(result.books[Fate::delivered] == result.books.produced);
      CHECK(result.broken_promises == 0);
    }
  }
}

SCENARIO("L-31 at the sink topic: an unclean election withdraws what a reader had seen") {
  std::uint64_t lost = 0;
  for (const Run& run : run_all(
           plan_of(kSmall,
                   into_topic("", kStateless,
                              R"j("faults": [
                        { "do": "process.pause", "target": "kafka.follower(results/0)", "at": "4s", "for": "8s" },
                        { "do": "process.crash", "target": "kafka.leader(results/0)", "at": "11800ms", "for": "6s" }])j"),
                   {1, 2, 3},
                   {"kafka.topics.results.partitions=1", "kafka.topics.results.config.min.insync.replicas=1",
                    "kafka.topics.results.config.unclean.leader.election.enable=true"}))) {
    INFO(story_of(run.result));
    CHECK(run.result.broken_promises == 0);
    CHECK(run.result.books.lost_at(LossHop::sink) == run.result.books.lost_told(LossTold::acknowledged));
    lost += run.result.books.lost_at(LossHop::sink);
  }
  CHECK(lost > 0);
}

}  // namespace
}  // namespace wrackline::pipeline
