// The combination rules of science.md 1 as options of a block: per partition or behind a shuffle, min or max,
// idleness, alignment, markers, in band or out of band.
#include <string>
#include <vector>

#include "engine/event_time/alignment.hpp"
#include "engine/event_time/partition_watermarks.hpp"
#include "engine/event_time/strategy/bind.hpp"
#include "sim/random.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time {
namespace {

PartitionWatermarks over(const std::string& text, std::vector<PartitionId> partitions) {
  const strategy::ParsedBlock parsed = strategy::parse_text(text);
  CAPTURE(text);
  REQUIRE(parsed.errors == std::vector<std::string>{});
  PartitionWatermarks watermarks{strategy::bind(*parsed.block)};
  for (const PartitionId partition : partitions) watermarks.add_partition(partition);
  return watermarks;
}

}  // namespace

TEST_CASE("bind: bounded and ascending stay inline, all others are made by the catalogue") {
  const auto kind = [](const char* text) { return strategy::bind(*strategy::parse_text(text).block).kind; };
  CHECK(kind("bounded=1s") == WatermarkStrategy::Kind::bounded);
  CHECK(kind("stream_time=1s") == WatermarkStrategy::Kind::bounded);
  CHECK(kind("ascending") == WatermarkStrategy::Kind::ascending);
  CHECK(kind("k_slack") == WatermarkStrategy::Kind::generated);
}

TEST_CASE("per partition: each has its own generator, the minimum counts") {
  auto watermarks = over("k_slack,interval=0", {0, 1});
  watermarks.on_record(0, {1000, 0, 0, 0});
  watermarks.on_record(0, {700, 0, 0, 0});
  watermarks.on_record(1, {5000, 0, 0, 0});
  CHECK(watermarks.partition_watermark(1) == 4999);
  CHECK(watermarks.current() == 999);
  watermarks.on_record(0, {9000, 0, 0, 0});
  CHECK(watermarks.partition_watermark(0) == 8699);  // 300 ms of lateness were of partition 0 alone
  CHECK(watermarks.current() == 4999);
}

