// 2.2 of the reference, V-11 to V-13: several stateful operators; and what the checker refuses.
#include "tests/event_time_spark/harness.hpp"

namespace wrackline::event_time::spark::tests {
namespace {

/// 5 s counts into 10 s counts, through window_time.
PlanPtr counts_of_counts(std::int64_t delay_ms) {
  PlanPtr inner = make_plan(WindowTimePlan{"w", "ts"}, five_second_counts(delay_ms));
  return count_by(window(std::move(inner), 10000, 0, "ts", "w2"), {"w2"}, "cnt");
}

SCENARIO("V-11: what the first aggregation evicts is not late for the second in the same batch") {
  Query query{counts_of_counts(0)};
  CHECK(query.add({{10000}, {15000}, {21000}}) == Lines{"[10000,20000) 2 2"});
  CHECK(query.metrics(0).dropped == 0);
  CHECK(query.metrics(1).removed == 2);
  query.add({{10000}, {11000}, {16000}, {22000}});
  CHECK(query.metrics(1).dropped == 2);
}

SCENARIO("2.2: a join lowers the watermark of what follows by its time bounds") {
  using Kind = PropagationNode::Kind;
  JoinTimes times;
  times.left_has_watermark = times.right_has_watermark = true;
  times.left_time_marked = times.right_time_marked = true;
  times.lower = TimeBound{-5000, true};
  times.upper = TimeBound{3000, true};
  std::vector<PropagationNode> nodes(7);
  nodes[1] = {Kind::watermark, {0}};
  nodes[3] = {Kind::watermark, {2}};
  nodes[4] = {Kind::stateful, {1, 3}, times};
  nodes[5] = {Kind::stateless, {4}};
  nodes[6] = {Kind::stateful, {5}};
  GIVEN("allowMultiple") {
    const WatermarkPropagator propagator{nodes, true};
    CHECK((*propagator.input_watermarks_ms(20000))[4] == 20000);
    CHECK((*propagator.input_watermarks_ms(20000))[6] == 14999);
    THEN("it does not fall below 0, and at 0 nothing is walked") {
      CHECK((*propagator.input_watermarks_ms(1000))[6] == 0);
      CHECK((*propagator.input_watermarks_ms(0))[6] == 0);
    }
  }
  GIVEN("one watermark for all") {
    CHECK((*WatermarkPropagator(nodes, false).input_watermarks_ms(20000))[6] == 20000);
  }
}

SCENARIO("V-13: a join feeds a window") {
  JoinPlan how;
  how.equal = {{"l_ts", "r_ts"}};
  PlanPtr joined = join(side(marked(0, 0), "l_"), side(marked(0, 1), "r_"), std::move(how));
  Query query{count_by(window(std::move(joined), 5000, 0, "l_ts"), {"w"})};
  CHECK(query.add({{1000}, {2000}}, {{1000}, {2000}}) == Lines{});
  CHECK(query.add({{5000}}, {{5000}}) == Lines{"[0,5000) 2"});
}

void check_refused(PlanPtr plan, OutputMode mode, const std::string& condition) {
  Query query{std::move(plan), output(mode)};
  REQUIRE(query.refused());
  CHECK(query.refused()->condition == condition);
  CHECK(query.add({{1000}}) == Lines{});
}
const std::string kOutputMode = "STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION";
const std::string kUnsupported = "_LEGACY_ERROR_TEMP_3102";

SCENARIO("the checker: output modes") {
  check_refused(count_by(window(stream(), 5000), {"w"}), OutputMode::append, kOutputMode);
  check_refused(count_by(marked(0), {"key"}), OutputMode::append, kOutputMode);
  check_refused(select(marked(0), {"ts"}), OutputMode::complete, kOutputMode);
  check_refused(count_by(session(marked(0), 1000), {"w", "key"}), OutputMode::update, kOutputMode);
  check_refused(counts_of_counts(0), OutputMode::update, kUnsupported);
  check_refused(counts_of_counts(0), OutputMode::complete, kUnsupported);
  check_refused(drop_duplicates(stream(), {"key"}, true), OutputMode::append, kUnsupported);
}

SCENARIO("the checker: joins") {
  const auto on = [](JoinType type, PlanPtr left, PlanPtr right) {
    return join(side(std::move(left), "l_"), side(std::move(right), "r_"), on_key(type));
  };
  check_refused(on(JoinType::inner, marked(0, 0), marked(0, 1)), OutputMode::update, kUnsupported);
  check_refused(on(JoinType::left_outer, marked(0, 0), marked(0, 1)), OutputMode::append, kUnsupported);
  check_refused(on(JoinType::left_semi, marked(0, 0), marked(0, 1)), OutputMode::append, kUnsupported);
  check_refused(on(JoinType::left_anti, marked(0, 0), marked(0, 1)), OutputMode::append, kUnsupported);
  GIVEN("a range that bounds only the other side") {
    check_refused(join(side(marked(0, 0), "l_"), side(marked(0, 1), "r_"),
                       in_range(JoinType::left_outer, {}, TimeBound{1000, true})),
                  OutputMode::append, kUnsupported);
  }
}

SCENARIO("the checker in 3.5 names no error class") {
  QueryConf conf;
  conf.execution.version = Version::v3_5;
  Query query{count_by(marked(0), {"key"}), conf};
  REQUIRE(query.refused());
  CHECK(query.refused()->exception == "ExtendedAnalysisException");
  CHECK_FALSE(query.refused()->condition);
}

SCENARIO("session windows without another key die with the first batch") {
  Query query{count_by(session(marked(0), 1000), {"w"})};
  CHECK_FALSE(query.refused());
  query.add({{1000}});
  REQUIRE(query.failure());
  CHECK(query.failure()->condition == "_LEGACY_ERROR_TEMP_3068");
  CHECK(query.batches().empty());
}

SCENARIO("the state table: what is removed is not found, what collides still is") {
  StateTable table{1, 1};
  for (std::int64_t n = 0; n < 1000; ++n) {
    bool inserted = false;
    const Value key = Value::bigint(n);
    table.values(table.find_or_insert({&key, 1}, inserted))[0] = Value::bigint(2 * n);
    REQUIRE(inserted);
  }
  for (std::int64_t n = 0; n < 1000; n += 3) {
    const Value key = Value::bigint(n);
    table.remove(table.find({&key, 1}));
  }
  CHECK(table.size() == 666);
  for (std::int64_t n = 0; n < 1000; ++n) {
    const Value key = Value::bigint(n);
    const std::uint32_t slot = table.find({&key, 1});
    REQUIRE((slot == StateTable::kAbsent) == (n % 3 == 0));
    if (n % 3 != 0) REQUIRE(table.values(slot)[0].a == 2 * n);
  }
}

}  // namespace
}  // namespace wrackline::event_time::spark::tests
