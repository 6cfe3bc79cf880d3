// Jobs that join two topics, whole pipelines. Without a fault the rows are those of the batch oracle, but for
// what was late; under faults each guarantee keeps its promise; state that was not committed is missed.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "engine/event_time/window/join_oracle.hpp"
#include "scenarios/run/world.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

using analysis::Anomaly;
using analysis::DuplicateHop;
using analysis::Fate;
using analysis::JoinBooks;
using analysis::LossTold;

/// Orders and payments of 60 accounts.
const std::string kSources = R"j("kafka": { "topics": { "events": null,
    "orders": { "partitions": 4, "config": { "replication.factor": 3, "min.insync.replicas": 2 } },
    "payments": { "partitions": 4, "config": { "replication.factor": 3, "min.insync.replicas": 2 } } } },
  "sources": { "app": null,
    "shop": { "topic": "orders", "producers": 2, "rate": "100/s", "keys": { "count": 60 },
              "delay": { "exponential": "100ms" }, "config": { "request.timeout.ms": 2000, "delivery.timeout.ms": 60000 } },
    "bank": { "topic": "payments", "rate": "70/s", "keys": { "count": 60 },
              "delay": { "exponential": "200ms" }, "config": { "request.timeout.ms": 2000, "delivery.timeout.ms": 60000 } } })j";

/// kSmall with two topics and a job that joins them.
std::string joined(const std::string& join, const std::string& more = "", const std::string& bound = "2s") {
  const bool windows = join.find("\"window\"") != std::string::npos;
  return fmt::format(
      R"j({}, "jobs": {{ "job": {{ "from": "orders", "join": {{ "with": "payments", {} }},
        "watermark": {{ "bounded": "{}" }}{}{}{} }} }})j",
      kSources, join, bound, windows ? "" : R"(, "window": null)", more.empty() ? "" : ", ", more);
}

const char* const kCrash =
    R"j(, "faults": [{ "at": "7s", "do": "process.crash", "target": "process(job-1)", "for": "1s" }])j";
const char* const kGuarantees =
    R"j(, "matrix": { "axes": { "guarantee": ["at_most_once", "at_least_once", "effectively_once"] } })j";

const JoinBooks& books_of(const analysis::RunResult& result) {
  REQUIRE(result.books.join);
  CHECK(result.books.join->closes());
  return *result.books.join;
}

void check_sound(const analysis::RunResult& result) {
  CHECK(result.books.closes());
  CHECK(result.books[Fate::pending] == 0);
  CHECK(result.broken_promises == 0);
  for (const Anomaly anomaly : {Anomaly::wrong_result, Anomaly::stuck, Anomaly::watermark_regression})
    CHECK(result.anomalies.count_of(anomaly) == 0);
}

}  // namespace

SCENARIO("without a fault and in time, the rows of a join are those of the batch oracle, each once") {
  const std::string join =
      GENERATE(as<std::string>{}, R"("type": "interval", "lower": "-500ms", "upper": "1s")",
               R"("type": "interval", "lower": "-500ms", "upper": "1s", "kind": "left")",
               R"("type": "interval", "lower": "100ms", "upper": "300ms", "kind": "outer")",
               R"("type": "interval", "lower": "-1s", "upper": "-400ms", "kind": "right")",
               R"("type": "window")", R"("type": "window", "kind": "outer")", R"("type": "temporal")",
               R"("type": "temporal", "kind": "left")", R"("type": "stream_table")",
               R"("type": "stream_table", "kind": "left")");
  CAPTURE(join);
  const bool patient = join.find("stream_table") == std::string::npos;
  const auto result = run_single(plan_of(kSmall, joined(join, "", patient ? "5s" : "0s")));
  INFO(story_of(result));
  check_sound(result);
  const JoinBooks& rows = books_of(result);
  CHECK(rows.expected > 300);
  CHECK(rows.delivered == rows.expected);
  CHECK(rows.duplicates == 0);
  // By arrival, and by event time: not the same.
  CHECK((rows.nulls + rows.stale == 0) == patient);
  CHECK(result.books[Fate::delivered] == result.books.produced);
  CHECK(analysis::violations(result) == 0);
}

