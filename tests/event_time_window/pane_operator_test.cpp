// The wider windows in small worlds: sessions, cumulate, sliding, count, global; panes; what they cost.
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/event_time/window/batch_oracle.hpp"
#include "engine/event_time/window/pane_operator.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::window {
namespace {

using Accumulation = PanePolicy::Accumulation;
using Verdict = PaneOperator::Verdict;
using Results = std::vector<std::string>;

/// Says what came out as "[start,end)=value", with - for a retraction and the kind of the pane.
struct Harness {
  explicit Harness(const WindowDefinition& windows, PanePolicy panes = {},
                   AggregateSpec::Function function = AggregateSpec::Function::sum) {
    WindowedAggregation spec;
    spec.windows = windows;
    spec.panes = panes;
    spec.aggregate.function = function;
    CHECK(spec.problems().empty());
    operator_.emplace(spec);
  }
  Results at(TimestampMs ts, std::int64_t value = 1, Verdict expected = Verdict::accepted) {
    CHECK(operator_->add(0, 0, ts, sim::EventId{0, next_++}, value, now_, panes_) == expected);
    return take();
  }
  Results watermark(TimestampMs to) {
    operator_->advance_watermark(to, panes_);
    return take();
  }
  Results time(std::int64_t now) {
    now_ = now;
    operator_->advance_processing_time(now, panes_);
    return take();
  }
  Results take() {
    Results results;
    for (const ResultPane& pane : panes_.panes) {
      const bool all = pane.window.end_ms == kMaxTimestamp;
      const char* const kind = pane.kind == PaneKind::early  ? "early"
                               : pane.kind == PaneKind::late ? "late"
                                                             : "on time";
      results.push_back(
          fmt::format("{}{}={} {}", pane.retraction ? "-" : "",
                      all ? "all" : fmt::format("[{},{})", pane.window.start_ms, pane.window.end_ms),
                      pane.result.value, kind));
    }
    panes_.clear();
    return results;
  }
  std::optional<PaneOperator> operator_;
  ResultPanes panes_;
  std::int64_t now_ = 0;
  std::uint64_t next_ = 0;
};

PanePolicy panes(Accumulation accumulation, std::int64_t lateness_ms) {
  PanePolicy policy;
  policy.accumulation = accumulation;
  policy.allowed_lateness_ms = lateness_ms;
  return policy;
}

}  // namespace

SCENARIO("sessions: touching ones merge, and a late record may live in one (flink.md 3.2)") {
  Harness sessions{WindowDefinition::session(5)};
  sessions.at(0);
  sessions.at(5);   // touches [0, 5)
  sessions.at(20);  // a session of its own
  CHECK(sessions.watermark(8).empty());
  CHECK(sessions.watermark(9) == Results{"[0,10)=2 on time"});
  sessions.at(3, 1, Verdict::late_dropped);  // its session is gone
  CHECK(sessions.watermark(22).empty());
  sessions.at(16);  // late on its own ([16, 21)), but it touches a live session
  CHECK(sessions.watermark(kMaxTimestamp) == Results{"[16,25)=2 on time"});
}

SCENARIO("sessions: a late record joins two that were reported") {
  GIVEN("retracting panes: what a reader has of both is taken back") {
    Harness sessions{WindowDefinition::session(5), panes(Accumulation::retracting, 100)};
    sessions.at(0, 1);
    sessions.at(8, 10);
    CHECK(sessions.watermark(20) == Results{"[0,5)=1 on time", "[8,13)=10 on time"});
    CHECK(sessions.at(4, 100) == Results{"-[0,5)=1 late", "-[8,13)=10 late", "[0,13)=111 late"});
  }
  GIVEN("accumulating panes: the old rows stay with the reader") {
    Harness sessions{WindowDefinition::session(5), panes(Accumulation::accumulating, 100)};
    sessions.at(0, 1);
    sessions.at(8, 10);
    sessions.watermark(20);
    CHECK(sessions.at(4, 100) == Results{"[0,13)=111 late"});
  }
}

