// The ledger over windows beyond tumbling and hopping: what it must find, each with a case in which it fires.
#include "analysis/ledger.hpp"
#include "tests/analysis/script.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::analysis {
namespace {

using namespace testing;
using event_time::window::AggregateSpec;
using event_time::window::PanePolicy;
using event_time::window::WindowDefinition;

/// Events are created every 100 ms from 100 on with the value 1; counts are judged.
struct World {
  explicit World(const WindowDefinition& windows, Reading reading = Reading::every_row, PanePolicy panes = {},
                 int events = 10)
      : ledger{config_of(windows, reading, panes), log}, script{ledger} {
    for (int i = 1; i <= events; ++i) script.create(100 * i);
  }
  static LedgerConfig config_of(const WindowDefinition& windows, Reading reading, const PanePolicy& panes) {
    AggregateSpec count;
    LedgerConfig config;
    config.window.free =
        std::make_shared<const FreeWindows>(windows, count, panes, [](sim::EventId) { return 1; });
    config.window.allowed_lateness_ms = panes.allowed_lateness_ms;
    config.reading = reading;
    return config;
  }
  void show(std::int64_t start_ms, std::int64_t end_ms, const std::vector<sim::EventId>& ids,
            std::uint32_t pane = 0, bool overwrites = false, std::int64_t value = -1) {
    sim::VisibleResult row = Script::row(0, start_ms, end_ms, ids, overwrites, pane);
    row.value = value < 0 ? static_cast<std::int64_t>(ids.size()) : value;
    ledger.visible(row, at_ms(5000));
  }
  void take_back(std::int64_t start_ms, std::int64_t end_ms, const std::vector<sim::EventId>& ids,
                 std::uint32_t pane = 0) {
    ledger.withdrawn(Script::row(0, start_ms, end_ms, ids, false, pane), at_ms(5000));
  }
  std::uint64_t count(Anomaly anomaly) const { return log.count_of(anomaly); }
  const Books& close() {
    ledger.close({at_ms(100'000)});
    REQUIRE(ledger.books(Phase::all).closes());
    return ledger.books(Phase::all);
  }

  AnomalyLog log;
  Ledger ledger;
  Script script;
};

}  // namespace

SCENARIO("sessions: whole, missing, lacking a record, or no session at all") {
  GIVEN("two sessions, both shown") {
    World w{WindowDefinition::session(150)};
    w.script.flow(range(0, 10), 2000);
    w.show(100, 1150, range(0, 10));
    CHECK(w.close()[Fate::delivered] == 10);
    for (const AnomalyInfo& info : anomalies()) CHECK(w.count(info.anomaly) == 0);
    CHECK(w.ledger.latency(Latency::result_latency, Phase::all).seen.greatest() == 3'850'000'000);
  }
  GIVEN("no row for a session: one gap, however many events") {
    World w{WindowDefinition::session(150)};
    w.script.flow(range(0, 10), 2000);
    const Books& books = w.close();
    CHECK(books.lost_at(LossHop::processor) == 10);
    CHECK(w.count(Anomaly::window_gap) == 1);
  }
  GIVEN("a row that lacks a record at its end: the window is too short, and the record has none") {
    World w{WindowDefinition::session(150)};
    w.script.flow(range(0, 10), 2000);
    w.show(100, 1050, range(0, 9));
    CHECK(w.close()[Fate::lost] == 1);
    CHECK(w.count(Anomaly::missing_contribution) == 1);
  }
  GIVEN("a row whose records have a hole") {
    World w{WindowDefinition::session(150)};
    w.script.flow(range(0, 10), 2000);
    w.show(100, 1150, events({0, 1, 2, 5, 6, 7, 8, 9}));
    w.close();
    CHECK(w.count(Anomaly::wrong_result) == 1);
    CHECK(w.count(Anomaly::missing_contribution) == 2);
  }
  GIVEN("a wrong value") {
    World w{WindowDefinition::session(150)};
    w.script.flow(range(0, 10), 2000);
    w.show(100, 1150, range(0, 10), 0, false, 11);
    w.close();
    CHECK(w.count(Anomaly::wrong_result) == 1);
  }
  GIVEN("the same pane twice") {
    World w{WindowDefinition::session(150)};
    w.script.flow(range(0, 10), 2000);
    w.show(100, 1150, range(0, 10));
    w.show(100, 1150, range(0, 10));
    w.close();
    CHECK(w.count(Anomaly::double_fire) == 1);
    CHECK(w.count(Anomaly::sink_duplicate) == 10);
  }
}

SCENARIO("sessions that merge: retracted parts do not count, parts that stay count twice") {
  PanePolicy panes;
  panes.allowed_lateness_ms = 1000;
  for (const bool retracts : {true, false}) {
    panes.accumulation =
        retracts ? PanePolicy::Accumulation::retracting : PanePolicy::Accumulation::accumulating;
    World w{WindowDefinition::session(100), Reading::latest_pane, panes, 3};
    w.script.flow(range(0, 3), 2000);
    w.show(100, 200, events({0}));
    w.show(300, 400, events({2}));
    if (retracts) {
      w.take_back(100, 200, events({0}));
      w.take_back(300, 400, events({2}));
    }
    w.show(100, 400, events({0, 1, 2}), 1);
    CHECK(w.close()[Fate::delivered] == 3);
    CHECK(w.count(Anomaly::sink_duplicate) == (retracts ? 0 : 2));
    CHECK(w.count(Anomaly::double_fire) == 0);
  }
}

SCENARIO("cumulate: each event in each of its windows, late for some, no other window exists") {
  World w{WindowDefinition::cumulate(1000, 500), Reading::every_row, {}, 2};
  w.script.flow(range(0, 2), 2000);
  GIVEN("both windows") {
    w.show(0, 500, range(0, 2));
    w.show(0, 1000, range(0, 2));
    CHECK(w.close()[Fate::delivered] == 2);
    CHECK(w.count(Anomaly::window_gap) == 0);
  }
  GIVEN("the second window only") {
    w.show(0, 1000, range(0, 2));
    CHECK(w.close().lost_in_some_windows == 2);
    CHECK(w.count(Anomaly::window_gap) == 1);
  }
  GIVEN("one event late for the first window, which is named by its end") {
    w.ledger.late_for_window(0, 500, events({1}), at_ms(2500));
    w.show(0, 500, events({0}));
    w.show(0, 1000, range(0, 2));
    CHECK(w.close().late_in_some_windows == 1);
    CHECK(w.count(Anomaly::missing_contribution) == 0);
  }
  GIVEN("a window that is none") {
    w.show(0, 700, range(0, 2));
    CHECK(w.count(Anomaly::wrong_result) == 1);
  }
}

SCENARIO("sliding: each event in each window that its neighbours define, whole, once, or late for it") {
  // Events at 100, 200, 300 and windows of [t - 100, t] and [t + 1, t + 101].
  World w{WindowDefinition::sliding(100), Reading::every_row, {}, 3};
  const auto all_but = [&](std::int64_t start_ms) {
    const std::vector<std::pair<std::int64_t, std::vector<sim::EventId>>> rows{
        {0, events({0})}, {100, range(0, 2)}, {101, events({1})}, {200, range(1, 3)}, {201, events({2})}};
    for (const auto& [start, ids] : rows)
      if (start != start_ms) w.show(start, start + 101, ids);
  };
  GIVEN("all of them") {
    w.script.flow(range(0, 3), 2000);
    all_but(-1);
    CHECK(w.close()[Fate::delivered] == 3);
    for (const AnomalyInfo& info : anomalies()) CHECK(w.count(info.anomaly) == 0);
  }
  GIVEN("one that is missing") {
    w.script.flow(range(0, 3), 2000);
    all_but(200);
    CHECK(w.close().lost_in_some_windows == 2);
    CHECK(w.count(Anomaly::window_gap) == 1);
    CHECK(w.count(Anomaly::missing_contribution) == 0);
  }
  GIVEN("one that lacks an event") {
    w.script.flow(range(0, 3), 2000);
    all_but(100);
    w.show(100, 201, events({1}));
    CHECK(w.close().lost_in_some_windows == 1);
    CHECK(w.count(Anomaly::missing_contribution) == 1);
    CHECK(w.count(Anomaly::window_gap) == 0);
  }
  GIVEN("one that is written twice") {
    w.script.flow(range(0, 3), 2000);
    all_but(-1);
    w.show(100, 201, range(0, 2));
    CHECK(w.close().duplicated(DuplicateHop::sink) == 2);
    CHECK(w.count(Anomaly::sink_duplicate) == 2);
    CHECK(w.count(Anomaly::double_fire) == 1);
  }
  GIVEN("one without a record at a border, and one of another length") {
    w.script.flow(range(0, 3), 2000);
    all_but(-1);
    w.show(150, 251, events({1}));
    CHECK(w.count(Anomaly::wrong_result) == 1);
    w.show(101, 200, events({1}));
    CHECK(w.count(Anomaly::wrong_result) == 2);
  }
  GIVEN("an event that came too late for the windows that end at 202 and before, and defines none of them") {
    w.ledger.late_for_window(0, 202, events({1}), at_ms(2000));
    w.script.flow(range(0, 3), 2000);
    // [100, 200] is its own; [101, 201] is that of the first event and holds nothing else.
    w.show(0, 101, events({0}));
    w.show(200, 301, range(1, 3));
    w.show(201, 302, events({2}));
    CHECK(w.close()[Fate::delivered] == 3);
    CHECK(w.ledger.books(Phase::all).late_in_some_windows == 1);
    CHECK(w.count(Anomaly::window_gap) + w.count(Anomaly::missing_contribution) == 0);
  }
  GIVEN("an event that was dropped defines nothing") {
    w.script.flow(events({0, 2}), 2000);
    w.script.append(events({1}), 2000);
    w.ledger.told(sim::Told::acknowledged, events({1}), at_ms(2001));
    w.script.commit(events({1}), 2001);
    w.script.poll(events({1}), 2, 2002);
    w.ledger.dropped(sim::DropReason::late, 0, events({1}), at_ms(2000));
    w.show(0, 101, events({0}));
    w.show(200, 301, events({2}));
    CHECK(w.close()[Fate::late_dropped] == 1);
    CHECK(w.ledger.books(Phase::all)[Fate::delivered] == 2);
  }
}

SCENARIO("panes: discarding ones add up, an upsert sink forgets all but the last") {
  PanePolicy panes;
  panes.early_every_records = 1;
  panes.accumulation = PanePolicy::Accumulation::discarding;
  for (const bool upsert : {false, true}) {
    World w{WindowDefinition::tumbling(1000), upsert ? Reading::upsert : Reading::every_row, panes, 2};
    w.script.flow(range(0, 2), 2000);
    w.show(0, 1000, events({0}), 0);
    w.show(0, 1000, events({1}), 1, upsert);
    CHECK(w.close()[Fate::delivered] == (upsert ? 1 : 2));
    CHECK(w.count(Anomaly::missing_contribution) == (upsert ? 1 : 0));
    CHECK(w.count(Anomaly::sink_duplicate) == 0);
  }
}

SCENARIO("count windows: all of one window, told apart by their pane") {
  World w{WindowDefinition::count(2), Reading::every_row, {}, 4};
  const std::int64_t from = event_time::kMinTimestamp + 1;
  w.script.flow(range(0, 4), 2000);
  w.show(from, event_time::kMaxTimestamp, events({0, 1}), 0);
  w.show(from, event_time::kMaxTimestamp, events({2, 3}), 1);
  CHECK(w.close()[Fate::delivered] == 4);
  for (const AnomalyInfo& info : anomalies()) CHECK(w.count(info.anomaly) == 0);
}

SCENARIO(
    "count windows that overlap: each event in neighbouring rows, in none twice, each row of its length") {
  World w{WindowDefinition::count(4, 2), Reading::every_row, {}, 7};
  const std::int64_t from = event_time::kMinTimestamp + 1;
  const std::int64_t until = event_time::kMaxTimestamp;
  w.script.flow(range(0, 7), 2000);
  w.show(from, until, range(0, 2), 0);
  w.show(from, until, range(0, 4), 1);
  w.show(from, until, range(2, 6), 2);
  GIVEN("all rows") {
    w.show(from, until, range(3, 7), 3);  // the end of the input: one more record
    CHECK(w.close()[Fate::delivered] == 7);
    for (const AnomalyInfo& info : anomalies()) CHECK(w.count(info.anomaly) == 0);
  }
  GIVEN("a row twice") {
    w.show(from, until, range(3, 7), 3);
    w.show(from, until, range(2, 6), 2);
    CHECK(w.close().duplicated(DuplicateHop::sink) == 4);
    CHECK(w.count(Anomaly::double_fire) == 1);
  }
  GIVEN("no row for the last event") {
    CHECK(w.close()[Fate::lost] == 1);
    CHECK(w.count(Anomaly::missing_contribution) == 1);
  }
  GIVEN("a row too short") {
    w.show(from, until, range(4, 7), 3);
    w.close();
    CHECK(w.count(Anomaly::wrong_result) == 1);
  }
}

SCENARIO("cumulate: a row that is written twice counts twice for each of its events") {
  World w{WindowDefinition::cumulate(1000, 500), Reading::every_row, {}, 2};
  w.script.flow(range(0, 2), 2000);
  w.show(0, 500, range(0, 2));
  w.show(0, 1000, range(0, 2));
  w.show(0, 1000, range(0, 2));
  CHECK(w.close().duplicated(DuplicateHop::sink) == 2);
  CHECK(w.count(Anomaly::sink_duplicate) == 2);
}

}  // namespace wrackline::analysis
