// Watermark generators, idleness and the combination over partitions: statements M of
// reference/flink.md 11.5.
#include <vector>

#include "engine/event_time/partition_watermarks.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time {
namespace {

using Emission = WatermarkStrategy::Emission;

PartitionWatermarks per_record(std::int64_t bound_ms, std::vector<PartitionId> partitions) {
  WatermarkStrategy strategy = WatermarkStrategy::bounded(bound_ms);
  strategy.emission = Emission::per_record;
  PartitionWatermarks watermarks{strategy};
  for (const PartitionId partition : partitions) watermarks.add_partition(partition);
  return watermarks;
}

TEST_CASE("M-1: the bounded generator says max timestamp - bound - 1, and MIN before the first record") {
  PartitionWatermarks watermarks{WatermarkStrategy::bounded(10)};
  watermarks.add_partition(0);
  CHECK(watermarks.on_periodic_emit(0) == kMinTimestamp);
  watermarks.on_record(0, 1337);
  CHECK(watermarks.current() == kMinTimestamp);
  CHECK(watermarks.on_periodic_emit(200) == 1326);
  for (const TimestampMs ts : {12345, 12300, 12340, 12280}) watermarks.on_record(0, ts);
  CHECK(watermarks.on_periodic_emit(400) == 12334);
  CHECK(watermarks.on_periodic_emit(600) == 12334);
  const std::vector<TimestampMs> batch{723456, 700000};
  watermarks.on_records(0, batch);
  CHECK(watermarks.on_periodic_emit(800) == 723445);
}

TEST_CASE("W1: ascending is one millisecond behind the maximum; none waits for the end") {
  WatermarkStrategy ascending = WatermarkStrategy::ascending();
  ascending.emission = Emission::per_record;
  PartitionWatermarks watermarks{ascending};
  watermarks.add_partition(3);
  CHECK(watermarks.on_record(3, 5) == 4);
  CHECK(watermarks.on_record(3, 2) == 4);

  PartitionWatermarks silent{WatermarkStrategy::none()};
  silent.add_partition(0);
  silent.on_record(0, 5);
  CHECK(silent.on_periodic_emit(1000) == kMinTimestamp);
  CHECK(silent.on_end_of_input() == kMaxTimestamp);
}

TEST_CASE("M-3: the task's watermark is the minimum over its partitions") {
  auto watermarks = per_record(0, {0, 1, 2});
  watermarks.on_record(0, 1);
  watermarks.on_record(1, 1);
  CHECK(watermarks.current() == kMinTimestamp);
  CHECK(watermarks.on_record(2, 1) == 0);
  watermarks.on_record(0, 13);
  watermarks.on_record(2, 9);
  CHECK(watermarks.on_record(2, 11) == 0);
  CHECK(watermarks.on_record(1, 16) == 10);
  CHECK(watermarks.slowest_partition() == 2);
  CHECK(watermarks.on_record(2, 18) == 12);
  CHECK(watermarks.on_record(0, 21) == 15);
}

TEST_CASE("A partition that joins holds the watermark where it is; one that leaves moves nothing by itself") {
  auto watermarks = per_record(0, {0});
  CHECK(watermarks.on_record(0, 101) == 100);
  watermarks.add_partition(1);
  CHECK(watermarks.on_record(0, 201) == 100);
  CHECK(watermarks.on_record(1, 51) == 100);
  CHECK(watermarks.on_record(1, 151) == 150);
  watermarks.remove_partition(1);
  CHECK(watermarks.current() == 150);
  CHECK(watermarks.on_periodic_emit(0) == 200);
  watermarks.remove_partition(0);
  CHECK(watermarks.on_periodic_emit(200) == 200);
  CHECK_FALSE(watermarks.idle());
}

TEST_CASE("M-11: idleness needs a quiet probe, and then strictly more than the time-out") {
  IdlenessTimer timer;
  CHECK_FALSE(timer.probe(0, 10));
  CHECK_FALSE(timer.probe(10, 10));
  CHECK(timer.probe(11, 10));
  timer.on_record();
  CHECK_FALSE(timer.probe(12, 10));
  CHECK_FALSE(timer.probe(40, 10));
  CHECK(timer.probe(51, 10));
}

TEST_CASE("FLINK-40503: time-out 10 ms, probes every 5 ms, last record at 4 ms: idle at 25 ms") {
  IdlenessTimer timer;
  timer.on_record();
  std::int64_t idle_at = 0;
  for (std::int64_t now = 5; idle_at == 0; now += 5)
    if (timer.probe(now, 10)) idle_at = now;
  CHECK(idle_at == 25);
}

TEST_CASE("An idle partition leaves the minimum, and comes back without pulling the watermark back") {
  WatermarkStrategy strategy = WatermarkStrategy::bounded(0);
  strategy.emission = Emission::per_record;
  strategy.idle_timeout_ms = 1000;
  PartitionWatermarks watermarks{strategy};
  watermarks.add_partition(0);
  watermarks.add_partition(1);
  watermarks.on_record(1, 51);
  std::int64_t now = 0;
  for (; now <= 1600; now += 200) {
    watermarks.on_record(0, 1001 + now);
    watermarks.on_periodic_emit(now);
  }
  CHECK(watermarks.partition_idle(1));
  CHECK(watermarks.current() == 2600);
  CHECK_FALSE(watermarks.idle());
  CHECK(watermarks.on_record(1, 61) == 2600);
  CHECK_FALSE(watermarks.partition_idle(1));
  CHECK(watermarks.on_record(0, 9001) == 2600);
  CHECK(watermarks.on_record(1, 3001) == 3000);
}

TEST_CASE("M-10: when the last partition turns idle, 2.x flushes the largest watermark and 1.20 does not") {
  for (const auto rule : {WatermarkStrategy::AllIdle::flush_max, WatermarkStrategy::AllIdle::keep}) {
    WatermarkStrategy strategy = WatermarkStrategy::bounded(0);
    strategy.idle_timeout_ms = 100;
    strategy.all_idle = rule;
    PartitionWatermarks watermarks{strategy};
    watermarks.add_partition(0);
    watermarks.add_partition(1);
    watermarks.on_record(0, 6);
    watermarks.on_record(1, 3);
    CHECK(watermarks.on_periodic_emit(0) == 2);
    watermarks.on_periodic_emit(200);
    watermarks.on_periodic_emit(400);
    CHECK(watermarks.idle());
    CHECK(watermarks.current() == (rule == WatermarkStrategy::AllIdle::flush_max ? 5 : 2));
  }
}

TEST_CASE("Impossible strategies are named") {
  WatermarkStrategy strategy = WatermarkStrategy::bounded(-1);
  strategy.interval_ms = 0;
  strategy.idle_timeout_ms = -5;
  CHECK(strategy.problems().size() == 3);
  CHECK(WatermarkStrategy::bounded(0).problems().empty());
}

}  // namespace
}  // namespace wrackline::event_time