SCENARIO("sessions: the gap may be the record's own") {
  WindowDefinition definition = WindowDefinition::session(0);
  definition.gap_of = [](std::uint32_t, std::int64_t value) { return value; };
  Harness sessions{definition, {}, AggregateSpec::Function::count};
  sessions.at(0, 10);
  sessions.at(2, 1);  // inside the first: nothing is extended
  CHECK(sessions.watermark(9) == Results{"[0,10)=2 on time"});
}

SCENARIO("cumulate: windows that share their start, each step one more") {
  Harness windows{WindowDefinition::cumulate(12, 4)};
  windows.at(1, 1);
  windows.at(5, 10);
  windows.at(9, 100);
  CHECK(windows.watermark(11) == Results{"[0,4)=1 on time", "[0,8)=11 on time", "[0,12)=111 on time"});
}

SCENARIO("sliding on differences: [t - D, t] and [t + 1, t + 1 + D] for each record") {
  Harness windows{WindowDefinition::sliding(3)};
  windows.at(10, 1);
  windows.at(12, 10);
  CHECK(windows.watermark(kMaxTimestamp) ==
        Results{"[7,11)=1 on time", "[9,13)=11 on time", "[11,15)=10 on time"});
}

SCENARIO("count windows: every n, and the rest when the input ends") {
  Harness tumbling{WindowDefinition::count(2)};
  CHECK(tumbling.at(5, 1).empty());
  CHECK(tumbling.at(1, 10) == Results{"all=11 on time"});
  tumbling.at(2, 100);
  CHECK(tumbling.watermark(1000).empty());
  CHECK(tumbling.watermark(kMaxTimestamp) == Results{"all=100 on time"});

  Harness sliding{WindowDefinition::count(3, 2)};
  sliding.at(1, 1);
  CHECK(sliding.at(2, 10) == Results{"all=11 on time"});
  sliding.at(3, 100);
  CHECK(sliding.at(4, 1000) == Results{"all=1110 on time"});  // the last three
}

SCENARIO("panes: early by number and by processing time, on time, late") {
  PanePolicy policy;
  policy.early_every_records = 3;
  policy.early_every_ms = 100;
  policy.late_every_records = 2;
  policy.allowed_lateness_ms = 50;
  GIVEN("accumulating") {
    Harness windows{WindowDefinition::tumbling(10), policy};
    windows.at(1, 1);
    CHECK(windows.time(99).empty());
    CHECK(windows.time(100) == Results{"[0,10)=1 early"});
    windows.at(2, 10);
    windows.at(3, 100);
    CHECK(windows.at(4, 1000) == Results{"[0,10)=1111 early"});
    CHECK(windows.time(500).empty());     // nothing new
    CHECK(windows.watermark(9).empty());  // an early pane had everything
    CHECK(windows.at(5, 10000).empty());  // the first of two late ones
    CHECK(windows.at(6, 20000) == Results{"[0,10)=31111 late"});
    CHECK(windows.at(7, 50000).empty());
    CHECK(windows.watermark(59) == Results{"[0,10)=81111 late"});  // what is left over when it goes
    windows.at(8, 1, Verdict::late_dropped);
  }
  GIVEN("discarding: the panes add up") {
    policy.accumulation = Accumulation::discarding;
    Harness windows{WindowDefinition::tumbling(10), policy};
    windows.at(1, 1);
    CHECK(windows.time(100) == Results{"[0,10)=1 early"});
    windows.at(2, 10);
    CHECK(windows.watermark(9) == Results{"[0,10)=10 on time"});
    windows.at(3, 100);
    CHECK(windows.watermark(60) == Results{"[0,10)=100 late"});
  }
  GIVEN("retracting: pairs") {
    policy.accumulation = Accumulation::retracting;
    Harness windows{WindowDefinition::tumbling(10), policy};
    windows.at(1, 1);
    CHECK(windows.time(100) == Results{"[0,10)=1 early"});
    windows.at(2, 10);
    CHECK(windows.watermark(9) == Results{"-[0,10)=1 on time", "[0,10)=11 on time"});
  }
}

