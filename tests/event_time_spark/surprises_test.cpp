// Every statement of docs/surprises/spark.md, as it is written there.
#include "engine/event_time/spark/processing_time_executor.hpp"
#include "tests/event_time_spark/harness.hpp"

namespace wrackline::event_time::spark::tests {
namespace {

PlanPtr twice_marked(std::int64_t first_ms, std::int64_t second_ms) {
  return count_by(window(with_watermark(marked(first_ms), second_ms), 5000), {"w"});
}

SCENARIO("surprise 1: a second withWatermark kills the query once the watermark leaves 0") {
  GIVEN("the default") {
    Query query{twice_marked(20000, 1000)};
    query.add({{3000}});
    CHECK_FALSE(query.failure());
    query.add({{30000}});
    CHECK(query.batches().size() == 1);
    CHECK(query.watermark_ms() == 10000);
    REQUIRE(query.failure());
    CHECK(query.failure()->condition == "_LEGACY_ERROR_TEMP_3076");
  }
  GIVEN("allowMultiple=false") {
    for (const auto& [first, second] : {std::pair{20000, 1000}, std::pair{1000, 20000}}) {
      Query query{twice_marked(first, second), single_watermark()};
      query.add({{30000}});
      CHECK(query.watermark_ms() == 10000);
      CHECK_FALSE(query.failure());
    }
  }
}

SCENARIO("surprise 2: withWatermark after an aggregation stops everything, without an error") {
  PlanPtr inner = make_plan(WindowTimePlan{"w", "ts"}, five_second_counts(0));
  Query query{count_by(window(with_watermark(std::move(inner), 1000), 10000, 0, "ts", "w2"), {"w2"})};
  for (const std::int64_t t : {1000, 12000, 500000}) {
    CHECK(query.add({{t}}) == Lines{});
    CHECK(query.watermark_ms() == 0);
  }
  CHECK_FALSE(query.failure());
}

SCENARIO("surprise 3: a join whose side has the time and a window of it fails") {
  const auto plan = [] {
    return join(side(marked(10000, 0), "l_", 10000, true), side(marked(10000, 1), "r_", 10000, true),
                on_window(JoinType::inner));
  };
  Query query{plan()};
  CHECK_FALSE(query.refused());
  query.add({{1000}}, {{3000}});
  REQUIRE(query.failure());
  CHECK(query.failure()->condition == "_LEGACY_ERROR_TEMP_3077");
  GIVEN("allowMultiple=false") {
    Query works{plan(), single_watermark()};
    CHECK(works.add({{1000}}, {{3000}}) == Lines{"1000 a 1 [0,10000) 3000 a 1 [0,10000)"});
  }
}

SCENARIO("surprise 4: a NULL event time counts as 0 in the statistics, and is remembered for ever") {
  Query query{select(drop_duplicates(marked(0), {"ts"}), {"ts"})};
  CHECK(query.add({{std::nullopt}, {5000}, {std::nullopt}}) == Lines{"-", "5000"});
  CHECK(query.batches()[0].event_time->stats->min_ms == 0);
  CHECK(static_cast<std::int64_t>(query.batches()[0].event_time->stats->avg_ms) == 1666);
  query.add({{900000}});
  CHECK(query.add({{std::nullopt}}) == Lines{});
  CHECK(query.metrics().duplicates == 1);
}

SCENARIO("surprise 5: at a watermark of 0, what is not after the epoch is late") {
  Query dedup{select(drop_duplicates(marked(0), {"ts"}), {"ts"})};
  CHECK(dedup.add({{0}, {-1}, {1}}) == Lines{"1"});
  CHECK(dedup.metrics().dropped == 2);
  Query windows{five_second_counts(0)};
  windows.add({{-12000}, {-7000}, {-1000}});
  CHECK(windows.metrics().dropped == 3);
}

SCENARIO("surprise 6: a filter above withWatermark keeps rows from moving the watermark") {
  Query query{count_by(window(filter(marked(0), {{"value", CompareOp::gt, Value::bigint(0)}}), 5000), {"w"})};
  query.add({{1000, 'a', 1}});
  query.add({{20000, 'a', 0}});
  CHECK(query.watermark_ms() == 1000);
  CHECK_FALSE(query.batches()[0].event_time->stats);
}

SCENARIO("surprise 7: whether a row is late depends on where the batches are cut") {
  Query burst{five_second_counts(10000)};
  burst.add({{10000}});
  CHECK(burst.burst({{{50000}}, {{30000}}}) == Lines{"[10000,15000) 1", "[30000,35000) 1"});
  Query calm{five_second_counts(10000)};
  calm.add({{10000}});
  calm.add({{50000}});
  CHECK(calm.add({{30000}}) == Lines{});
  CHECK(calm.metrics().dropped == 1);
}

SCENARIO("surprise 8: one silent source holds every window open") {
  std::vector<PlanPtr> inputs;
  inputs.push_back(marked(0, 0));
  inputs.push_back(marked(0, 1));
  Query query{count_by(window(make_plan(UnionPlan{}, std::move(inputs)), 5000), {"w"})};
  query.add({{1000}}, {});
  CHECK(query.add({{86'400'000}}, {}) == Lines{});
  CHECK(query.watermark_ms() == 0);
  CHECK(query.add({}, {{7000}}) == Lines{"[0,5000) 1"});
}

SCENARIO("surprise 9: a time range cleans no state unless both sides have a watermark") {
  Query query{join(side(marked(0, 0), "l_"), side(stream(1), "r_"),
                   in_range(JoinType::inner, TimeBound{-2000, true}, TimeBound{2000, true}))};
  query.add({{10000}}, {{10000}});
  query.add({{900000}}, {});
  CHECK(query.watermark_ms() == 900000);
  CHECK(query.batches().size() == 1);
  CHECK(query.metrics().total == 3);
}

SCENARIO("surprise 10: what an outer join evicts from the preserved side is not counted") {
  const auto plan = [](JoinType type) {
    return join(side(marked(0, 0), "l_", 10000), side(marked(0, 1), "r_", 10000), on_window(type));
  };
  for (const auto& [type, removed] :
       {std::pair{JoinType::inner, 4}, {JoinType::left_outer, 2}, {JoinType::full_outer, 0}}) {
    Query query{plan(type)};
    query.add({{1000, 'a'}, {2000, 'b'}}, {{1000, 'c'}, {2000, 'b'}});
    query.add({{50000}}, {{50000}});
    CHECK(query.metrics().total == 2);
    CHECK(query.metrics().removed == removed);
  }
}

SCENARIO("surprise 11: an outer range join wants its bound as an interval literal") {
  const auto plan = [](JoinType type) {
    JoinPlan how = in_range(type, TimeBound{-5000, true}, TimeBound{5000, true});
    how.literal_bounds = false;
    return join(side(marked(0, 0), "l_"), side(marked(0, 1), "r_"), std::move(how));
  };
  CHECK(Query{plan(JoinType::left_outer)}.refused());
  Query inner{plan(JoinType::inner)};
  CHECK_FALSE(inner.refused());
  inner.add({{10000}}, {{10000}});
  inner.add({{50000}}, {{50000}});
  CHECK(inner.metrics().removed == 2);
}

SCENARIO("surprise 12: a comparison with a number is taken for a time bound") {
  const auto plan = [](std::vector<Condition> extra) {
    JoinPlan how = in_range(JoinType::left_outer, TimeBound{-1000, true}, TimeBound{1000, true});
    how.extra = std::move(extra);
    return join(side(marked(0, 0), "l_"), side(marked(0, 1), "r_"), std::move(how));
  };
  Query plain{plan({})};
  plain.add({{10000, 'a', 5}}, {{10000, 'b'}});
  CHECK(plain.add({{50000, 'z', 5}}, {{50000, 'z'}}) == Lines{"10000 a 5 - - -", "50000 z 5 50000 z 1"});
  Query pinned{plan({{"l_value", CompareOp::gt, Value::bigint(4)}})};
  pinned.add({{10000, 'a', 5}}, {{10000, 'b'}});
  CHECK(pinned.add({{50000, 'z', 5}}, {{50000, 'z'}}) == Lines{"50000 z 5 50000 z 1"});
  CHECK(pinned.watermark_ms() == 50000);
  CHECK(pinned.metrics().total == 3);
}

SCENARIO("surprise 13: what a running query sees of a static side that changes") {
  const auto rows = [](char key, std::int64_t value) {
    RowBatch made{2};
    const auto row = made.append();
    row[0] = Value::string(key);
    row[1] = Value::bigint(value);
    return made;
  };
  using Kind = StaticRelation::Kind;
  using Write = StaticRelation::Write;
  GIVEN("a directory of files") {
    StaticRelation files{Kind::files, rows('a', 1)};
    files.plan();
    files.write(Write::append, rows('b', 2));
    CHECK(files.visible().size() == 1);
    files.write(Write::overwrite_in_place, rows('c', 3));
    CHECK(files.visible().row(0)[1] == Value::bigint(3));
  }
  GIVEN("a catalog table") {
    StaticRelation table{Kind::catalog_table, rows('a', 1)};
    table.plan();
    table.write(Write::append, rows('b', 2));
    CHECK(table.visible().size() == 2);
    table.write(Write::append, rows('c', 3));
    CHECK(table.visible().size() == 2);
    CHECK_FALSE(table.lost());
    table.write(Write::overwrite, rows('d', 4));
    CHECK(table.lost());
    THEN("a restart sees what is there") {
      table.plan();
      CHECK_FALSE(table.lost());
      CHECK(table.visible().size() == 1);
    }
  }
}

SCENARIO("surprise 14: dropDuplicates without the event time runs batches that can do nothing") {
  Query query{drop_duplicates(marked(0), {"key"})};
  query.add({{10000, 'a'}});
  CHECK(query.batches().size() == 2);
  query.add({{20000, 'b'}});
  CHECK(query.batches().size() == 2);
  CHECK(query.metrics().removed == 0);
}

SCENARIO("surprise 15: an entry of dropDuplicatesWithinWatermark counts in the batch that evicts it") {
  Query query{select(drop_duplicates(marked(2000), {"key"}, true), {"key", "ts"})};
  query.add({{10000, 'a'}});
  CHECK(query.burst({{{20000, 'b'}}, {{18500, 'a'}}, {{18600, 'a'}}}) == Lines{"a 18600", "b 20000"});
}

SCENARIO(
    "surprise 11: the late count of session windows depends on a setting, and complete mode drops late "
    "rows") {
  const auto plan = [] { return count_by(session(marked(0), 5000), {"w", "key"}); };
  for (const bool merge : {false, true}) {
    QueryConf conf;
    conf.execution.merge_sessions_in_partition = merge;
    Query query{plan(), conf};
    query.add({{50000}});
    query.add({{1000}, {2000}, {3000}, {30000}});
    CHECK(query.metrics().dropped == (merge ? 2 : 4));
  }
  Query complete{plan(), output(OutputMode::complete)};
  complete.add({{30000}});
  complete.add({{31000}});
  CHECK(complete.add({{8000}}) == Lines{"[30000,36000) a 2"});
  CHECK(complete.metrics().dropped == 1);
}

SCENARIO("surprise 17: with allowMultiple=false a chain of aggregations loses data") {
  const auto plan = [] {
    PlanPtr inner = make_plan(WindowTimePlan{"w", "ts"}, five_second_counts(0));
    return count_by(window(std::move(inner), 10000, 0, "ts", "w2"), {"w2"}, "cnt");
  };
  Query two{plan()};
  two.add({{1000}, {7000}});
  CHECK(two.add({{12000}}) == Lines{"[0,10000) 2 2"});
  Query one{plan(), single_watermark()};
  one.add({{1000}, {7000}});
  CHECK(one.add({{12000}}) == Lines{"[0,10000) 1 1"});
  CHECK(one.metrics().dropped == 1);
}

SCENARIO("surprise 19: a trigger counts its targets from the epoch, and cuts towards zero before it") {
  const ProcessingTimeExecutor minute{60000};
  CHECK(minute.next_batch_time_ms(90001) == 120000);
  CHECK(minute.next_firing_ms(120000, 270000) == 270000);
  CHECK(minute.next_firing_ms(270000, 270000) == 300000);
  CHECK(ProcessingTimeExecutor{1000}.next_batch_time_ms(-1) == 1000);
}

}  // namespace
}  // namespace wrackline::event_time::spark::tests
