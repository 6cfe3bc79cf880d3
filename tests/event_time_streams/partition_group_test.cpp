// The order in which a task takes its records: rules S-2 to S-4.
#include "engine/event_time/streams/partition_group.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::streams {
namespace {

constexpr std::size_t kA = 0;
constexpr std::size_t kB = 1;
using Times = std::vector<TimestampMs>;

SCENARIO("S-2, S-4: the smallest head goes first, and stream time never goes back") {
  PartitionGroup group(2, {});
  Drops drops;
  group.add_raw_records(kA, Times{7, 3}, drops);
  group.add_raw_records(kB, Times{4}, drops);
  CHECK(group.all_buffered());
  CHECK(group.next_record(drops)->partition == kB);
  CHECK(group.next_record(drops)->timestamp_ms == 7);
  CHECK(group.next_record(drops)->timestamp_ms == 3);
  CHECK(group.stream_time_ms() == 7);
  CHECK_FALSE(group.next_record(drops));
}

SCENARIO("S-3: an empty input is waited for until its lag is known to be 0 and it has idled long enough") {
  PartitionGroup group(2, {.max_task_idle_ms = 100});
  Drops drops;
  group.add_raw_records(kA, Times{1}, drops);
  CHECK_FALSE(group.ready_to_process(0).ready);
  group.update_lag(kB, 5);
  CHECK_FALSE(group.ready_to_process(0).ready);
  group.update_lag(kB, 0);
  CHECK_FALSE(group.ready_to_process(1000).ready);
  CHECK_FALSE(group.ready_to_process(1099).ready);
  CHECK(group.ready_to_process(1100).enforced);
}

SCENARIO("S-3: -1 never waits, even with nothing buffered") {
  PartitionGroup group(2, {.max_task_idle_ms = -1});
  CHECK(group.ready_to_process(0).ready);
}

SCENARIO("KAFKA-6502: the last skipped record stands in for a queue that would be empty") {
  PartitionGroup group(1, {.extractor = TimestampExtractor::log_and_skip_on_invalid});
  Drops drops;
  CHECK(group.add_raw_records(kA, Times{-1, -1}, drops) == 1);
  CHECK(drops.size() == 2);
  const auto taken = group.next_record(drops);
  CHECK(taken->offset == 1);
  CHECK(taken->timestamp_ms == kNoTimestamp);
  CHECK(group.stream_time_ms() == kNoTimestamp);
}

}  // namespace
}  // namespace wrackline::event_time::streams
