// 2.9 of the reference, V-51 to V-53: flatMapGroupsWithState and its timeouts.
#include "tests/event_time_spark/harness.hpp"

namespace wrackline::event_time::spark::tests {
namespace {

/// Counts rows per key; a timeout `delta_ms` after the latest event time, or after the batch; emits key,
/// count and whether the call was a timeout, which ends the group.
PlanPtr counted_groups(PlanPtr in, GroupStateTimeout timeout, std::int64_t delta_ms) {
  GroupStatePlan groups;
  groups.key = "key";
  groups.timeout = timeout;
  groups.state_width = 1;
  groups.schema = {{"key", Value::Kind::string}, {"count"}, {"timed_out"}};
  groups.function = [=](const Value& key, const std::vector<Row>& rows, GroupState& state, RowBatch& output) {
    const std::int64_t before = state.exists() ? state.get()[0].a : 0;
    const std::int64_t count = before + static_cast<std::int64_t>(rows.size());
    const auto out = output.append();
    out[0] = key;
    out[1] = Value::bigint(count);
    out[2] = Value::bigint(state.has_timed_out() ? 1 : 0);
    if (state.has_timed_out()) return state.remove();
    state.update({Value::bigint(count)});
    if (timeout == GroupStateTimeout::event_time)
      state.set_timeout_timestamp(us_to_ms(rows.back()[0].a) + delta_ms);
    if (timeout == GroupStateTimeout::processing_time) state.set_timeout_duration(delta_ms);
  };
  return make_plan(std::move(groups), std::move(in));
}

SCENARIO("V-51, V-53: an event-time timeout fires when the watermark is past it, not at it") {
  Query query{counted_groups(marked(0), GroupStateTimeout::event_time, 5000), output(OutputMode::update)};
  CHECK(query.add({{10000, 'a'}}) == Lines{"a 1 0"});
  CHECK(query.add({{15000, 'z'}}) == Lines{"z 1 0"});
  CHECK(query.add({{15001, 'z'}}) == Lines{"a 1 1", "z 2 0"});
  CHECK(query.metrics().removed == 1);
  GIVEN("a row at the watermark") {
    query.add({{15001, 'a'}});
    CHECK(query.metrics().dropped == 1);
  }
}

SCENARIO("2.9: a key with data in the batch has no old timeout any more") {
  Query query{counted_groups(marked(0), GroupStateTimeout::event_time, 5000),
              without_no_data_batches(OutputMode::update)};
  query.add({{10000, 'a'}, {10000, 'b'}});
  query.add({{30000, 'z'}});
  CHECK(query.add({{31000, 'a'}}) == Lines{"a 2 0", "b 1 1"});
}

SCENARIO("2.9: without timeouts late rows are not dropped, and no batch without data runs") {
  Query query{counted_groups(marked(0), GroupStateTimeout::none, 0), output(OutputMode::update)};
  query.add({{50000, 'a'}});
  CHECK(query.batches().size() == 1);
  CHECK(query.add({{1000, 'a'}}) == Lines{"a 2 0"});
}

SCENARIO("surprise 20, V-52: a processing-time timeout makes every trigger a batch once there was one") {
  MicroBatchExecution query{counted_groups(stream(), GroupStateTimeout::processing_time, 10000),
                            {event_schema()},
                            {},
                            output(OutputMode::update)};
  REQUIRE_FALSE(query.start());
  CHECK_FALSE(query.next_batch(1000).batch);
  query.add(0, rows_of({{1000, 'a'}}), 1);
  CHECK(query.next_batch(2000).batch->rows.size() == 1);
  CHECK(query.next_batch(12000).batch->rows.empty());
  const auto fired = query.next_batch(12001).batch;
  REQUIRE(fired);
  CHECK(fired->rows.row(0)[2] == Value::bigint(1));
}

SCENARIO("2.9: a timeout of the past is an error of the call") {
  GroupState state{std::nullopt, GroupStateTimeout::event_time, 0, 20000, false};
  CHECK_THROWS_AS(state.set_timeout_timestamp(0), GroupStateError);
  CHECK_THROWS_AS(state.set_timeout_timestamp(19999), GroupStateError);
  CHECK_THROWS_AS(state.set_timeout_duration(1), GroupStateError);
  CHECK_NOTHROW(state.set_timeout_timestamp(20000));
  GroupState other{std::nullopt, GroupStateTimeout::processing_time, 500, 0, false};
  CHECK_THROWS_AS(other.set_timeout_duration(0), GroupStateError);
  other.set_timeout_duration(7);
  CHECK(other.timeout_ms() == 507);
}

SCENARIO("surprise 18: a row that is accepted by the older watermark can kill the query") {
  Query query{counted_groups(marked(0), GroupStateTimeout::event_time, 5000), output(OutputMode::update)};
  query.add({{10000, 'a'}});
  query.burst({{{50000, 'z'}}, {{20000, 'a'}}});
  REQUIRE(query.failure());
  CHECK(query.failure()->condition == "FLATMAPGROUPSWITHSTATE_USER_FUNCTION_ERROR");
}

SCENARIO("the checker: group state") {
  const auto refused = [](PlanPtr plan, OutputMode mode) {
    return Query{std::move(plan), output(mode)}.refused().has_value();
  };
  CHECK(refused(counted_groups(stream(), GroupStateTimeout::event_time, 1), OutputMode::update));
  CHECK(refused(counted_groups(stream(), GroupStateTimeout::none, 0), OutputMode::append));
  CHECK_FALSE(refused(counted_groups(stream(), GroupStateTimeout::none, 0), OutputMode::update));
}

}  // namespace
}  // namespace wrackline::event_time::spark::tests
