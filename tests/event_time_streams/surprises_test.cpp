// Every statement of docs/surprises/streams.md, as it is written there.
#include "engine/event_time/streams/partition_group.hpp"
#include "engine/event_time/streams/stream_table_join.hpp"
#include "engine/event_time/streams/table.hpp"
#include "engine/event_time/streams/table_aggregate.hpp"
#include "engine/event_time/streams/table_table_join.hpp"
#include "engine/event_time/streams/task_time.hpp"
#include "tests/event_time_streams/harness.hpp"

namespace wrackline::event_time::streams::tests {
namespace {

using Text = std::string;

SCENARIO("surprise 1: onWindowClose with the default retention emits nothing at all") {
  TimeWindowCount count(TimeWindows::tumbling(10), in_memory(EmitStrategy::on_window_close));
  for (const TimestampMs timestamp : {1, 8, 10, 15, 20, 200}) CHECK(count.record("a", timestamp) == Lines{});
  CHECK(count.drops.empty());
  GIVEN("a retention of 1000") {
    AggregateSettings settings = in_memory(EmitStrategy::on_window_close);
    settings.store.retention_ms = 1000;
    TimeWindowCount kept(TimeWindows::tumbling(10), settings);
    kept.record("a", 1);
    kept.record("a", 8);
    CHECK(kept.record("a", 10) == Lines{"a[0,10)=2@8"});
  }
}

SCENARIO("surprise 2: the record cache hides that loss") {
  AggregateSettings settings = in_memory(EmitStrategy::on_window_close);
  settings.store.cached = true;
  TimeWindowCount count(TimeWindows::tumbling(10), settings);
  count.record("a", 1);
  count.record("a", 8);
  CHECK(count.record("a", 10) == Lines{"a[0,10)=2@8"});
}

SCENARIO("surprise 3: final results wait for a record, not for the clock, and at most one check a second") {
  AggregateSettings settings = in_memory(EmitStrategy::on_window_close, 1000);
  settings.store.retention_ms = 1000;
  TimeWindowCount count(TimeWindows::tumbling(10), settings);
  count.record("a", 1);
  CHECK(count.record("a", 11) == Lines{});
  count.wall_clock_ms = 3'600'000;
  CHECK(count.record("a", 12) == Lines{"a[0,10)=1@1"});
}

SCENARIO("surprise 4: untilWindowCloses over sliding windows gives two final results for one window") {
  SlidingCount count(SlidingWindows{10, 0}, in_memory(), Suppressed{});
  CHECK(count.record("a", 10) == Lines{"a[0,10]=1@10"});
  CHECK(count.record("a", 5) == Lines{"a[0,10]=2@10"});
}

SCENARIO("surprise 5: a sliding window on a difference of 0 is accepted and kills the task") {
  CHECK_FALSE(SlidingWindows{0, 0}.refusal());
  SlidingCount count(SlidingWindows{0, 0}, in_memory());
  CHECK_THROWS_AS(count.record("a", 3), StreamsError);
}

SCENARIO("surprise 6: grace does not drop late records of a stream-stream join") {
  TextJoin join(JoinType::left, JoinWindows::of_difference(5));
  join.left("a", 10);
  CHECK(join.right("b", 16) == Lines{"l+null@10"});
  CHECK(join.right("a", 12) == Lines{"l+r@12"});
  CHECK(join.drops.empty());
}

SCENARIO("surprise 7: an unmatched record waits for another record, whatever the clock says") {
  TextJoin join(JoinType::left, JoinWindows::of_difference(5), 1000);
  CHECK(join.left("a", 10) == Lines{});
  CHECK(join.left("b", 100) == Lines{});
  join.wall_clock_ms = 1000;
  CHECK(join.left("c", 100) == Lines{"l+null@10"});
}

SCENARIO("surprise 8: a null key on an outer side is a result, and it moves the join's stream time") {
  TextJoin join(JoinType::left, JoinWindows::of_difference(5));
  join.left("a", 10);
  CHECK(join.left(std::nullopt, 50) == Lines{"l+null@50"});
  CHECK(join.left("b", 20) == Lines{"l+null@20"});
  CHECK(join.left("c", 50) == Lines{"l+null@10"});
  CHECK(join.left("c", 60, std::nullopt) == Lines{});
  REQUIRE(join.drops.size() == 1);
  CHECK(join.drops[0].why == Skip::null_key_or_value);
}

/// A versioned table with one row, a stream joined to it with a grace of 10.
struct BufferedJoin {
  explicit BufferedJoin(bool left_join) : join({left_join, 10}) { row("a", "r", 10); }
  void row(const Text& key, const Text& value, TimestampMs timestamp) {
    table.process({key, value, timestamp}, [](const auto&) {}, drops);
  }
  Lines record(std::optional<Text> key, TimestampMs timestamp) {
    Lines lines;
    join.process(
        {std::move(key), "l", timestamp}, [](const auto& r) { return r.key; },
        [this](const Text& k, TimestampMs as_of) {
          const auto found = table.get(k, as_of);
          return found ? std::optional<Text>(found->value) : std::nullopt;
        },
        [&](const auto& joined) {
          lines.push_back(
              fmt::format("{}+{}@{}", *joined.left, joined.right.value_or("null"), joined.timestamp_ms));
        },
        drops);
    return lines;
  }
  Table<Text, Text> table{{100}};
  StreamTableJoin<Text, Text, Text> join;
  Drops drops;
};

SCENARIO("surprise 9: a table record does not release the stream records that wait out a grace period") {
  BufferedJoin join(false);
  CHECK(join.record("a", 12) == Lines{});
  join.row("a", "r2", 90);
  CHECK(join.record("b", 21) == Lines{});
  CHECK(join.record("b", 22) == Lines{"l+r@12"});
}

SCENARIO("surprise 10: a null key kills a left stream-table join with a grace period") {
  BufferedJoin join(true);
  CHECK_THROWS_AS(join.record(std::nullopt, 12), StreamsError);
  GIVEN("no grace period") {
    StreamTableJoin<Text, Text, Text> plain({.left_join = true});
    Lines lines;
    Drops drops;
    plain.process(
        {std::nullopt, "l", 12}, [](const auto& r) { return r.key; },
        [](const Text&, TimestampMs) { return std::optional<Text>(); },
        [&](const auto& joined) { lines.push_back(*joined.left); }, drops);
    CHECK(lines == Lines{"l"});
  }
}

SCENARIO("surprise 11: a versioned table forwards old updates, and a join ignores them") {
  Table<Text, Text> table({100});
  Drops drops;
  std::vector<TableChange<Text, Text>> changes;
  const auto sink = [&](const auto& change) { changes.push_back(change); };
  table.process({"a", "new", 20}, sink, drops);
  table.process({"a", "old", 5}, sink, drops);
  REQUIRE(changes.size() == 2);
  CHECK(changes[1].new_value == "old");
  CHECK(table.get("a")->value == "new");
  const TableTableJoin<Text, Text, Text> join(JoinType::left, true, false);
  CHECK(join.left_changed(changes[0], std::nullopt, drops));
  CHECK_FALSE(join.left_changed(changes[1], std::nullopt, drops));
  CHECK(drops.size() == 1);
}

SCENARIO("surprise 12: a count counts null values, but not over sliding windows") {
  TimeWindowCount tumbling(TimeWindows::tumbling(10), in_memory());
  CHECK(tumbling.record("a", 1, std::nullopt) == Lines{"a[0,10)=1@1"});
  SessionCount session(SessionWindows{5, 0}, in_memory());
  CHECK(session.record("a", 1, std::nullopt) == Lines{"a[1,1]=1@1"});
  SlidingCount sliding(SlidingWindows{10, 0}, in_memory());
  CHECK(sliding.record("a", 20, std::nullopt) == Lines{});
  CHECK(sliding.drops.size() == 1);
}

SCENARIO("surprise 13: a record with a null key does not move the time of the aggregation") {
  TimeWindowCount count(TimeWindows::tumbling(10), in_memory());
  count.record("a", 1);
  count.record(std::nullopt, 50);
  CHECK(count.record("a", 2) == Lines{"a[0,10)=2@2"});
}

SCENARIO("surprise 14: dropped-records-total is not a number of records") {
  TimeWindowCount count(TimeWindows::hopping(10, 2), in_memory());
  count.record("a", 30);
  count.record("a", 12);
  CHECK(count.drops.size() == 5);
  SlidingCount sliding(SlidingWindows{10, 0}, in_memory());
  sliding.record("a", 12);
  sliding.record("a", 20);
  CHECK(sliding.record("a", 15).size() == 3);
  CHECK(sliding.drops.size() == 1);
}

SCENARIO("surprise 15: stream time stands still without input, and one record far ahead closes everything") {
  TimeWindowCount count(TimeWindows::tumbling(10, 20), in_memory());
  count.record("a", 5);
  count.wall_clock_ms = 86'400'000;
  CHECK(count.record("a", 6) == Lines{"a[0,10)=2@6"});
  count.record("z", 4'000'000'000'000);
  CHECK(count.record("a", 7) == Lines{});
  CHECK(count.drops.size() == 1);
}

SCENARIO(
    "surprise 16: UsePartitionTimeOnInvalidTimestamp needs an earlier timestamp, LogAndSkip moves nothing") {
  Drops drops;
  TaskTime uses(1, TimestampExtractor::use_partition_time_on_invalid);
  CHECK_THROWS_AS(uses.extract(0, -5, drops), StreamsError);
  TaskTime later(1, TimestampExtractor::use_partition_time_on_invalid);
  later.extract(0, 12, drops);
  CHECK(later.extract(0, -5, drops) == 12);
  TaskTime skips(1, TimestampExtractor::log_and_skip_on_invalid);
  skips.extract(0, 12, drops);
  CHECK_FALSE(skips.extract(0, -1, drops));
  CHECK(skips.stream_time_ms() == 12);
  CHECK(drops.size() == 1);
}

SCENARIO("surprise 17: a session is gone from its store one millisecond before it closes") {
  SessionCount count(SessionWindows{5, 3}, in_memory());
  count.record("a", 10);
  count.record("a", 18);
  CHECK(count.record("a", 14) == Lines{"a[18,18]=null@18", "a[14,18]=2@18"});
  GIVEN("one millisecond more of retention") {
    AggregateSettings settings = in_memory();
    settings.store.retention_ms = 9;
    SessionCount kept(SessionWindows{5, 3}, settings);
    kept.record("a", 10);
    kept.record("a", 18);
    CHECK(kept.record("a", 14) == Lines{"a[10,10]=null@10", "a[18,18]=null@18", "a[10,18]=3@18"});
  }
}

SCENARIO("surprise 18: max.task.idle.ms of -1 is ready with nothing buffered, 0 waits for an unknown lag") {
  PartitionGroup never_waits(2, {.max_task_idle_ms = -1});
  CHECK(never_waits.ready_to_process(0).ready);
  PartitionGroup waits(2, {.max_task_idle_ms = 0});
  Drops drops;
  waits.add_raw_records(0, std::vector<TimestampMs>{10}, drops);
  CHECK_FALSE(waits.ready_to_process(3'600'000).ready);
  waits.update_lag(1, 0);
  CHECK(waits.ready_to_process(3'600'000).ready);
}

SCENARIO("surprise 19: a count of a group that has become empty is 0, not a tombstone") {
  TableAggregate<Text, Text, std::int64_t> count(
      {.initial = [] { return std::optional<std::int64_t>(0); },
       .first = {},
       .add = [](const Text&, const Text&, std::int64_t n) { return std::optional<std::int64_t>(n + 1); },
       .subtract = [](const Text&, const Text&,
                      std::int64_t n) { return std::optional<std::int64_t>(n - 1); }},
      {});
  Drops drops;
  std::vector<std::optional<std::int64_t>> sent;
  const auto sink = [&](const auto& change) { sent.push_back(change.new_value); };
  count.process(TableChange<Text, Text>{"g", "1", std::nullopt, 1}, sink, drops);
  count.process(TableChange<Text, Text>{"g", std::nullopt, "1", 2}, sink, drops);
  REQUIRE(sent.size() == 2);
  CHECK(sent[1] == 0);
}

SCENARIO("surprise 20: a key selector that gives null: 3.9 drops the record of a left join, 4.1 keeps it") {
  for (const Version version : {Version::v3_9, Version::v4_1}) {
    StreamTableJoin<Text, Text, Text> join({.left_join = true, .version = version});
    Lines lines;
    Drops drops;
    join.process(
        {"k", "l", 1}, [](const auto&) { return std::optional<Text>(); },
        [](const Text&, TimestampMs) { return std::optional<Text>(); },
        [&](const auto& joined) { lines.push_back(*joined.left); }, drops);
    CHECK(lines.size() == (version == Version::v3_9 ? 0 : 1));
    CHECK(drops.size() == (version == Version::v3_9 ? 1 : 0));
  }
}

}  // namespace
}  // namespace wrackline::event_time::streams::tests
