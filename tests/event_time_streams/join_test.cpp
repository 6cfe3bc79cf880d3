// Joins of streams and tables: rules S-11, S-12.
#include "engine/event_time/streams/foreign_key_join.hpp"
#include "engine/event_time/streams/stream_table_join.hpp"
#include "engine/event_time/streams/table.hpp"
#include "engine/event_time/streams/table_table_join.hpp"
#include "tests/event_time_streams/harness.hpp"

namespace wrackline::event_time::streams::tests {
namespace {

using Text = std::string;

SCENARIO("S-11: a join window reaches before and after the left record") {
  GIVEN("before 2, after 5") {
    TextJoin join(JoinType::inner, JoinWindows{2, 5, 100, true});
    join.left("a", 10);
    THEN("right records in [8, 15] match, the result bears the later time") {
      CHECK(join.right("a", 7) == Lines{});
      CHECK(join.right("a", 8) == Lines{"l+r@10"});
      CHECK(join.right("a", 15) == Lines{"l+r@15"});
      CHECK(join.right("a", 16) == Lines{});
      CHECK(join.right("b", 10) == Lines{});
    }
  }
}

SCENARIO("S-12: an unmatched left record is emitted after its window and the grace have passed") {
  TextJoin join(JoinType::left, JoinWindows::of_difference(5, 3));
  CHECK(join.left("a", 10) == Lines{});
  CHECK(join.right("b", 18) == Lines{});
  CHECK(join.right("b", 19) == Lines{"l+null@10"});
}

SCENARIO("S-12: a match takes the waiting record back, of an outer join on both sides") {
  TextJoin join(JoinType::outer, JoinWindows::of_difference(5));
  join.left("a", 10, "l1");
  join.right("b", 10, "r1");
  CHECK(join.right("a", 12, "r2") == Lines{"l1+r2@12"});
  CHECK(join.left("c", 100, "l2") == Lines{"null+r1@10"});
}

SCENARIO("KAFKA-10847: the old factory JoinWindows.of emits an unmatched record at once") {
  TextJoin join(JoinType::left, JoinWindows::legacy_of(5));
  CHECK(join.left("a", 10) == Lines{"l+null@10"});
  CHECK(join.right("a", 11) == Lines{"l+r@11"});
}

SCENARIO("KIP-889: a versioned store keeps order by timestamp") {
  VersionedStore<Text, Text> store(50);
  using Put = VersionedStore<Text, Text>::Put;
  CHECK(store.put("a", "v10", 10) == Put::latest);
  CHECK(store.put("a", "v30", 30) == Put::latest);
  CHECK(store.put("a", "v20", 20) == Put::superseded);
  CHECK(store.get("a")->value == "v30");
  CHECK(store.get("a", 29)->value == "v20");
  CHECK_FALSE(store.get("a", 9));
  WHEN("stream time passes the history retention") {
    store.put("b", "w", 100);
    THEN("old puts are refused, old times answer only with a latest value that held then") {
      CHECK(store.put("a", "v", 49) == Put::expired);
      CHECK_FALSE(store.get("a", 29));
      CHECK(store.get("a", 40)->value == "v30");
    }
  }
  WHEN("the latest value is deleted at its own timestamp and nothing came before it") {
    store.put("c", "x", 12);
    store.put("c", std::nullopt, 12);
    THEN("the deletion leaves no trace: an older put becomes the latest") {
      CHECK(store.put("c", "y", 9) == Put::latest);
    }
  }
}

SCENARIO("stream-table: the table's row now, or of a versioned table the row as of the record") {
  for (const bool versioned : {false, true}) {
    Table<Text, Text> table({versioned ? std::optional<std::int64_t>(100) : std::nullopt});
    StreamTableJoin<Text, Text, Text> join({.left_join = true});
    Drops drops;
    Lines lines;
    const auto own_key = [](const Record<Text, Text>& record) { return record.key; };
    const auto row = [&](const Text& key, TimestampMs timestamp) {
      const auto found = table.versioned() ? table.get(key, timestamp) : table.get(key);
      return found ? std::optional<Text>(found->value) : std::nullopt;
    };
    table.process({"a", "r10", 10}, [](const auto&) {}, drops);
    table.process({"a", "r30", 30}, [](const auto&) {}, drops);
    const auto sink = [&](const auto& joined) { lines.push_back(joined.right.value_or("null")); };
    join.process({"a", "l", 20}, own_key, row, sink, drops);
    join.process({"a", "l", 5}, own_key, row, sink, drops);
    CHECK(lines == (versioned ? Lines{"r10", "null"} : Lines{"r30", "r30"}));
  }
}

SCENARIO("table-table: a change meets the other side's latest row") {
  TableTableJoin<Text, Text, Text> inner(JoinType::inner, false, false);
  TableTableJoin<Text, Text, Text> outer(JoinType::outer, false, false);
  Drops drops;
  const TableChange<Text, Text> gone{"a", std::nullopt, "l", 30};
  THEN("an inner join sends a tombstone, an outer join keeps the other side") {
    CHECK(inner.left_changed(gone, ValueAndTimestamp<Text>{"r", 40}, drops)->gone());
    const auto kept = outer.left_changed(gone, ValueAndTimestamp<Text>{"r", 40}, drops);
    CHECK(kept->right == "r");
    CHECK(kept->timestamp_ms == 40);
  }
  THEN("without a row on the other side an inner join says nothing") {
    CHECK_FALSE(inner.left_changed(gone, std::nullopt, drops));
  }
}

SCENARIO("KIP-914: a versioned table's out-of-order change does not reach a join, but is counted") {
  TableTableJoin<Text, Text, Text> join(JoinType::inner, true, false);
  Drops drops;
  CHECK_FALSE(
      join.left_changed({"a", "old", std::nullopt, 5, false}, ValueAndTimestamp<Text>{"r", 1}, drops));
  REQUIRE(drops.size() == 1);
  CHECK(drops[0].why == Skip::out_of_order);
}

SCENARIO("KIP-213: a foreign-key join answers all rows that name the changed row") {
  Table<Text, Text> left({std::nullopt, false, true});
  Table<Text, Text> right({});
  ForeignKeyJoin<Text, Text, Text, Text> join(false, false, false);
  Drops drops;
  Lines lines;
  const auto foreign = [](const Text& value) { return std::optional<Text>(value.substr(0, 1)); };
  const auto left_row = [&](const Text& key) { return left.get(key); };
  const auto right_row = [&](const Text& key) { return right.get(key); };
  const auto sink = [&](const auto& joined) {
    lines.push_back(joined.key + ":" + (joined.gone() ? Text("gone") : *joined.left + "+" + *joined.right));
  };
  const auto put_left = [&](const Text& key, std::optional<Text> value) {
    left.process(
        {key, std::move(value), 1},
        [&](const auto& change) { join.left_changed(change, foreign, right_row, left_row, sink, drops); },
        drops);
    return std::exchange(lines, {});
  };
  const auto put_right = [&](const Text& key, std::optional<Text> value) {
    right.process(
        {key, std::move(value), 2},
        [&](const auto& change) { join.right_changed(change, left_row, sink, drops); }, drops);
    return std::exchange(lines, {});
  };
  CHECK(put_left("a", "x1") == Lines{});
  CHECK(put_left("b", "x2") == Lines{});
  CHECK(put_right("x", "X") == Lines{"a:x1+X", "b:x2+X"});
  CHECK(put_left("a", "y1") == Lines{"a:gone"});
  CHECK(put_right("x", std::nullopt) == Lines{"b:gone"});
  CHECK(put_left("b", std::nullopt) == Lines{"b:gone"});
}

}  // namespace
}  // namespace wrackline::event_time::streams::tests
