// W1 to W8 and V-07 to V-09 of the reference: how the global watermark comes about.
#include "engine/event_time/spark/processing_time_executor.hpp"
#include "tests/event_time_spark/harness.hpp"

namespace wrackline::event_time::spark::tests {
namespace {

/// The tracker of two nodes, fed with the largest time that each saw in a batch, if any.
struct TwoNodes {
  TwoNodes(MultipleWatermarkPolicy policy, std::int64_t first_delay, std::int64_t second_delay)
      : tracker{policy, {first_delay, second_delay}} {}

  std::int64_t batch(std::optional<std::int64_t> first, std::optional<std::int64_t> second) {
    std::vector<EventTimeStats> stats(2);
    if (first) stats[0].add(*first);
    if (second) stats[1].add(*second);
    tracker.update(stats);
    return tracker.current_ms();
  }
  WatermarkTracker tracker;
};

SCENARIO("W1: the statistics are of whole milliseconds rounded down, and the mean is a running one") {
  EventTimeStats stats;
  for (int copy = 0; copy < 5; ++copy)
    for (std::int64_t ms = 10000; ms <= 15000; ms += 1000) stats.add(ms);
  CHECK(stats.min_ms == 10000);
  CHECK(stats.max_ms == 15000);
  CHECK(static_cast<std::int64_t>(stats.avg_ms) == 12499);
  CHECK(us_to_ms(9'999'999) == 9999);
  CHECK(us_to_ms(-1) == -1);
}

SCENARIO("W2, W3, V-07: the least of two nodes, where one without rows counts as 0") {
  TwoNodes min{MultipleWatermarkPolicy::min, 10000, 5000};
  CHECK(min.batch(11000, {}) == 0);
  CHECK(min.batch({}, 6000) == 1000);
  CHECK(min.batch({}, 8000) == 1000);
  CHECK(min.batch(21000, {}) == 3000);
  CHECK(min.batch({}, 39000) == 11000);
  CHECK(min.batch(31000, {}) == 21000);
}

SCENARIO("W3, V-08: the most of two nodes") {
  TwoNodes max{MultipleWatermarkPolicy::max, 10000, 15000};
  CHECK(max.batch(20000, 30000) == 15000);
  CHECK(max.batch(120000, 130000) == 115000);
  CHECK(max.batch(150000, {}) == 140000);
}

SCENARIO("W4: the global watermark starts at 0, is never negative and never goes back") {
  WatermarkTracker tracker{MultipleWatermarkPolicy::min, {10000}};
  EventTimeStats early;
  early.add(-50000);
  tracker.update({&early, 1});
  CHECK(tracker.current_ms() == 0);
  EventTimeStats late;
  late.add(30000);
  tracker.update({&late, 1});
  tracker.update({&early, 1});
  CHECK(tracker.current_ms() == 20000);
}

SCENARIO("W6: a new run remembers the global watermark and forgets the nodes") {
  TwoNodes min{MultipleWatermarkPolicy::min, 0, 0};
  CHECK(min.batch(50, 40) == 40);
  min.tracker.restart();
  CHECK(min.tracker.current_ms() == 40);
  CHECK(min.batch(90, {}) == 40);
  CHECK(min.batch({}, 70) == 70);
}

SCENARIO("the policy's name is read in any case, and nothing else passes") {
  CHECK(parse_policy("MAX") == MultipleWatermarkPolicy::max);
  CHECK(parse_policy("min") == MultipleWatermarkPolicy::min);
  CHECK_FALSE(parse_policy("median"));
}

SCENARIO("W5, V-09: the watermark of a batch takes effect in the next one") {
  Query query{five_second_counts(10000)};
  query.add({{15000}});
  REQUIRE(query.batches().size() == 2);
  CHECK(query.batches()[0].watermark_ms == 0);
  CHECK(query.batches()[0].next_watermark_ms == 5000);
  CHECK(query.batches()[1].watermark_ms == 5000);
  CHECK(query.batches()[1].input_rows == 0);
}

SCENARIO("W8: a query without state drops nothing and runs no batch without data") {
  Query query{select(marked(0), {"ts"})};
  query.add({{50000}});
  CHECK(query.add({{1000}}) == Lines{"1000"});
  CHECK(query.batches().size() == 1);
}

SCENARIO("2.6: an addData without rows makes a batch") {
  Query query{five_second_counts(0)};
  query.add({});
  CHECK(query.batches().size() == 1);
}

SCENARIO("2.6, V-04: Trigger.Once runs no batch without data; the next run uses the watermark") {
  Query query{five_second_counts(10000)};
  CHECK(query.once({{15000}}) == Lines{});
  CHECK(query.once({{10000}, {12000}, {14000}}) == Lines{});
  CHECK(query.once({{25000}}) == Lines{});
  CHECK(query.once({{50000}}) == Lines{"[10000,15000) 3"});
  CHECK(query.once({{50000}}) == Lines{"[15000,20000) 1", "[25000,30000) 1"});
}

SCENARIO(
    "V-25, V-26: the trigger fires on whole multiples of the interval, and what went by is not made up for") {
  const ProcessingTimeExecutor trigger{1000};
  CHECK(trigger.next_batch_time_ms(0) == 1000);
  CHECK(trigger.next_batch_time_ms(1000) == 2000);
  CHECK(trigger.next_batch_time_ms(1499) == 2000);
  CHECK(trigger.next_firing_ms(1000, 3500) == 3500);
  CHECK(trigger.next_firing_ms(3500, 3600) == 4000);
  CHECK(ProcessingTimeExecutor{0}.next_batch_time_ms(5) == 5);
}

SCENARIO("conditions that are not about the event time are evaluated below the watermark node") {
  Query query{count_by(window(filter(marked(0), {{"value", CompareOp::gt, Value::bigint(0)}}), 5000), {"w"})};
  query.add({{20000, 'a', 0}});
  CHECK(query.watermark_ms() == 0);
  query.add({{20000, 'a', 1}});
  CHECK(query.watermark_ms() == 20000);
}

}  // namespace
}  // namespace wrackline::event_time::spark::tests
