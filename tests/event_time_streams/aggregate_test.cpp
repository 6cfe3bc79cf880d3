// Windowed aggregations: rules S-11 to S-15.
#include "tests/event_time_streams/harness.hpp"

namespace wrackline::event_time::streams::tests {
namespace {

SCENARIO("S-11: hopping windows start at multiples of the advance, never before 0") {
  GIVEN("windows of 10 that advance by 4") {
    TimeWindowCount count(TimeWindows::hopping(10, 4, 100), in_memory());
    THEN("an early record lies in fewer windows") {
      CHECK(count.record("a", 3) == Lines{"a[0,10)=1@3"});
      CHECK(count.record("a", 9) == Lines{"a[0,10)=2@9", "a[4,14)=1@9", "a[8,18)=1@9"});
    }
  }
}

SCENARIO("S-12: a window is closed when its end is at or before stream time - grace") {
  GIVEN("tumbling windows of 10, grace 5, at stream time 14") {
    TimeWindowCount count(TimeWindows::tumbling(10, 5), in_memory());
    count.record("b", 14);
    THEN("a record for [0,10) is accepted at 14 and dropped at 15, whatever the key that moved the time") {
      CHECK(count.record("a", 9) == Lines{"a[0,10)=1@9"});
      CHECK(count.drops.empty());
      count.record("b", 15);
      CHECK(count.record("a", 9) == Lines{});
      REQUIRE(count.drops.size() == 1);
      CHECK(count.drops[0].why == Skip::expired_window);
      CHECK(count.drops[0].close_time_ms == 10);
      CHECK(count.drops[0].stream_time_ms == 15);
    }
  }
}

SCENARIO("S-13: the result's timestamp is the largest of its records") {
  TimeWindowCount count(TimeWindows::tumbling(10, 10), in_memory());
  CHECK(count.record("a", 8) == Lines{"a[0,10)=1@8"});
  CHECK(count.record("a", 2) == Lines{"a[0,10)=2@8"});
}

SCENARIO("S-11: sliding windows end at a record or start just after one") {
  SlidingCount count(SlidingWindows{10, 50}, in_memory());
  CHECK(count.record("a", 20) == Lines{"a[10,20]=1@20"});
  THEN("the record before gets its right window, the new one its left") {
    CHECK(count.record("a", 25) == Lines{"a[21,31]=1@25", "a[15,25]=2@25"});
  }
  THEN("a late record gets a right window that holds what came before it in time of arrival") {
    CHECK(count.record("a", 15) == Lines{"a[10,20]=2@20", "a[5,15]=1@15", "a[16,26]=1@20"});
  }
}

SCENARIO("S-12: a sliding record can lose one of its windows and still update others") {
  GIVEN("difference 10, no grace, records at 12 and 20") {
    SlidingCount count(SlidingWindows{10, 0}, in_memory());
    count.record("a", 12);
    count.record("a", 20);
    WHEN("one comes for 15: its left window [5,15] has closed") {
      const Lines lines = count.record("a", 15);
      THEN("one drop is counted, and the window [10,20] and its right window change") {
        REQUIRE(count.drops.size() == 1);
        CHECK(count.drops[0].window == Window{5, 15});
        CHECK(lines == Lines{"a[13,23]=2@20", "a[10,20]=3@20", "a[16,26]=1@20"});
      }
    }
  }
}

SCENARIO("S-11, S-12: sessions merge, retract and close a gap and a grace after their end") {
  GIVEN("a gap of 5, grace 3, sessions [10,10] and [17,17]") {
    SessionCount count(SessionWindows{5, 3}, in_memory());
    count.record("a", 10);
    count.record("a", 17);
    THEN("a record between them, late, merges both; the old ones are retracted first") {
      CHECK(count.record("a", 13) == Lines{"a[10,10]=null@10", "a[17,17]=null@17", "a[10,17]=3@17"});
    }
    THEN(
        "a record whose session would end before stream time - grace - gap is dropped, unless it extends "
        "one") {
      CHECK(count.record("b", 10) == Lines{"b[10,10]=1@10"});
      CHECK(count.record("b", 8) == Lines{"b[10,10]=null@10", "b[8,10]=2@10"});
      CHECK(count.drops.empty());
      CHECK(count.record("c", 8) == Lines{});
      REQUIRE(count.drops.size() == 1);
      CHECK(count.drops[0].close_time_ms == 9);
    }
  }
}

SCENARIO("S-12: an inactivity gap of 0 is refused by 3.9 and accepted by 4.1") {
  CHECK(SessionWindows{0, 0}.refusal(Version::v3_9) == "Gap time cannot be zero or negative.");
  CHECK_FALSE(SessionWindows{0, 0}.refusal(Version::v4_1));
}

SCENARIO("S-12: a retention shorter than the windows need is refused") {
  CHECK(TimeWindows::tumbling(10, 5).retention_refusal(14, "store"));
  CHECK_FALSE(TimeWindows::tumbling(10, 5).retention_refusal(15, "store"));
  CHECK(SlidingWindows{10, 5}.retention_refusal(24, "store"));
  CHECK(SessionWindows{10, 5}.retention_refusal(14, "store"));
  CHECK(TimeWindows::tumbling(0).refusal());
  CHECK(TimeWindows::hopping(10, 11).refusal());
  CHECK(JoinWindows{-5, 4, 0}.refusal());
}

SCENARIO("S-14: untilWindowCloses emits once the results' stream time reaches window end + grace") {
  TimeWindowCount count(TimeWindows::tumbling(10, 5), in_memory(), Suppressed{.wait_ms = 5});
  CHECK(count.record("a", 1) == Lines{});
  CHECK(count.record("a", 2) == Lines{});
  CHECK(count.record("b", 14) == Lines{});
  CHECK(count.record("b", 15) == Lines{"a[0,10)=2@2"});
}

SCENARIO("S-14: untilTimeLimit keeps a row's first place, the full buffer emits early or stops the task") {
  Suppressed limit{.until = Suppressed::Until::time_limit, .wait_ms = 10};
  GIVEN("no limit on records") {
    TimeWindowCount count(TimeWindows::tumbling(100, 0), in_memory(), limit);
    count.record("a", 1);
    count.record("a", 9);
    THEN("the row leaves 10 after it was buffered first, with its newest value") {
      CHECK(count.record("b", 11) == Lines{"a[0,100)=2@9"});
    }
  }
  GIVEN("room for one record") {
    limit.max_records = 1;
    THEN("emitEarly lets the oldest go") {
      limit.when_full = Suppressed::WhenFull::emit_early;
      TimeWindowCount count(TimeWindows::tumbling(100, 0), in_memory(), limit);
      count.record("a", 1);
      CHECK(count.record("b", 2) == Lines{"a[0,100)=1@1"});
    }
    THEN("shutDownWhenFull kills the task") {
      limit.when_full = Suppressed::WhenFull::shut_down;
      TimeWindowCount count(TimeWindows::tumbling(100, 0), in_memory(), limit);
      count.record("a", 1);
      CHECK_THROWS_AS(count.record("b", 2), StreamsError);
    }
  }
}

SCENARIO("S-15: onWindowClose emits a closed window once, if the store still shows it") {
  GIVEN("tumbling windows of 10 and a retention of 100") {
    AggregateSettings settings = in_memory(EmitStrategy::on_window_close);
    settings.store.retention_ms = 100;
    TimeWindowCount count(TimeWindows::tumbling(10), settings);
    count.record("a", 1);
    count.record("a", 9);
    THEN("the record that reaches the end triggers it, the next does not repeat it") {
      CHECK(count.record("b", 10) == Lines{"a[0,10)=2@9"});
      CHECK(count.record("b", 11) == Lines{});
      CHECK(count.record("b", 20) == Lines{"b[10,20)=2@11"});
    }
  }
}

SCENARIO("S-16: the record cache hands over only the last update of a row, when it is flushed") {
  AggregateSettings cached = in_memory();
  cached.store.cached = true;
  cached.store.retention_ms = 15;
  SessionWindowAggregate<std::string, Count> count(SessionWindows{5, 10}, cached);
  Lines lines;
  Drops drops;
  const auto sink = [&](const auto& change) { lines.push_back(line(change, ']')); };
  for (const TimestampMs timestamp : {1, 3, 6}) count.process({"a", 1, timestamp}, 0, sink, drops);
  CHECK(lines.empty());
  count.flush(sink, drops);
  THEN("the sessions in between were never seen below, so their retractions are swallowed") {
    CHECK(lines == Lines{"a[1,6]=3@6"});
  }
}

SCENARIO("S-16: a flush hands over the rows in the order of their last update, not of their first") {
  AggregateSettings cached = in_memory();
  cached.store.cached = true;
  cached.store.retention_ms = 100;
  const TimeWindows windows = TimeWindows::tumbling(10, 10);
  WindowAggregate<std::string, Count> count(windows, cached);
  Lines lines;
  Drops drops;
  const auto sink = [&](const auto& change) { lines.push_back(line(change, ')')); };
  for (const char* key : {"a", "b", "a"}) count.process({key, 1, 1}, 0, sink, drops);
  count.flush(sink, drops);
  CHECK(lines == Lines{"b[0,10)=1@1", "a[0,10)=2@1"});
}

}  // namespace
}  // namespace wrackline::event_time::streams::tests
