// The window operator: statements L, S, G and P of reference/flink.md 11.2 to 11.4.
#include "tests/event_time_flink/harness.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::flink {
namespace {

const Lines kNothing{};
using Verdict = WindowOperator::Verdict;

void tumbling_input(Harness& h) {
  for (const TimestampMs ts : {3999, 3000}) h.element(2, 1, ts);
  for (const TimestampMs ts : {20, 0, 999}) h.element(1, 1, ts);
  for (const TimestampMs ts : {1998, 1999, 1000}) h.element(2, 1, ts);
}

TEST_CASE(
    "L-1: tumbling windows fire when the watermark reaches their last millisecond, also after a restore") {
  Harness h{tumbling(3000)};
  tumbling_input(h);
  CHECK(h.watermark(999) == kNothing);
  CHECK(h.watermark(1999) == kNothing);
  h.op.restore();
  CHECK(h.op.watermark() == kMinTimestamp);
  CHECK(h.watermark(2999) == Lines{"k1,3@2999", "k2,3@2999"});
  CHECK(h.watermark(3999) == kNothing);
  CHECK(h.watermark(5999) == Lines{"k2,2@5999"});
  CHECK(h.watermark(9999) == kNothing);
  CHECK(h.op.state_entries() == 0);
  CHECK(h.op.event_timers() == 0);
}

TEST_CASE("L-2: sliding windows") {
  Harness h{sliding(3000, 1000)};
  tumbling_input(h);
  CHECK(h.watermark(999) == Lines{"k1,3@999"});
  CHECK(h.watermark(1999) == Lines{"k1,3@1999", "k2,3@1999"});
  CHECK(h.watermark(2999) == Lines{"k1,3@2999", "k2,3@2999"});
  CHECK(h.watermark(3999) == Lines{"k2,5@3999"});
  CHECK(h.watermark(4999) == Lines{"k2,2@4999"});
  CHECK(h.watermark(5999) == Lines{"k2,2@5999"});
}

TEST_CASE("L-3: an element within the allowed lateness fires at once; purged contents are gone") {
  WindowOperatorConfig config = tumbling(2000, 500);
  config.trigger = {purging(), on_event_time()};
  Harness h{config};
  h.element(0, 1, 500);
  h.watermark(1500);
  h.element(0, 1, 1300);
  CHECK(h.watermark(2300) == Lines{"k0,2@1999"});
  CHECK(h.element(0, 1, 1997) == Lines{"k0,1@1999"});
  h.watermark(6000);
  h.element(0, 1, 1998);
  CHECK(h.verdict == Verdict::late);
}

TEST_CASE("L-4, L-8: without lateness a window accepts until the watermark is at its last millisecond") {
  Harness h{tumbling(2000)};
  h.element(0, 1, 1000);
  h.watermark(1998);
  h.element(0, 1, 1500);
  CHECK(h.verdict == Verdict::accepted);
  CHECK(h.watermark(1999) == Lines{"k0,2@1999"});
  h.element(0, 1, 1998);
  CHECK(h.verdict == Verdict::late);
}

TEST_CASE("L-5, L-9: late for some windows is not late; late for all counts once") {
  Harness h{sliding(3000, 1000)};
  h.element(2, 1, 1000);
  CHECK(h.watermark(1999) == Lines{"k2,1@1999"});
  h.element(2, 1, 2000);
  CHECK(h.watermark(3000) == Lines{"k2,2@2999"});
  h.element(2, 1, 2400);
  CHECK(h.verdict == Verdict::accepted);
  h.element(1, 1, 3001);
  CHECK(h.watermark(6000) == Lines{"k1,1@3999", "k1,1@4999", "k1,1@5999", "k2,2@4999", "k2,3@3999"});
  h.element(1, 1, 3001);
  CHECK(h.late == 1);
}

TEST_CASE("L-6: a cleanup time beyond the axis is MAX: no timer, no cleanup") {
  Harness h{tumbling(1000, 2000)};
  const TimestampMs ts = kMaxTimestamp - 1750;
  const TimestampMs last = window_start(ts, 0, 1000) + 999;
  h.element(0, 1, ts);
  CHECK(h.watermark(kMaxTimestamp - 1500) == kNothing);
  CHECK(h.watermark(last) == Lines{"k0,1@" + std::to_string(last)});
}

TEST_CASE("L-7, L-10: late panes accumulate, then the window is cleaned in silence") {
  Harness h{tumbling(2000, 500)};
  h.element(0, 1, 500);
  CHECK(h.watermark(2000) == Lines{"k0,1@1999"});
  CHECK(h.element(0, 1, 600) == Lines{"k0,2@1999"});
  CHECK(h.watermark(2498) == kNothing);
  CHECK(h.element(0, 1, 700) == Lines{"k0,3@1999"});
  CHECK(h.watermark(2499) == kNothing);
  CHECK(h.op.state_entries() == 0);
  h.element(0, 1, 800);
  CHECK(h.verdict == Verdict::late);
}

TEST_CASE("S-1: sessions per key; 5500 and 5501 do not touch") {
  Harness h{session(3000)};
  h.element(2, 1, 0);
  h.element(2, 2, 1000);
  h.element(2, 3, 2500);
  h.element(1, 1, 10);
  h.element(1, 2, 1000);
  h.op.restore();
  h.element(1, 3, 2500);
  for (const auto& [value, ts] : {std::pair{4, 5501}, {5, 6000}, {5, 6000}, {6, 6050}})
    h.element(2, value, ts);
  CHECK(h.watermark(12000) == Lines{"k1,6@5499", "k2,20@9049", "k2,6@5499"});
  h.element(2, 10, 15000);
  h.element(2, 20, 15000);
  CHECK(h.watermark(17999) == Lines{"k2,30@17999"});
  CHECK(h.op.state_entries() == 0);
}

/// The input of S-2 to S-5 up to the record that is late on its own.
void late_session_input(Harness& h) {
  h.element(0, 1, 1000);
  h.watermark(1999);
  h.element(0, 1, 2000);
  h.watermark(4998);
  h.element(0, 1, 4500);
  h.element(0, 1, 8500);
  h.watermark(7400);
  h.element(0, 1, 7000);
  CHECK(h.watermark(11501) == Lines{"k0,5@11499"});
  h.element(0, 1, 11600);
  CHECK(h.watermark(14600) == Lines{"k0,1@14599"});
}

TEST_CASE("S-2: without lateness the late record is late") {
  Harness h{session(3000)};
  late_session_input(h);
  h.element(0, 1, 10000);
  CHECK(h.verdict == Verdict::late);
  h.element(0, 1, 14500);
  CHECK(h.watermark(20000) == Lines{"k0,1@17499"});
}

TEST_CASE("S-3 to S-5: a record that is late on its own and touches a live session is kept") {
  WindowOperatorConfig config = session(3000, 10);
  config.trigger = {purging(), on_event_time()};
  Harness purged{config};
  late_session_input(purged);
  CHECK(purged.element(0, 1, 10000) == Lines{"k0,1@14599"});

  Harness kept{session(3000, 10)};
  late_session_input(kept);
  CHECK(kept.element(0, 1, 10000) == Lines{"k0,2@14599"});
  kept.element(0, 1, 14500);
  CHECK(kept.watermark(20000) == Lines{"k0,3@17499"});
  CHECK(kept.late == 0);

  Harness huge{session(3000, 10000)};
  late_session_input(huge);
  CHECK(huge.element(0, 1, 10000) == Lines{"k0,7@14599"});
}

TEST_CASE("S-7: counts merge with the sessions") {
  WindowOperatorConfig config = session(3000);
  config.trigger = {purging(), count(4)};
  Harness h{config};
  for (const auto& [value, ts] : {std::pair{1, 0}, {2, 1000}, {3, 2500}}) h.element(2, value, ts);
  CHECK(h.element(2, 4, 3500) == Lines{"k2,10@6499"});
  for (const auto& [value, ts] : {std::pair{1, 10}, {2, 1000}, {3, 2500}, {1, 6000}, {2, 6500}, {3, 7000}})
    CHECK(h.element(1, value, ts) == kNothing);
  CHECK(h.element(1, 10, 4500) == Lines{"k1,22@9999"});
}

TEST_CASE("S-8: a continuous trigger over sessions takes the earliest next firing") {
  WindowOperatorConfig config = session(3000);
  config.trigger = {continuous(2000)};
  Harness h{config};
  h.element(1, 1, 1500);
  for (const auto& [value, ts] : {std::pair{1, 0}, {3, 2500}, {2, 1000}}) h.element(2, value, ts);
  CHECK(h.watermark(2500) == Lines{"k1,1@4499", "k2,6@5499"});
  h.element(2, 5, 4000);
  CHECK(h.watermark(3000) == kNothing);
  h.op.restore();
  h.element(1, 2, 4000);
  h.element(2, 4, 3500);
  CHECK(h.watermark(4000) == Lines{"k1,3@6999", "k2,15@6999"});
}

TEST_CASE("G-1, G-3: continuous firing and the end of the stream on global windows") {
  WindowOperatorConfig config = global();
  config.trigger = {continuous(3000)};
  Harness h{config};
  h.element(1, 1, 0);
  for (const TimestampMs ts : {3000, 3999}) h.element(2, 1, ts);
  for (const TimestampMs ts : {20, 999}) h.element(1, 1, ts);
  for (const TimestampMs ts : {1998, 1999, 1000}) h.element(2, 1, ts);
  CHECK(h.watermark(2000) == kNothing);
  CHECK(h.watermark(3000) == Lines{"k1,3@MAX"});
  CHECK(h.watermark(6000) == Lines{"k1,3@MAX", "k2,5@MAX"});
  CHECK(h.watermark(8000) == kNothing);

  Harness end{{.assigner = {.kind = WindowAssigner::Kind::global_end_of_stream}}};
  end.element(1, 3, 0);
  CHECK(end.watermark(kMaxTimestamp - 1) == kNothing);
  CHECK(end.watermark(kMaxTimestamp) == Lines{"k1,3@MAX"});
}

TEST_CASE("G-2: a count survives a restore, per key") {
  WindowOperatorConfig config = global();
  config.trigger = {purging(), count(4)};
  Harness h{config};
  for (const std::uint32_t key : {2U, 2U, 1U, 1U, 1U, 2U}) CHECK(h.element(key, 1, 0) == kNothing);
  CHECK(h.element(2, 1, 0) == Lines{"k2,4@MAX"});
  h.op.restore();
  CHECK(h.element(2, 1, 0) == kNothing);
  CHECK(h.element(1, 1, 0) == Lines{"k1,4@MAX"});
}

TEST_CASE("G-4: an evictor after the function leaves what the next firing starts from") {
  WindowOperatorConfig config = global();
  config.trigger = {count(2)};
  config.evictor = Evictor{.kind = Evictor::Kind::count, .n = 4, .evict_after = true};
  Harness h{config};
  std::vector<std::int64_t> sums;
  for (int i = 0; i < 10; ++i) {
    h.element(0, 1, 0);
    for (const WindowResult& result : h.last) sums.push_back(result.sum);
  }
  CHECK(sums == std::vector<std::int64_t>{2, 4, 6, 6, 6});
}

TEST_CASE("G-5: a time evictor keeps what is younger than the newest minus its size") {
  WindowOperatorConfig config = tumbling(4000);
  config.trigger = {count(2)};
  config.evictor = Evictor{.kind = Evictor::Kind::time, .size_ms = 2000};
  Harness h{config};
  h.element(2, 1, 1000);
  CHECK(h.element(2, 1, 3999) == Lines{"k2,1@3999"});
  h.element(1, 1, 20);
  CHECK(h.element(1, 1, 0) == Lines{"k1,2@3999"});
  h.element(2, 1, 3500);
  CHECK(h.element(2, 1, 2001) == Lines{"k2,3@3999"});
}

TEST_CASE("3.7: a delta evictor measures against the last element") {
  WindowOperatorConfig config = tumbling(10);
  config.evictor = Evictor{.kind = Evictor::Kind::delta, .threshold = 5};
  Harness h{config};
  for (const std::int64_t value : {1, 6, 4, 9}) h.element(0, value, 0);
  CHECK(h.watermark(9) == Lines{"k0,15@9"});
}

TEST_CASE("P-1 to P-3: processing-time windows follow the clock alone") {
  WindowOperatorConfig config = tumbling(3000);
  config.assigner.processing_time = true;
  Harness h{config};
  h.clock(3);
  for (int i = 0; i < 3; ++i) h.element(2, 1, kMaxTimestamp);
  for (int i = 0; i < 2; ++i) h.element(1, 1, 7000);
  CHECK(h.watermark(kMaxTimestamp) == kNothing);
  CHECK(h.clock(5000) == Lines{"k1,2@2999", "k2,3@2999"});
  h.element(1, 3, 7000);
  CHECK(h.clock(7000) == Lines{"k1,3@5999"});

  WindowOperatorConfig hopping = sliding(3000, 1000);
  hopping.assigner.processing_time = true;
  Harness hops{hopping};
  hops.clock(3);
  hops.element(2, 1, 0);
  CHECK(hops.clock(1000) == Lines{"k2,1@999"});
  hops.element(2, 2, 0);
  CHECK(hops.clock(2000) == Lines{"k2,3@1999"});

  WindowOperatorConfig sessions = session(3000);
  sessions.assigner.processing_time = true;
  Harness gaps{sessions};
  gaps.clock(3);
  gaps.element(2, 1, 0);
  gaps.clock(1000);
  gaps.element(2, 1, 0);
  CHECK(gaps.clock(5000) == Lines{"k2,2@3999"});
}

TEST_CASE("3.6: a delta trigger fires when the value has moved by more than the threshold") {
  WindowOperatorConfig config = global();
  config.trigger = {{.kind = TriggerLayer::Kind::delta, .threshold = 3}};
  Harness h{config};
  CHECK(h.element(0, 1, 0) == kNothing);
  CHECK(h.element(0, 4, 0) == kNothing);
  CHECK(h.element(0, 5, 0) == Lines{"k0,10@MAX"});
  CHECK(h.element(0, 8, 0) == kNothing);
}

TEST_CASE("3.2: what Flink refuses before the first element") {
  WindowOperatorConfig config = session(1000);
  config.trigger = {{.kind = TriggerLayer::Kind::delta, .threshold = 3}};
  CHECK(config.refusal()->exception == "java.lang.UnsupportedOperationException");
  config.trigger = {processing_timeout(5), count(1)};
  CHECK(config.refusal().has_value());
  config.trigger = {purging(), count(1)};
  CHECK_FALSE(config.refusal().has_value());
  CHECK(tumbling(1000, -1).refusal()->message == "The allowed lateness cannot be negative.");
}

}  // namespace
}  // namespace wrackline::event_time::flink
