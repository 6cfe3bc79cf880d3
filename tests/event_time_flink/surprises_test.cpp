// docs/surprises/flink.md, number by number: what the page says is what the classes do.
#include "engine/event_time/flink/checkpoint_barrier_handler.hpp"
#include "engine/event_time/flink/checkpoint_barrier_tracker.hpp"
#include "engine/event_time/flink/interval_join.hpp"
#include "engine/event_time/flink/source_watermarks.hpp"
#include "engine/event_time/flink/sql_window.hpp"
#include "engine/event_time/flink/timestamps_and_watermarks_operator.hpp"
#include "tests/event_time_flink/harness.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::flink {
namespace {

const Lines kNothing{};
const WatermarkEvent kIdle = WatermarkEvent::status(WatermarkStatus::idle);
const WatermarkEvent kActive = WatermarkEvent::status(WatermarkStatus::active);
WatermarkEvent w(TimestampMs ts) { return WatermarkEvent::watermark(ts); }
using Verdict = WindowOperator::Verdict;

TEST_CASE("Surprise 1: a source that went idle stays idle while records flow") {
  TimestampsAndWatermarksOperator op{{.bound_ms = 2, .idle_timeout_ms = 100}, 50, 0};
  WatermarkEvents out;
  op.on_record(100, out);
  for (const std::int64_t now : {50, 100, 150, 200, 250}) op.on_processing_time(now, out);
  CHECK(out == WatermarkEvents{w(97), kIdle});
  out.clear();
  op.on_record(20, out);
  for (const std::int64_t now : {300, 350}) op.on_processing_time(now, out);
  CHECK(out.empty());
  op.on_record(200, out);
  op.on_processing_time(400, out);
  CHECK(out == WatermarkEvents{kActive, w(197)});
}

TEST_CASE("Surprise 2: all inputs idle: 1.20 keeps the slowest watermark, 2.x flushes the fastest") {
  const auto said = [](Version version, std::size_t first) {
    OperatorInputs inputs{2, version};
    WatermarkEvents out;
    inputs.on_watermark(0, 5, out);
    inputs.on_watermark(1, 2, out);
    out.clear();
    inputs.on_status(first, WatermarkStatus::idle, out);
    inputs.on_status(1 - first, WatermarkStatus::idle, out);
    return out;
  };
  CHECK(said(Version::v1_20, 0) == WatermarkEvents{kIdle});
  CHECK(said(Version::v2_2, 0) == WatermarkEvents{w(5), kIdle});
  CHECK(said(Version::v1_20, 1) == WatermarkEvents{w(5), kIdle});
  CHECK(said(Version::v2_2, 1) == WatermarkEvents{w(5), kIdle});
}

TEST_CASE("Surprise 3: the multiplexer says idle again at every combination") {
  WatermarkOutputMultiplexer multiplexer{Version::v2_2};
  MultiplexerEvents out;
  for (const OutputId id : {0U, 1U}) multiplexer.register_output(id);
  for (const OutputId id : {0U, 1U}) multiplexer.immediate(id, kIdle, out);
  for (int i = 0; i < 3; ++i) multiplexer.on_periodic_emit(out);
  CHECK(std::count_if(out.begin(), out.end(), [](const MultiplexerEvent& event) {
          return event.kind == MultiplexerEvent::Kind::idle;
        }) == 4);
}

TEST_CASE("Surprise 4: a source without splits is not idle, unless it may time out") {
  SourceEvents out;
  SourceWatermarks patient{{.bound_ms = 0}, 100, 0, Version::v2_2};
  patient.on_processing_time(100'000, out);
  CHECK(out.empty());
  SourceWatermarks impatient{{.idle_timeout_ms = 250}, 100, 0, Version::v2_2};
  for (const std::int64_t now : {100, 200, 300}) impatient.on_processing_time(now, out);
  CHECK(out.empty());
  impatient.on_processing_time(400, out);
  REQUIRE_FALSE(out.empty());
  CHECK(out.front().kind == SourceEvent::Kind::idle);
}

TEST_CASE("Surprise 5: a huge allowed lateness fails the first merge after a watermark") {
  Harness sessions{session(10, kMaxTimestamp)};
  sessions.element(0, 1, 0);
  sessions.watermark(5);
  sessions.element(0, 1, 5);
  CHECK(sessions.verdict == Verdict::failed);
  CHECK(sessions.op.failure()->message ==
        "The end timestamp of an event-time window cannot become earlier than the current watermark by "
        "merging. "
        "Current watermark: 5 window: TimeWindow{start=0, end=15}");
  Harness tumbles{tumbling(10, kMaxTimestamp)};
  tumbles.element(0, 1, 0);
  CHECK(tumbles.watermark(100) == Lines{"k0,1@9"});
  CHECK(tumbles.element(0, 1, 5) == Lines{"k0,2@9"});
}

TEST_CASE("Surprise 6: sessions take a record without a timestamp, tumbling windows fail") {
  Harness tumbles{tumbling(10)};
  tumbles.element(0, 7, kMinTimestamp);
  CHECK(tumbles.verdict == Verdict::failed);
  CHECK(tumbles.op.failure()->exception == "java.lang.RuntimeException");
  Harness sessions{session(10)};
  sessions.element(0, 7, kMinTimestamp);
  CHECK(sessions.verdict == Verdict::accepted);
  CHECK(sessions.watermark(-1'000'000).size() == 1);
  CHECK(sessions.last.front().window == TimeWindow{kMinTimestamp, kMinTimestamp + 10});
}

TEST_CASE("Surprise 7: in a gap between windows a record vanishes, and counts only when it is late") {
  Harness h{sliding(10, 30)};
  h.element(0, 1, 15);
  CHECK(h.verdict == Verdict::vanished);
  CHECK(h.op.state_entries() == 0);
  h.watermark(15);
  h.element(0, 1, 15);
  CHECK(h.verdict == Verdict::late);
}

TEST_CASE("Surprise 8: a window at the end of the axis ends before it starts, and fires at once") {
  Harness h{tumbling(1000)};
  h.element(0, 1, kMaxTimestamp);
  CHECK(h.watermark(0).size() == 1);
  CHECK(h.last.front().window.start > h.last.front().window.end);
  h.element(0, 1, kMaxTimestamp);
  CHECK(h.verdict == Verdict::vanished);
}

TEST_CASE("Surprise 9: a dynamic session that is equal to the merged one loses what was there") {
  Harness h{dynamic_session()};
  h.element(0, 1, -60, 1);
  h.element(0, -4, -59, 1);
  h.element(0, 5, -60, 2);
  CHECK(h.verdict == Verdict::accepted);
  CHECK(h.watermark(-48) == Lines{"k0,5@-59"});
  CHECK(h.last.front().window == TimeWindow{-60, -58});
  CHECK(h.late == 0);
  CHECK(h.op.state_entries() == 1);
}

TEST_CASE("Surprise 10: sessions merge when they touch, and a late record that touches is kept") {
  Harness touching{session(10)};
  touching.element(0, 1, 0);
  touching.element(0, 1, 10);
  CHECK(touching.watermark(100) == Lines{"k0,2@19"});
  Harness apart{session(10)};
  apart.element(0, 1, 0);
  apart.element(0, 1, 11);
  CHECK(apart.watermark(100) == Lines{"k0,1@20", "k0,1@9"});
  Harness late{session(10)};
  late.element(0, 1, 1);
  late.watermark(9);
  late.element(0, 1, -5);
  CHECK(late.verdict == Verdict::accepted);
  CHECK(late.watermark(10) == Lines{"k0,2@10"});
  CHECK(late.last.front().window == TimeWindow{-5, 11});
}

TEST_CASE("Surprise 11: a continuous trigger on a global window never ends") {
  WindowOperatorConfig config = global();
  config.trigger = {continuous(10)};
  Harness h{config};
  h.element(0, 1, 0);
  CHECK(h.watermark(10) == Lines{"k0,1@MAX"});
  h.watermark(kMaxTimestamp);
  CHECK_FALSE(h.alive);
  CHECK(h.op.failure()->endless);
}

TEST_CASE("Surprise 12: a time-out around a purging count fires without purging") {
  WindowOperatorConfig config = global();
  config.trigger = {processing_timeout(100), purging(), count(3)};
  Harness h{config};
  h.element(0, 1, 0);
  h.element(0, 1, 0);
  CHECK(h.clock(100) == Lines{"k0,2@MAX"});
  CHECK(h.element(0, 1, 0) == kNothing);
  CHECK(h.clock(200) == Lines{"k0,3@MAX"});
}

TEST_CASE("Surprise 13: the window function runs on nothing") {
  WindowOperatorConfig config = tumbling(10);
  config.evictor = Evictor{.kind = Evictor::Kind::delta, .threshold = 0};
  Harness h{config};
  h.element(0, 5, 1);
  CHECK(h.watermark(9) == Lines{"k0,0@9"});
  CHECK(h.last.front().count == 0);
}

TEST_CASE("Surprise 14: a count does not fire at the end of the window") {
  WindowOperatorConfig config = tumbling(10);
  config.trigger = {count(3)};
  Harness h{config};
  h.element(0, 1, 0);
  h.element(0, 1, 1);
  CHECK(h.watermark(9) == kNothing);
  CHECK(h.op.state_entries() == 0);
}

TEST_CASE("Surprise 15: exclusive bounds (1,1) never match") {
  const IntervalJoinConfig config{
      .lower_ms = 1, .upper_ms = 1, .lower_inclusive = false, .upper_inclusive = false};
  REQUIRE(config.problems().empty());
  IntervalJoin join{config};
  std::vector<JoinPair> pairs;
  for (TimestampMs ts = 0; ts < 5; ++ts) {
    join.add(JoinSide::left, 0, 1, ts, pairs);
    join.add(JoinSide::right, 0, 2, ts, pairs);
  }
  CHECK(pairs.empty());
  CHECK(join.buffers() == 2);
}

TEST_CASE("Surprise 16: late in an interval join is strict") {
  IntervalJoin join{{.lower_ms = 0, .upper_ms = 0}};
  std::vector<JoinPair> pairs;
  join.advance_watermark(10);
  CHECK(join.add(JoinSide::left, 0, 1, 10, pairs) == IntervalJoin::Verdict::joined);
  CHECK(join.add(JoinSide::left, 0, 2, 9, pairs) == IntervalJoin::Verdict::late);
}

TEST_CASE("Surprise 17: SQL refuses hops that the DataStream API takes") {
  const SliceAssigner hop{.kind = SliceAssigner::Kind::hop, .size_ms = 3000, .step_ms = 2000};
  CHECK_FALSE(hop.aggregate_problems().empty());
  CHECK(sliding(3000, 2000).assigner.problems(Version::v2_2).empty());
}

std::vector<TimeWindow> fired(SqlWindowAggregate& aggregate, TimestampMs watermark) {
  std::vector<SqlAggregateRow> rows;
  aggregate.advance_watermark(watermark, rows);
  std::vector<TimeWindow> windows;
  for (const SqlAggregateRow& row : rows) windows.push_back(row.window);
  return windows;
}

TEST_CASE("Surprise 18: CUMULATE repeats itself") {
  SqlWindowAggregate aggregate{{.kind = SliceAssigner::Kind::cumulate, .size_ms = 4000, .step_ms = 1000},
                               false};
  aggregate.add(0, 100, 1);
  for (const TimestampMs end : {1000, 2000, 3000, 4000})
    CHECK(fired(aggregate, end - 1) == std::vector<TimeWindow>{{0, end}});
  CHECK(fired(aggregate, 4999).empty());
}

TEST_CASE("Surprise 19: a row that is late in SQL may still count") {
  SqlWindowAggregate hop{{.kind = SliceAssigner::Kind::hop, .size_ms = 2000, .step_ms = 1000}, false};
  CHECK(fired(hop, 999).empty());
  hop.add(0, 500, 1);
  CHECK(fired(hop, 5000) == std::vector<TimeWindow>{{0, 2000}});
  SqlWindowAggregate tumble{{.size_ms = 1000, .step_ms = 1000}, false};
  fired(tumble, 999);
  tumble.add(0, 500, 1);
  CHECK(tumble.late_dropped() == 1);
}

TEST_CASE("Surprise 20: after an aligned time-out a channel that delivered its barrier stays blocked") {
  InputGate gate{2};
  CheckpointBarrierHandler handler{gate, true, true};
  const CheckpointBarrier barrier{1, 0, Alignment::aligned, 100};
  BarrierEvents out;
  handler.process_barrier(barrier, 0, 0, out);
  CHECK(handler.timer_due_ms() == 100);
  handler.on_timer(out);
  REQUIRE(out.size() == 1);
  CHECK(out[0].kind == BarrierEvent::Kind::trigger);
  CHECK(out[0].alignment == Alignment::unaligned);
  handler.process_barrier(barrier, 1, 150, out);
  REQUIRE(out.size() == 3);
  CHECK(out[1].kind == BarrierEvent::Kind::resume);
  CHECK(out[2].kind == BarrierEvent::Kind::resume);
}

TEST_CASE("Surprise 21: at least once, one cancel marker aborts everything up to its id") {
  CheckpointBarrierTracker tracker{2, true};
  BarrierEvents out;
  for (const CheckpointId id : {1, 2, 3})
    tracker.process_barrier({id, 0, Alignment::at_least_once, 0}, 0, 0, out);
  tracker.process_cancellation(2, 0, out);
  tracker.process_cancellation(2, 1, out);
  REQUIRE(out.size() == 2);
  CHECK(out[0].checkpoint == 1);
  CHECK(out[1].checkpoint == 2);

  CheckpointBarrierTracker many{2, true};
  out.clear();
  for (CheckpointId id = 1; id <= 51; ++id)
    many.process_barrier({id, 0, Alignment::at_least_once, 0}, 0, 0, out);
  many.process_barrier({1, 0, Alignment::at_least_once, 0}, 1, 0, out);
  CHECK(out.empty());
}

}  // namespace
}  // namespace wrackline::event_time::flink
