// The interval join (reference/flink.md 8) and SQL windows (Q-1, Q-2 and 3.10).
#include "engine/event_time/flink/interval_join.hpp"
#include "engine/event_time/flink/sql_window.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::flink {
namespace {

using Verdict = IntervalJoin::Verdict;

SCENARIO("8: left and right pair within the interval, on arrival of the second") {
  GIVEN("right in [left - 1, left + 2]") {
    IntervalJoin join{{.lower_ms = -1, .upper_ms = 2}};
    std::vector<JoinPair> pairs;
    for (const TimestampMs ts : {8, 9, 12, 13})
      join.add(JoinSide::right, 0, static_cast<std::uint64_t>(ts), ts, pairs);
    join.add(JoinSide::right, 1, 99, 10, pairs);
    REQUIRE(pairs.empty());
    WHEN("a left element of that key comes") {
      join.add(JoinSide::left, 0, 1, 10, pairs);
      THEN("both ends count, other keys do not, and the later timestamp is the pair's") {
        REQUIRE(pairs.size() == 2);
        CHECK(pairs[0].right == 9);
        CHECK(pairs[0].timestamp == 10);
        CHECK(pairs[1].right == 12);
        CHECK(pairs[1].timestamp == 12);
      }
    }
    WHEN("the watermark moves") {
      join.advance_watermark(10);
      THEN("late is strictly older than it") {
        CHECK(join.add(JoinSide::left, 0, 1, 9, pairs) == Verdict::late);
        CHECK(join.add(JoinSide::left, 0, 2, 10, pairs) == Verdict::joined);
        CHECK(join.add(JoinSide::left, 0, 3, kMinTimestamp, pairs) == Verdict::no_timestamp);
      }
      THEN("what can not pair any more is forgotten: a right element at its own time plus one") {
        CHECK(join.timers() == 3);
        join.advance_watermark(14);
        CHECK(join.timers() == 0);
        CHECK(join.buffers() == 0);
      }
      THEN("a restore forgets the watermark, not the buffers") {
        join.restore();
        CHECK(join.add(JoinSide::left, 0, 1, 11, pairs) == Verdict::joined);
        CHECK(pairs.size() == 2);
      }
    }
  }
  GIVEN("bounds the wrong way round") {
    THEN("they are refused") {
      CHECK(IntervalJoinConfig{3, 2, true, true}.problems() ==
            std::vector<std::string>{"lowerBound <= upperBound must be fulfilled"});
    }
  }
}

struct Rows {
  Rows(const SliceAssigner& assigner, bool two_phase = false) : aggregate{assigner, two_phase} {}
  /// "key,sum" per row, with the window's bounds.
  std::vector<std::vector<std::int64_t>> watermark(TimestampMs ts) {
    std::vector<SqlAggregateRow> out;
    aggregate.advance_watermark(ts, out);
    std::vector<std::vector<std::int64_t>> rows;
    for (const SqlAggregateRow& row : out)
      rows.push_back({row.key, row.value.sum, row.window.start, row.window.end});
    return rows;
  }
  void row(std::uint32_t key, TimestampMs ts, std::int64_t value = 1) { aggregate.add(key, ts, value); }
  SqlWindowAggregate aggregate;
};
using Table = std::vector<std::vector<std::int64_t>>;

void tumbling_input(Rows& rows) {
  for (const TimestampMs ts : {3999, 3000}) rows.row(2, ts);
  for (const TimestampMs ts : {20, 0, 999}) rows.row(1, ts);
  for (const TimestampMs ts : {1998, 1999, 1000}) rows.row(2, ts);
}

TEST_CASE("Q-1: TUMBLE drops rows of a fired window and counts them; so does a two-phase plan") {
  for (const bool two_phase : {false, true}) {
    Rows rows{{.size_ms = 3000, .step_ms = 3000}, two_phase};
    tumbling_input(rows);
    CHECK(rows.watermark(1999) == Table{});
    CHECK(rows.watermark(2999) == Table{{1, 3, 0, 3000}, {2, 3, 0, 3000}});
    CHECK(rows.watermark(3999) == Table{});
    rows.row(1, 2500);
    rows.watermark(4999);
    rows.row(2, 2999);
    CHECK(rows.watermark(5999) == Table{{2, 2, 3000, 6000}});
    CHECK(rows.aggregate.late_dropped() == 2);
  }
}

TEST_CASE("Q-2: CUMULATE keeps a late row for the windows that have not fired") {
  Rows rows{{.kind = SliceAssigner::Kind::cumulate, .size_ms = 3000, .step_ms = 1000}};
  for (const TimestampMs ts : {2999, 3000}) rows.row(2, ts);
  for (const TimestampMs ts : {20, 0, 999}) rows.row(1, ts);
  for (const TimestampMs ts : {1998, 1999, 1000}) rows.row(2, ts);
  CHECK(rows.watermark(999) == Table{{1, 3, 0, 1000}});
  CHECK(rows.watermark(1999) == Table{{1, 3, 0, 2000}, {2, 3, 0, 2000}});
  rows.row(2, 1000);
  CHECK(rows.watermark(2999) == Table{{1, 3, 0, 3000}, {2, 5, 0, 3000}});
  CHECK(rows.watermark(3999) == Table{{2, 1, 3000, 4000}});
  rows.row(1, 3500, 2);
  CHECK(rows.watermark(4999) == Table{{1, 2, 3000, 5000}, {2, 1, 3000, 5000}});
  rows.row(1, 2999);
  CHECK(rows.aggregate.late_dropped() == 1);
  CHECK(rows.watermark(5999) == Table{{1, 2, 3000, 6000}, {2, 1, 3000, 6000}});
}

TEST_CASE("3.10: HOP shares slices, and an empty window says nothing") {
  Rows rows{{.kind = SliceAssigner::Kind::hop, .size_ms = 2000, .step_ms = 1000}};
  rows.row(1, 500, 5);
  CHECK(rows.watermark(999) == Table{{1, 5, -1000, 1000}});
  rows.row(1, 600, 7);
  CHECK(rows.watermark(1999) == Table{{1, 12, 0, 2000}});
  CHECK(rows.watermark(9999) == Table{});
}

TEST_CASE("3.10: a window with an offset fires on its own grid") {
  Rows rows{{.size_ms = 2000, .step_ms = 2000, .offset_ms = 500}};
  rows.row(1, 600);
  CHECK(rows.watermark(2498) == Table{});
  CHECK(rows.watermark(2499) == Table{{1, 1, 500, 2500}});
}

TEST_CASE("3.10: top n, and the first and last row by row time") {
  const std::vector<SqlRow> rows{{1, 1, 5, 300}, {1, 2, 9, 100}, {1, 3, 7, 300}, {1, 4, 9, 100}};
  const auto ids = [&](const SqlRanking& ranking) {
    SqlWindowRank rank{{.size_ms = 1000, .step_ms = 1000}, ranking};
    for (const SqlRow& row : rows) rank.add(row);
    std::vector<SqlRankedRow> out;
    rank.advance_watermark(999, out);
    rank.add({1, 5, 99, 999});
    rank.advance_watermark(5000, out);
    std::vector<std::int64_t> kept;
    for (const SqlRankedRow& row : out) kept.push_back(row.row.id);
    return kept;
  };
  CHECK(ids({SqlRanking::Kind::top_n, 3, true, false}) == std::vector<std::int64_t>{2, 4, 3});
  CHECK(ids({.kind = SqlRanking::Kind::keep_first}) == std::vector<std::int64_t>{2});
  CHECK(ids({.kind = SqlRanking::Kind::keep_last}) == std::vector<std::int64_t>{3});
}

TEST_CASE("3.10: SQL sessions merge when they touch, and take a late row that touches a live one") {
  SqlSessionWindows sessions{1000};
  for (const TimestampMs ts : {0, 1000, 2001}) sessions.add({1, ts, 1, ts});
  std::vector<SqlSessionWindows::Session> fired;
  sessions.advance_watermark(1999, fired);
  REQUIRE(fired.size() == 1);
  CHECK(fired[0].window == TimeWindow{0, 2000});
  CHECK(fired[0].rows.size() == 2);
  sessions.add({1, 9, 1, 500});
  CHECK(sessions.late_dropped() == 1);
  sessions.add({1, 10, 1, 1001});
  fired.clear();
  sessions.advance_watermark(9999, fired);
  REQUIRE(fired.size() == 1);
  CHECK(fired[0].window == TimeWindow{1001, 3001});
}

}  // namespace
}  // namespace wrackline::event_time::flink