namespace {

using event_time::window::JoinArrival;
using event_time::window::JoinedRow;
using event_time::window::JoinSide;

/// What was created, in which order it was processed, and which rows came out; nothing of the ledger's.
struct Watcher final : sim::Observer {
  void created(std::span<const sim::CreatedRecord> records) override {
    for (const sim::CreatedRecord& one : records) {
      JoinArrival arrival;
      arrival.side = one.id.source() == 0 ? JoinSide::right : JoinSide::left;  // by name: bank, shop
      arrival.key = one.key;
      arrival.record = {one.event_time_ms, one.id, 0};
      events[one.id] = arrival;
    }
  }
  void processed(std::uint32_t, std::span<const sim::EventId> ids, sim::Time) override {
    for (const sim::EventId id : ids) order.push_back(events.at(id));
  }
  void visible(const sim::VisibleResult& row, sim::Time) override {
    rows.emplace_back(row.contributions.begin(), row.contributions.end());
  }
  std::map<sim::EventId, JoinArrival> events;
  std::vector<JoinArrival> order;
  std::vector<std::vector<sim::EventId>> rows;
};

}  // namespace

SCENARIO("the library's batch oracle has the very rows that a reader of the sink sees") {
  using namespace event_time::window;
  const std::string type = GENERATE(as<std::string>{}, "interval", "window", "temporal", "stream_table");
  const std::string join = type == "interval"
                               ? R"("type": "interval", "lower": "-500ms", "upper": "1s", "kind": "outer")"
                               : fmt::format(R"("type": "{}", "kind": "left")", type);
  CAPTURE(join);
  Watcher watcher;
  scenarios::RunOptions options;
  options.prepare = [&](scenarios::World& world) { world.analyses().front()->also(watcher); };
  const auto result = run_single(plan_of(kSmall, joined(join, "", "5s")), options);
  IntervalJoinSpec interval;
  interval.lower_ms = -500;
  interval.upper_ms = 1000;
  interval.type = JoinType::full;
  const std::vector<JoinedRow> expected =
      type == "interval" ? batch_interval_join(interval, watcher.order)
      : type == "window" ? batch_window_join(WindowDefinition::tumbling(1000), JoinType::left, watcher.order)
      : type == "temporal" ? batch_temporal_join(JoinType::left, watcher.order)
                           : batch_table_join(JoinType::left, watcher.order);
  std::vector<std::vector<sim::EventId>> wanted;
  for (const JoinedRow& row : expected) {
    std::vector<sim::EventId>& ids = wanted.emplace_back();
    if (row.has_left) ids.push_back(row.left.id);
    if (row.has_right) ids.push_back(row.right.id);
  }
  std::sort(wanted.begin(), wanted.end());
  std::sort(watcher.rows.begin(), watcher.rows.end());
  CHECK(watcher.order.size() == result.books.produced);
  CHECK(watcher.rows.size() == books_of(result).expected);
  CHECK(watcher.rows == wanted);
}

SCENARIO("what is late on one side is dropped, counted on that side, and leaves its partners without") {
  // Payments are up to a second and more late; orders are not.
  const std::string kind = GENERATE(as<std::string>{}, "inner", "outer");
  const auto result = run_single(plan_of(
      kSmall,
      joined(fmt::format(R"("type": "interval", "lower": "-500ms", "upper": "1s", "kind": "{}")", kind), "",
             "300ms")));
  INFO(story_of(result));
  check_sound(result);
  const JoinBooks& rows = books_of(result);
  CHECK(rows.late_right > rows.late_left);
  CHECK(rows.late_left > 0);
  CHECK(rows.delivered + rows.late_left + rows.late_right == rows.expected);
  CHECK(result.books[Fate::late_dropped] == result.anomalies.count_of(Anomaly::late_dropped));
  CHECK(result.books[Fate::late_dropped] + result.books[Fate::delivered] == result.books.produced);
  // An outer join says "no partner" where it means "none came in time".
  CHECK((rows.nulls > 0) == (kind == "outer"));
  CHECK(result.anomalies.count_of(Anomaly::premature_null) == 0);
}