TEST_CASE("scope task: behind a shuffle the disorder of the merge is measured, partitions do not hold back") {
  auto merged = over("k_slack,interval=0,scope=task", {0, 1, 2});
  merged.on_record(0, {5000, 0, 0, 0});
  CHECK(merged.current() == 4999);  // partitions 1 and 2 have said nothing
  merged.on_record(1, {1000, 0, 0, 0});
  CHECK(merged.on_record(0, {9000, 0, 0, 0}) == 4999);  // K is 4 s now
  CHECK(merged.on_record(0, {9500, 0, 0, 0}) == 5499);
  merged.remove_partition(0);
  CHECK(merged.on_record(1, {20'000, 0, 0, 0}) == 15'999);
}

TEST_CASE("combine max: the fastest partition that is not idle rules") {
  auto watermarks = over("bounded=0s,interval=0,combine=max", {0, 1});
  watermarks.on_record(0, {1000, 0, 0, 0});
  CHECK(watermarks.current() == 999);
  watermarks.on_record(1, {5000, 0, 0, 0});
  CHECK(watermarks.current() == 4999);
}

TEST_CASE("markers: nothing is emitted between them, not by the timer either") {
  auto watermarks = over("bounded=0s,marker_every=3", {0});
  watermarks.on_record(0, {1000, 0, 0, 0});
  watermarks.on_record(0, {2000, 0, 0, 0});
  CHECK(watermarks.on_periodic_emit(1000) == kMinTimestamp);
  CHECK(watermarks.on_record(0, {1500, 0, 0, 0}) == 1999);
  CHECK(watermarks.on_record(0, {3000, 0, 0, 0}) == 1999);
}

TEST_CASE("periodic: records move nothing, the timer publishes; clocks of strategies that have one count") {
  auto watermarks = over("processing_time_lag=1s", {0});
  watermarks.on_record(0, {9000, 5000, 0, 0});
  CHECK(watermarks.current() == kMinTimestamp);
  CHECK(watermarks.on_periodic_emit(200, 7000) == 5999);
  // A node's wall clock that steps back does not take the watermark with it.
  CHECK(watermarks.on_periodic_emit(400, 3000) == 5999);
}

TEST_CASE("micro-batches: what a batch said counts from its end and the next emission on") {
  auto watermarks = over("micro_batch=1s,trigger=0", {0, 1});
  watermarks.on_record(0, {9000, 0, 0, 0});
  CHECK(watermarks.on_periodic_emit(200, 200) == kMinTimestamp);
  watermarks.on_batch_end(300);
  CHECK(watermarks.on_periodic_emit(400, 400) == 7999);
}

TEST_CASE("limited delay: a backlog keeps the clock out of it") {
  auto watermarks = over("limited_delay=1s", {0});
  watermarks.on_record(0, {2000, 2500, 0, 0});
  watermarks.set_backlog(0, 7);
  CHECK(watermarks.on_periodic_emit(0, 60'000) == 999);
  watermarks.set_backlog(0, 0);
  CHECK(watermarks.on_periodic_emit(0, 60'000) == 58'999);
}

TEST_CASE("idleness: an adaptive partition leaves the minimum, and its return does not take it back") {
  auto watermarks = over("sliding_quantile=0.99,idle_timeout=1s", {0, 1});
  watermarks.on_record(0, {1000, 0, 0, 0});
  watermarks.on_record(1, {9000, 0, 0, 0});
  CHECK(watermarks.on_periodic_emit(200) == 999);
  for (std::int64_t now = 400; now <= 2000; now += 200) {
    watermarks.on_record(1, {9000 + now, now, 0, 0});
    watermarks.on_periodic_emit(now);
  }
  CHECK(watermarks.partition_idle(0));
  CHECK(watermarks.current() == 10'999);
  watermarks.on_record(0, {2000, 2100, 0, 0});
  CHECK(watermarks.on_periodic_emit(2200) == 10'999);
  CHECK_FALSE(watermarks.partition_idle(0));
}

TEST_CASE("alignment: a partition that is paused does not turn idle") {
  auto watermarks = over("bounded=0s,idle_timeout=1s", {0, 1});
  watermarks.on_record(0, {1000, 0, 0, 0});
  watermarks.on_record(1, {9000, 0, 0, 0});
  watermarks.set_paused(1, true);
  for (std::int64_t now = 200; now <= 5000; now += 200) watermarks.on_periodic_emit(now);
  CHECK(watermarks.partition_idle(0));
  CHECK_FALSE(watermarks.partition_idle(1));
  watermarks.set_paused(1, false);
  for (std::int64_t now = 5200; now <= 8000; now += 200) watermarks.on_periodic_emit(now);
  CHECK(watermarks.partition_idle(1));
}

TEST_CASE("alignment: the group allows its slowest task plus the drift; the dead no longer count") {
  AlignmentGroup group{5000, 1000};
  CHECK(group.max_allowed(0) == kMaxTimestamp);  // before the first report: no limit
  group.report(1, kMinTimestamp, 0);
  CHECK(group.max_allowed(0) == kMaxTimestamp);
  group.report(1, 10'000, 0);
  group.report(2, 30'000, 0);
  CHECK(group.max_allowed(0) == 15'000);
  group.report(1, kMaxTimestamp, 1000);  // idle
  CHECK(group.max_allowed(1000) == 35'000);
  group.report(1, 50'000, 4000);
  CHECK(group.max_allowed(4000) == 55'000);  // task 2 has been silent for more than three intervals
  group.report(1, kMaxTimestamp, 5000);
  CHECK(group.max_allowed(5000) == kMaxTimestamp);
}

TEST_CASE("out of band: the aggregator's word stands still between its polls and never goes back") {
  WatermarkAggregator aggregator{1000};
  aggregator.report(0, 100, 0);
  CHECK(aggregator.poll(0) == 100);
  aggregator.report(0, 900, 500);
  aggregator.report(1, 400, 500);
  CHECK(aggregator.poll(999) == 100);
  CHECK(aggregator.poll(1000) == 400);
  aggregator.report(1, 300, 1500);
  aggregator.report(0, 2000, 1500);
  CHECK(aggregator.poll(2000) == 400);
  // In band the first task would be at 2000 already: the price of polling and of the global minimum.
}

TEST_CASE("every strategy, every option: the combined watermark never falls") {
  for (const strategy::StrategyType* type : strategy::catalogue()) {
    if (type->make == nullptr) continue;
    for (const std::string options : {"", ",interval=0", ",marker_every=7", ",combine=max", ",scope=task"}) {
      auto watermarks = over(std::string{type->name} + options, {0, 1, 2});
      sim::Stream random{5};
      TimestampMs last = kMinTimestamp;
      for (int i = 0; i < 3000; ++i) {
        const TimestampMs now = 1'000'000 + i * 10;
        const auto partition = static_cast<PartitionId>(random.below(3));
        if (watermarks.has_partition(partition))
          watermarks.on_record(partition, {now - random.between(0, 3000), now, 0, random.between(1, 9)});
        if (i % 20 == 0) watermarks.on_periodic_emit(i * 10, now);
        if (i == 1500) watermarks.remove_partition(1);
        if (i == 2000) watermarks.add_partition(1);
        if (watermarks.current() < last) FAIL(type->name << options << " at " << i);
        last = watermarks.current();
      }
      watermarks.on_periodic_emit(40'000, 1'040'000);
      CHECK(watermarks.current() < kMaxTimestamp);
    }
  }
}

}  // namespace wrackline::event_time
