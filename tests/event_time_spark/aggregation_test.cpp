// 2.3 to 2.5 of the reference, V-01 to V-17 and V-49, V-50: windows, sessions, output modes.
#include "engine/event_time/spark/narrow_operators.hpp"
#include "tests/event_time_spark/harness.hpp"

namespace wrackline::event_time::spark::tests {
namespace {

SCENARIO("2.3: every window that holds the time, before the epoch too") {
  const auto windows = [](std::int64_t t, std::int64_t size, std::int64_t slide, std::int64_t start) {
    Lines out;
    assign_windows(t, size, slide, start, [&](std::int64_t from, std::int64_t to) {
      out.push_back(fmt::format("[{},{})", from, to));
    });
    return out;
  };
  CHECK(windows(7, 10, 5, 0) == Lines{"[5,15)", "[0,10)"});
  CHECK(windows(-1, 5, 5, 0) == Lines{"[-5,0)"});
  CHECK(windows(5, 5, 5, 0) == Lines{"[5,10)"});
  CHECK(windows(1, 10, 10, 2) == Lines{"[-8,2)"});
  CHECK(windows(4, 10, 3, 0) == Lines{"[3,13)", "[0,10)", "[-3,7)"});
}

SCENARIO("V-01: append emits a window once, by the batch without data that follows") {
  Query query{five_second_counts(10000)};
  CHECK(query.add({{10000}, {11000}, {12000}, {13000}, {14000}, {15000}}) == Lines{});
  CHECK(query.add({{25000}}) == Lines{"[10000,15000) 5"});
  CHECK(query.metrics().total == 2);
  CHECK(query.add({{10000}}) == Lines{});
  CHECK(query.metrics().dropped == 1);
}

SCENARIO("V-02: update emits what the batch touched, and forgets silently") {
  Query query{five_second_counts(10000), output(OutputMode::update)};
  CHECK(query.add({{10000}, {11000}, {15000}}) == Lines{"[10000,15000) 2", "[15000,20000) 1"});
  CHECK(query.add({{25000}}) == Lines{"[25000,30000) 1"});
  CHECK(query.metrics().removed == 1);
  CHECK(query.add({{10000}, {25000}}) == Lines{"[25000,30000) 2"});
}

SCENARIO("V-03: complete neither filters nor forgets") {
  Query query{five_second_counts(10000), output(OutputMode::complete)};
  query.add({{10000}});
  query.add({{25000}});
  CHECK(query.batches().size() == 1);
  CHECK(query.add({{10000}}) == Lines{"[10000,15000) 2", "[25000,30000) 1"});
}

SCENARIO("V-05: without batches without data a window waits for the next row") {
  Query query{five_second_counts(10000), without_no_data_batches()};
  query.add({{10000}});
  CHECK(query.add({{25000}}) == Lines{});
  CHECK(query.add({{26000}}) == Lines{"[10000,15000) 1"});
}

SCENARIO("2.2: in a burst a row is judged by the watermark of the batch before") {
  GIVEN("the two watermarks of 3.4 and later") {
    Query query{five_second_counts(0), output(OutputMode::update)};
    CHECK(query.burst({{{5000}}, {{25000}}, {{6000}}, {{6000}}}) ==
          Lines{"[25000,30000) 1", "[5000,10000) 1", "[5000,10000) 2"});
    CHECK(query.metrics().dropped == 1);
  }
  GIVEN("allowMultiple=false") {
    Query query{five_second_counts(0), single_watermark(OutputMode::update)};
    CHECK(query.burst({{{5000}}, {{25000}}, {{6000}}, {{6000}}}) ==
          Lines{"[25000,30000) 1", "[5000,10000) 1"});
    CHECK(query.metrics().dropped == 2);
  }
}

SCENARIO("V-17: a window that ends at the watermark is gone, one that starts there is not") {
  Query query{five_second_counts(0)};
  query.add({{15000}});
  query.add({{14999}});
  CHECK(query.metrics().dropped == 1);
  query.add({{15000}});
  CHECK(query.metrics().updated == 1);
}

SCENARIO("2.4: late groups are counted, not late rows") {
  Query query{five_second_counts(0)};
  query.add({{30000}});
  query.add({{1000}, {2000}, {3000}, {6000}});
  CHECK(query.metrics().dropped == 2);
}

SCENARIO("sums skip NULL, and a sum of nothing is NULL") {
  const AggregateFunction sum{AggregateFunction::Kind::sum, 0};
  Value buffer;
  sum.merge(buffer, Value{});
  CHECK(buffer.is_null());
  sum.merge(buffer, Value::bigint(2));
  sum.merge(buffer, Value{});
  CHECK(buffer == Value::bigint(2));
}

SCENARIO("V-49: sessions that touch merge, and leave when their end is at the watermark") {
  Query query{count_by(session(marked(30000), 10000), {"w", "key"})};
  query.add({{40000, 's'}, {41000, 'h'}});
  GIVEN("rows before them, one of them late by its own session") {
    query.add({{25000, 's'}, {0, 's'}, {30000, 's'}});
    THEN("one row is dropped, three sessions have become one, and one start is gone") {
      CHECK(query.metrics().dropped == 1);
      CHECK(query.metrics().updated == 1);
      CHECK(query.metrics().removed == 1);
      CHECK(query.metrics().total == 2);
    }
    THEN("both leave when the watermark passes them") {
      CHECK(query.add({{90000, 'x'}}) == Lines{"[25000,50000) s 3", "[41000,51000) h 1"});
    }
  }
}

SCENARIO("2.3: every session of a touched key counts as updated") {
  Query query{count_by(session(marked(100000), 5000), {"w", "key"})};
  query.add({{10000}});
  query.add({{50000}});
  CHECK(query.metrics().updated == 2);
  CHECK(query.metrics().removed == 0);
}

SCENARIO("2.3: rows with the same session of the same key are one late row") {
  Query query{count_by(session(marked(0), 5000), {"w", "key"})};
  query.add({{50000}});
  query.add({{1000}, {1000}, {2000}});
  CHECK(query.metrics().dropped == 2);
}

SCENARIO("a gap of each row: a shorter one does not shorten, one of 0 makes no session") {
  PlanPtr plan = make_plan(SessionPlan{std::string{"gap"}, "ts", "w"}, marked(10000));
  Query query{count_by(std::move(plan), {"w", "key"})};
  query.add({{10000, 'a', 1, 20000}, {15000, 'a', 1, 1000}, {16000, 'a', 1, 0}});
  CHECK(query.metrics().total == 1);
  CHECK(query.add({{60000, 'b', 1, 1000}}) == Lines{"[10000,30000) a 2"});
}

}  // namespace
}  // namespace wrackline::event_time::spark::tests