SCENARIO("each side has its own patience: allowed lateness and watermark") {
  const auto late_of = [](const std::string& more, const std::string& bound) {
    const auto result = run_single(
        plan_of(kSmall, joined(R"("type": "interval", "lower": "-500ms", "upper": "1s")" + more, "", bound)));
    check_sound(result);
    return books_of(result);
  };
  const JoinBooks plain = late_of("", "100ms");
  const JoinBooks right = late_of(R"(, "with_allowed_lateness": "5s")", "100ms");
  const JoinBooks both = late_of(R"(, "allowed_lateness": "5s")", "100ms");
  const JoinBooks patient = late_of(R"(, "with_watermark": { "bounded": "5s" })", "100ms");
  CHECK(plain.late_right > 0);
  CHECK(plain.late_left > 0);
  CHECK(right.late_right == 0);
  CHECK(right.late_left > 0);
  CHECK(both.late_left + both.late_right == 0);
  // The slower watermark holds both sides.
  CHECK(patient.late_left + patient.late_right == 0);
}

SCENARIO("a side that falls silent holds the join, unless it is idle") {
  const std::string stall =
      R"j(, "faults": [{ "at": "4s", "do": "source.stall_replay", "target": "bank", "for": "8s" }])j";
  const std::string join = R"("type": "interval", "lower": "-500ms", "upper": "1s", "kind": "left")";
  const auto held = run_single(plan_of(kSmall, joined(join) + stall));
  const auto idle = run_single(plan_of(kSmall, joined(join, "", R"(2s", "idle_timeout": "1s)") + stall));
  INFO(story_of(held) << "\n" << story_of(idle));
  check_sound(held);
  check_sound(idle);
  CHECK(books_of(held).late_right == 0);
  CHECK(books_of(idle).late_right > 0);
  CHECK(books_of(idle).nulls > 0);
}

SCENARIO("each guarantee keeps its promise for joins when a consumer or a leader dies") {
  struct Case {
    std::string fault;
    bool amo_loses = false;
    bool repeats_work = false;
    bool alo_doubles = false;
  };
  const std::string join =
      GENERATE(as<std::string>{}, R"("type": "interval", "lower": "-500ms", "upper": "1s")",
               R"("type": "window", "kind": "outer")", R"("type": "temporal")",
               R"("type": "stream_table", "kind": "left")");
  const Case one = GENERATE(
      Case{R"j("at": "7s", "do": "process.crash", "target": "process(job-1)", "for": "1s")j"},
      Case{R"j("at": "7s", "do": "process.pause", "target": "process(job-1)", "for": "6s")j"},
      Case{R"j("at": "7s", "do": "process.crash", "target": "kafka.leader(payments/0)", "for": "2s")j", true},
      // Between the state and the rows: the batch, or what it made, is in memory only.
      Case{
          R"j("when": "job.records.processed", "where": { "consumer": 0 }, "nth": 20, "do": "process.crash", "target": "process(job-1)", "for": "1s")j",
          true, true},
      // Between the rows and the offsets.
      Case{
          R"j("when": "sink.commit.acknowledged", "where": { "writer": 0 }, "nth": 5, "do": "process.crash", "target": "process(job-1)", "for": "1s")j",
          false, false, true});
  CAPTURE(join, one.fault);
  std::uint64_t lost = 0;
  std::uint64_t repeated = 0;
  std::uint64_t doubled = 0;
  const std::string faults = fmt::format(R"(, "faults": [{{ {} }}])", one.fault);
  for (const Run& run : run_all(plan_of(kSmall, joined(join) + faults + kGuarantees, {1, 2}))) {
    INFO(story_of(run.result));
    check_sound(run.result);
    CHECK(run.result.faults.at(0).runs_struck == 1);
    CHECK(analysis::violations(run.result) == 0);
    CHECK(run.result.verdict.outcome == analysis::Outcome::pass);
    const JoinBooks& rows = books_of(run.result);
    if (run.guarantee == "at_most_once") {
      CHECK(rows.duplicates == 0);
      lost += rows.lost() + run.result.books[Fate::lost];
      continue;
    }
    CHECK(run.result.books.lost_told(LossTold::acknowledged) == 0);
    CHECK(rows.lost() == 0);
    repeated += run.result.books.duplicated(DuplicateHop::processor);
    if (run.guarantee == "at_least_once") doubled += rows.duplicates;
    if (run.guarantee == "effectively_once") CHECK(rows.duplicates == 0);
  }
  // A table that lost a version shows an older one.
  if (one.amo_loses && join.find("stream_table") == std::string::npos) CHECK(lost > 0);
  if (one.repeats_work) CHECK(repeated > 0);
  if (one.alo_doubles) CHECK(doubled > 0);
}