SCENARIO("global: all records of a key, in early panes and at the end") {
  PanePolicy policy;
  policy.early_every_records = 2;
  Harness global{WindowDefinition::global(), policy};
  global.at(1, 1);
  CHECK(global.at(900, 10) == Results{"all=11 early"});
  global.at(5, 100);
  CHECK(global.watermark(kMaxTimestamp) == Results{"all=111 on time"});
}

SCENARIO("what windows cost: slices update once a record, buckets once a window (science.md 2)") {
  constexpr std::uint64_t kRecords = 6000;
  const auto run = [](WindowedAggregation::Storage storage) {
    WindowedAggregation spec;
    spec.windows = WindowDefinition::hopping(60'000, 5'000);
    spec.storage = storage;
    PaneOperator windows{spec};
    ResultPanes out;
    std::size_t most_bytes = 0;
    for (std::uint64_t i = 0; i < kRecords; ++i) {
      windows.add(0, static_cast<std::uint32_t>(i % 10), static_cast<TimestampMs>(i * 100),
                  sim::EventId{0, i}, 1, 0, out);
      if (i % 100 == 0) windows.advance_watermark(static_cast<TimestampMs>(i * 100) - 1, out);
      most_bytes = std::max(most_bytes, windows.state_bytes());
    }
    windows.advance_watermark(kMaxTimestamp, out);
    return std::pair{windows.costs(), most_bytes};
  };
  const auto [slices, slice_bytes] = run(WindowedAggregation::Storage::slices);
  const auto [buckets, bucket_bytes] = run(WindowedAggregation::Storage::buckets);
  CHECK(slices.records == kRecords);
  CHECK(slices.updates == kRecords);
  CHECK(buckets.updates == kRecords * 12);
  CHECK(buckets.combines == 0);
  CHECK(slices.panes == buckets.panes);
  CHECK(slices.windows == buckets.windows);
  // Each slice of each key is combined once into each of its 12 windows.
  CHECK(slices.slices == kRecords * 100 / 5000 * 10);
  CHECK(slices.combines == slices.slices * 12);
  CHECK(slice_bytes < 2 * bucket_bytes);
}

SCENARIO("impossible settings are told in words") {
  const auto problem = [](const WindowDefinition& windows, const PanePolicy& policy = {}) {
    WindowedAggregation spec;
    spec.windows = windows;
    spec.panes = policy;
    const std::vector<std::string> found = spec.problems();
    return found.empty() ? std::string{} : found.front();
  };
  CHECK(problem(WindowDefinition::session(0)) == "the session gap must be greater than 0 ms, not 0 ms");
  CHECK(problem(WindowDefinition::cumulate(10, 3)) ==
        "the step of 3 ms must divide the greatest size of 10 ms");
  CHECK(problem(WindowDefinition::count(3, 4)) ==
        "a count window of 3 records, every 4: 0 < every <= records");
  CHECK(problem(WindowDefinition::tumbling(10, 10)) ==
        "the window offset must be shorter than 10 ms, not 10 ms");
  CHECK(problem(WindowDefinition::tumbling(0)) == "the window size must be greater than 0 ms, not 0 ms");
  CHECK_FALSE(problem(WindowDefinition::count(3), panes(Accumulation::retracting, 0)).empty());
  CHECK_FALSE(problem(WindowDefinition::session(5).in(TimeZone::load("UTC").zone)).empty());
}

SCENARIO("the oracle notices: one record more or less, another lateness, another value") {
  const std::vector<ArrivedRecord> records{{0, 1, sim::EventId{0, 0}, 5, kMinTimestamp},
                                           {0, 2, sim::EventId{0, 1}, 7, 11}};
  AggregateSpec sum;
  sum.function = AggregateSpec::Function::sum;
  const auto truth = batch_windows(WindowDefinition::tumbling(10), sum, 0, records);
  REQUIRE(truth.windows.size() == 1);
  CHECK(truth.windows[0].result.value == 5);
  CHECK(truth.late == std::vector<sim::EventId>{sim::EventId{0, 1}});
  const auto patient = batch_windows(WindowDefinition::tumbling(10), sum, 5, records);
  CHECK(patient.windows[0].result.value == 12);
  CHECK(patient.late.empty());
}

}  // namespace wrackline::event_time::window
