// 2.7 of the reference, V-43 to V-48: stream-stream joins.
#include "tests/event_time_spark/harness.hpp"

namespace wrackline::event_time::spark::tests {
namespace {

PlanPtr windowed(JoinType type, std::int64_t delay_ms, std::vector<Condition> extra = {}) {
  JoinPlan how = on_window(type);
  how.extra = std::move(extra);
  return join(side(marked(delay_ms, 0), "l_", 10000), side(marked(delay_ms, 1), "r_", 10000), std::move(how));
}
PlanPtr ranged(JoinType type, std::int64_t delay_ms, std::optional<TimeBound> lower,
               std::optional<TimeBound> upper) {
  return join(side(marked(delay_ms, 0), "l_"), side(marked(delay_ms, 1), "r_"), in_range(type, lower, upper));
}

SCENARIO("state watermarks: by key, by range, not at all") {
  JoinTimes times;
  CHECK_FALSE(state_watermark(times, JoinSide::left, 1000));
  times.left_has_watermark = times.right_has_watermark = true;
  times.left_time_marked = times.right_time_marked = true;
  times.lower = TimeBound{-200, true};
  times.upper = TimeBound{300, false};
  CHECK(state_watermark(times, JoinSide::left, 1000)->ms == 799);
  CHECK(state_watermark(times, JoinSide::right, 1000)->ms == 700);
  times.watermark_in_keys = true;
  CHECK(state_watermark(times, JoinSide::left, 1000)->ms == 1000);
}

SCENARIO("V-43: a watermark on one side cleans both if a window of it is among the keys") {
  Query query{
      join(side(marked(10000, 0), "l_", 10000), side(stream(1), "r_", 10000), on_window(JoinType::inner))};
  query.add({{1000}}, {});
  CHECK(query.add({}, {{1000}}) == Lines{"a 1 [0,10000) a 1 [0,10000)"});
  query.add({{25000}}, {});
  CHECK(query.metrics().removed == 2);
  GIVEN("an old row on the side without a watermark") {
    query.add({}, {{1000}});
    THEN("it is not late, and not stored") {
      CHECK(query.metrics().dropped == 0);
      CHECK(query.metrics().updated == 0);
    }
  }
  GIVEN("an old row on the other") {
    query.add({{5000}}, {});
    CHECK(query.metrics().dropped == 1);
  }
}

SCENARIO("V-44: a one-sided range bounds the state of one side only") {
  Query query{ranged(JoinType::inner, 10000, {}, TimeBound{-5000, false})};
  query.add({{5000}}, {});
  CHECK(query.add({}, {{11000}}) == Lines{"5000 a 1 11000 a 1"});
  query.add({{3000}, {30000}}, {});
  query.add({}, {{30000, 'z'}});
  CHECK(query.watermark_ms() == 20000);
  THEN("right rows at or below 25000 are gone, the left ones stay") {
    CHECK(query.metrics().removed == 1);
    CHECK(query.metrics().total == 4);
  }
  THEN("a right row that this batch would evict is joined, not stored") {
    CHECK(query.add({}, {{20000}, {21000}}) == Lines{"3000 a 1 21000 a 1", "5000 a 1 21000 a 1"});
    CHECK(query.metrics().dropped == 1);
    CHECK(query.metrics().updated == 0);
  }
}

SCENARIO("V-46: an outer join emits its unmatched rows when the watermark passes them") {
  GIVEN("left outer") {
    Query query{windowed(JoinType::left_outer, 10000)};
    query.add({{1000, 'a'}, {2000, 'b'}}, {{3000, 'b'}, {4000, 'c'}});
    CHECK(query.add({{21000, 'x'}}, {{22000, 'x'}}) ==
          Lines{"a 1 [0,10000) - - -", "x 1 [20000,30000) x 1 [20000,30000)"});
  }
  GIVEN("full outer") {
    Query query{windowed(JoinType::full_outer, 10000)};
    query.add({{1000, 'a'}, {2000, 'b'}}, {{3000, 'b'}, {4000, 'c'}});
    CHECK(query.add({{21000, 'x'}}, {{22000, 'y'}}) == Lines{"- - - c 1 [0,10000)", "a 1 [0,10000) - - -"});
  }
  GIVEN("an input that is silent") {
    Query query{windowed(JoinType::left_outer, 0)};
    query.add({{1000}}, {});
    CHECK(query.add({{500000}}, {}) == Lines{});
  }
}

SCENARIO("V-47: a row that fails the condition on its own side leaves at once, and is not stored") {
  Query query{windowed(JoinType::left_outer, 10000, {{"l_value", CompareOp::gt, Value::bigint(4)}})};
  CHECK(query.add({{1000, 'a', 2}, {2000, 'b', 6}}, {{3000, 'b'}}) ==
        Lines{"a 2 [0,10000) - - -", "b 6 [0,10000) b 1 [0,10000)"});
  CHECK(query.metrics().total == 2);
}

SCENARIO("V-48: keys that match without the condition still end as unmatched") {
  Query query{windowed(JoinType::left_outer, 10000, {{"l_value", CompareOp::lt, std::string{"r_value"}}})};
  query.add({{1000, 'a', 5}}, {{3000, 'a', 3}});
  CHECK(query.add({{30000, 'z', 5}}, {{30000, 'z', 5}}) == Lines{"a 5 [0,10000) - - -"});
}

SCENARIO("2.7: a left row of a semi join leaves once, and is not stored if it matched on arrival") {
  Query query{windowed(JoinType::left_semi, 10000)};
  CHECK(query.add({{1000}}, {{3000}}) == Lines{"a 1 [0,10000)"});
  CHECK(query.add({}, {{3000}}) == Lines{});
  CHECK(query.add({{3000}}, {}) == Lines{"a 1 [0,10000)"});
  CHECK(query.metrics().updated == 0);
}

SCENARIO(
    "2.7: in a burst the left row is stored though this batch evicts it, so that the right one finds it") {
  SymmetricHashJoin::Layout layout;
  layout.left = layout.right = {2, {0}, 1};
  layout.times.left_has_watermark = layout.times.right_has_watermark = true;
  layout.times.left_time_marked = layout.times.right_time_marked = true;
  layout.times.lower = layout.times.upper = TimeBound{0, true};
  SymmetricHashJoin join{std::move(layout)};
  const auto row = [](std::int64_t ms) {
    RowBatch rows{2};
    const auto cells = rows.append();
    cells[0] = Value::string('k');
    cells[1] = Value::timestamp(ms * 1000);
    return rows;
  };
  RowBatch output{4};
  OperatorMetrics metrics;
  join.process(row(30), row(40), {.late_ms = 0, .eviction_ms = 50}, output, metrics);
  CHECK(output.size() == 1);
  CHECK(metrics.updated == 1);
  CHECK(metrics.removed == 1);
  CHECK(metrics.total == 0);
}

SCENARIO("EliminateOuterJoin: a window over the nullable side makes the join an inner one") {
  PlanPtr joined = join(side(marked(0, 0), "l_"), side(marked(0, 1), "r_"),
                        in_range(JoinType::left_outer, TimeBound{-1000, true}, TimeBound{1000, true}));
  Query query{count_by(window(std::move(joined), 5000, 0, "r_ts"), {"w"})};
  query.add({{1000, 'a'}, {1000, 'b'}}, {{1000, 'a'}});
  CHECK(query.add({{50000, 'z'}}, {{50000, 'z'}}) == Lines{"[0,5000) 1"});
}

}  // namespace
}  // namespace wrackline::event_time::spark::tests