SCENARIO("a zombie may pad what its successor matches: no idempotent sink absorbs that") {
  const std::string join = R"("type": "interval", "lower": "-500ms", "upper": "1s", "kind": "left")";
  const std::string pause =
      R"j(, "faults": [{ "at": "7s", "do": "process.pause", "target": "process(job-1)", "for": "6s" }])j";
  std::uint64_t contradicted = 0;
  for (const Run& run : run_all(plan_of(kSmall, joined(join) + pause + kGuarantees, {1, 2}))) {
    INFO(story_of(run.result));
    check_sound(run.result);
    const std::uint64_t nulls = run.result.anomalies.count_of(Anomaly::premature_null);
    contradicted += nulls;
    const bool passes = run.guarantee != "effectively_once" || nulls == 0;
    CHECK((run.result.verdict.outcome == analysis::Outcome::pass) == passes);
    CHECK(analysis::violations(run.result) == (passes ? 0 : nulls));
    if (nulls > 0) CHECK(run.result.anomalies.count_of(Anomaly::zombie_write) > 0);
  }
  CHECK(contradicted > 0);
}

SCENARIO("auto commit goes on without the state: a crash takes what waited for its partner") {
  const std::string join = GENERATE(as<std::string>{}, R"("type": "interval", "lower": "0s", "upper": "4s")",
                                    R"("type": "stream_table")");
  const std::string commit = R"("commit": "auto", "config": { "auto.commit.interval.ms": 500 })";
  std::uint64_t lost = 0;
  for (const Run& run : run_all(plan_of(kSmall, joined(join, commit) + kCrash, {1, 2}))) {
    INFO(story_of(run.result));
    check_sound(run.result);
    CHECK(run.result.anomalies.count_of(Anomaly::lost_result) == books_of(run.result).lost());
    lost += books_of(run.result).lost();
  }
  CHECK(lost > 0);
}

SCENARIO("the rows of a join go to a topic as well") {
  const std::string sink =
      R"j(, "sinks": { "store": { "kind": "topic", "topic": "matched" } }, "kafka": { "topics": { "events": null, "matched": { "partitions": 4, "config": { "replication.factor": 3 } },
    "orders": { "partitions": 4, "config": { "replication.factor": 3, "min.insync.replicas": 2 } },
    "payments": { "partitions": 4, "config": { "replication.factor": 3, "min.insync.replicas": 2 } } } })j";
  std::string text = joined(R"("type": "interval", "lower": "-500ms", "upper": "1s")", "", "5s");
  text = text.substr(text.find("\"sources\"")) + sink;
  const auto result = run_single(plan_of(kSmall, text));
  INFO(story_of(result));
  check_sound(result);
  CHECK(books_of(result).delivered == books_of(result).expected);
  CHECK(books_of(result).expected > 300);
}

SCENARIO("joins repeat a run to the last hash") {
  const std::string text =
      joined(R"("type": "interval", "lower": "-500ms", "upper": "1s", "kind": "outer")", "", "300ms") +
      kCrash;
  const auto first = run_single(plan_of(kSmall, text));
  const auto second = run_single(plan_of(kSmall, text));
  CHECK(first.seeds.at(0).hash == second.seeds.at(0).hash);
  CHECK(first.books == second.books);
}

}  // namespace wrackline::pipeline
