// Jobs whose windows a replay can not rebuild: their state goes with the commits (committed_panes.hpp). Each
// guarantee keeps its promise for them whatever dies or freezes at which step.
#include "engine/processor/committed_panes.hpp"

#include <fmt/format.h>

#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

using analysis::Anomaly;
using analysis::DuplicateHop;
using analysis::Fate;
using analysis::LossTold;

const char* const kGuarantees =
    R"j(, "matrix": { "axes": { "guarantee": ["at_most_once", "at_least_once"] } })j";

/// kSmall's job with other windows.
std::string job(const std::string& window, const std::string& more = "") {
  const bool tumbling = window.find("tumbling") != std::string::npos;
  return fmt::format(
      R"j("sources": {{ "app": {{ "delay": {{ "exponential": "150ms" }} }} }},
          "jobs": {{ "job": {{ "window": {{ {}{} }}{}{} }} }})j",
      tumbling ? "" : R"("tumbling": null, )", window, more.empty() ? "" : ", ", more);
}

std::string fault(const std::string& text) { return fmt::format(R"(, "faults": [{{ {} }}])", text); }

void check_sound(const analysis::RunResult& result) {
  CHECK(result.books.closes());
  CHECK(result.books[Fate::pending] == 0);
  CHECK(result.broken_promises == 0);
  for (const Anomaly anomaly : {Anomaly::wrong_result, Anomaly::stuck, Anomaly::watermark_regression})
    CHECK(result.anomalies.count_of(anomaly) == 0);
}

const std::vector<std::string> kWindows{
    R"("session": "300ms")",
    R"("count": 7)",
    R"("sliding": "200ms")",
    R"("count": { "records": 6, "every": 2 })",
    R"("tumbling": "1s", "zone": "Asia/Kolkata")",
    R"("tumbling": "1s", "early_records": 2, "accumulation": "discarding")",
    R"("global": true, "early_every": "300ms", "accumulation": "discarding")",
};

}  // namespace

SCENARIO("at most once, no row is written twice: the state without it is stored before it is written") {
  const std::string window = GENERATE(from_range(kWindows));
  const std::string crash = R"j("do": "process.crash", "target": "process(job-1)", "for": "1s")j";
  const std::string pause = R"j("do": "process.pause", "target": "process(job-1)", "for": "6s")j";
  const std::string one = GENERATE_COPY(
      R"("at": "7s", )" + crash, R"("at": "7s", )" + pause,
      // The rows are in the sink; the state that still holds them would be the last that was stored.
      R"("when": "sink.commit.acknowledged", "where": { "writer": 0 }, "nth": 5, )" + crash,
      R"("when": "sink.commit.durable", "nth": 9, )" + crash,
      // Offsets are committed, nothing is processed: a successor reads on behind the batch.
      R"("when": "job.records.processing", "where": { "consumer": 0 }, "nth": 20, )" + pause,
      R"("when": "job.records.processed", "where": { "consumer": 0 }, "nth": 20, )" + pause,
      R"("when": "window.fired", "where": { "consumer": 0 }, "nth": 4, )" + pause,
      // Nothing is committed: the successor reads the batch, too.
      R"("when": "consumer.records.polled", "where": { "consumer": 0 }, "nth": 20, )" + pause);
  CAPTURE(window, one);
  for (const Run& run :
       run_all(plan_of(kSmall, job(window) + fault(one) + R"(, "guarantee": "at_most_once")", {1, 2}))) {
    INFO(story_of(run.result));
    check_sound(run.result);
    CHECK(run.result.faults.at(0).runs_struck == 1);
    CHECK(run.result.books.duplicated(DuplicateHop::sink) == 0);
    CHECK(analysis::violations(run.result) == 0);
    CHECK(run.result.verdict.outcome == analysis::Outcome::pass);
  }
}

SCENARIO("at most once, a job without state processes no batch whose commit was refused") {
  const std::string pause =
      R"j("when": "consumer.records.polled", "where": { "consumer": 0 }, "nth": 20,
          "do": "process.pause", "target": "process(job-1)", "for": "6s")j";
  const std::string window =
      GENERATE(as<std::string>{}, R"("window": null)", R"("window": { "tumbling": "1s" })");
  for (const Run& run :
       run_all(plan_of(kSmall,
                       fmt::format(R"("jobs": {{ "job": {{ {} }} }}, "guarantee": "at_most_once")", window) +
                           fault(pause),
                       {1, 2, 3}))) {
    INFO(story_of(run.result));
    check_sound(run.result);
    CHECK(run.result.faults.at(0).runs_struck == 1);
    CHECK(run.result.books.duplicated(DuplicateHop::sink) == 0);
    CHECK(analysis::violations(run.result) == 0);
  }
}

SCENARIO("each guarantee keeps its promise for windows with state when an instance freezes") {
  const std::string window = GENERATE(from_range(kWindows));
  const std::string pause = R"j("do": "process.pause", "target": "process(job-1)", "for": "6s")j";
  const std::string one =
      GENERATE_COPY(R"("at": "7s", )" + pause,
                    R"("when": "job.records.processed", "where": { "consumer": 0 }, "nth": 20, )" + pause,
                    // Its rows are out; its state comes when another has owned the partition for seconds.
                    R"("when": "sink.commit.acknowledged", "where": { "writer": 0 }, "nth": 5, )" + pause,
                    R"("when": "job.offsets.committing", "where": { "consumer": 0 }, "nth": 20, )" + pause);
  CAPTURE(window, one);
  for (const Run& run : run_all(plan_of(kSmall, job(window) + fault(one) + kGuarantees, {1, 2}))) {
    INFO(story_of(run.result));
    check_sound(run.result);
    CHECK(run.result.faults.at(0).runs_struck == 1);
    CHECK(analysis::violations(run.result) == 0);
    if (run.guarantee == "at_most_once") continue;
    CHECK(run.result.books[Fate::lost] == 0);
    for (const Anomaly anomaly : {Anomaly::window_gap, Anomaly::missing_contribution})
      CHECK(run.result.anomalies.count_of(anomaly) == 0);
  }
}

SCENARIO("a blackout that takes back many commits sends the group to a state that is still there") {
  const std::string window = GENERATE(as<std::string>{}, R"("session": "1s")", R"("count": 7)");
  CAPTURE(window);
  std::uint64_t again = 0;
  for (
      const Run& run : run_all(plan_of(
          kSmall,
          job(window) +
              R"j(, "faults": [{ "at": "12s", "do": "node.power_loss", "target": "all(broker)", "for": "2s" },
                                      { "at": "12s", "do": "process.crash", "target": "all(job)", "for": "4s" }])j",
          {1, 2, 3, 4, 5, 6}, {"duration=20s", "kafka.topics.events.config.flush.messages=1"}))) {
    INFO(story_of(run.result));
    check_sound(run.result);
    CHECK(run.result.books.lost_told(LossTold::acknowledged) == 0);
    for (const Anomaly anomaly : {Anomaly::window_gap, Anomaly::missing_contribution})
      CHECK(run.result.anomalies.count_of(anomaly) == 0);
    again += run.result.books.duplicated(DuplicateHop::sink);
  }
  CHECK(again > 0);
}

}  // namespace wrackline::pipeline
