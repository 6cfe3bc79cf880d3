// The ledger over joins: what it must find, each with a case in which it fires.
#include "analysis/checkers/wrongly_late.hpp"
#include "analysis/ledger.hpp"
#include "tests/analysis/script.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::analysis {
namespace {

using namespace testing;
using event_time::window::JoinType;
using event_time::window::StreamJoinSpec;
using event_time::window::WindowDefinition;
using Type = StreamJoinSpec::Type;

sim::EventId left(std::uint64_t n) { return event(n, 0); }
sim::EventId right(std::uint64_t n) { return event(n, 1); }

/// Source 0 writes to the left topic, 0, and source 1 to the right one, 1. Every event has the value 1.
struct World {
  explicit World(Type type, JoinType kind = JoinType::inner, Reading reading = Reading::every_row)
      : ledger{config_of(type, kind, reading), log} {}

  static LedgerConfig config_of(Type type, JoinType kind, Reading reading) {
    StreamJoinSpec spec;
    spec.type = type;
    spec.kind = kind;
    spec.lower_ms = -100;
    spec.upper_ms = 200;
    spec.windows = WindowDefinition::tumbling(1000);
    LedgerConfig config;
    config.window.join =
        std::make_shared<const JoinShape>(spec, std::vector<std::uint16_t>{1}, std::vector<std::uint16_t>{1},
                                          [](sim::EventId) { return std::int64_t{1}; });
    config.reading = reading;
    return config;
  }
  sim::EventId create(std::uint16_t source, std::int64_t ms, std::uint32_t key = 0) {
    const sim::CreatedRecord record{event(created[source]++, source), key, ms, at_ms(ms), at_ms(ms)};
    ledger.created({&record, 1});
    return record.id;
  }
  /// Created and committed; `n` is the next of its source.
  sim::EventId arrive(std::uint16_t source, std::int64_t ms, std::uint32_t key = 0) {
    const sim::EventId id = create(source, ms, key);
    const sim::PartitionRef p{source, 0};
    ledger.appended(p, offset[source], {&id, 1}, at_ms(ms));
    ledger.told(sim::Told::acknowledged, {&id, 1}, at_ms(ms));
    ledger.committed(p, offset[source], {&id, 1}, at_ms(ms));
    ledger.polled(0, p, offset[source]++, {&id, 1}, at_ms(ms));
    return id;
  }
  sim::EventId flow(std::uint16_t source, std::int64_t ms, std::uint32_t key = 0) {
    const sim::EventId id = arrive(source, ms, key);
    ledger.processed(0, {&id, 1}, at_ms(ms));
    return id;
  }
  void drop_late(sim::EventId id) { ledger.dropped(sim::DropReason::late, 0, {&id, 1}, at_ms(3000)); }
  void show(const std::vector<sim::EventId>& ids, std::int64_t end_ms = 0, bool overwrites = false,
            std::int64_t value = -1) {
    const std::int64_t start_ms = end_ms == 0 ? INT64_MIN : end_ms - 1000;
    sim::VisibleResult row = Script::row(0, start_ms, end_ms, ids, overwrites);
    row.value = value < 0 ? static_cast<std::int64_t>(ids.size()) : value;
    ledger.visible(row, at_ms(5000));
  }
  const JoinBooks& close() {
    ledger.close({at_ms(100'000)});
    REQUIRE(ledger.books(Phase::all).closes());
    return *ledger.books(Phase::all).join;
  }
  std::uint64_t count(Anomaly anomaly) const { return log.count_of(anomaly); }
  Fate only_fate_but_delivered() const {
    const Books& books = ledger.books(Phase::all);
    for (std::size_t fate = 1; fate < kFates; ++fate)
      if (books.fates[fate] != 0) return static_cast<Fate>(fate);
    return Fate::delivered;
  }

  AnomalyLog log;
  Ledger ledger;
  std::uint64_t created[2] = {};
  std::int64_t offset[2] = {};
};

}  // namespace

SCENARIO("pairs: all there, and who has none is owed none") {
  World w{Type::interval};
  w.flow(0, 1000);
  w.flow(0, 5000);
  w.flow(1, 900);
  w.flow(1, 1200);
  w.flow(1, 1201);
  w.show({left(0), right(0)});
  w.show({left(0), right(1)});
  const JoinBooks& rows = w.close();
  CHECK(rows.expected == 2);
  CHECK(rows.delivered == 2);
  CHECK(rows.unmatched_left == 1);
  CHECK(rows.unmatched_right == 1);
  CHECK(w.ledger.books(Phase::all)[Fate::delivered] == 5);
  // From the creation of the later record; the two that are owed nothing are missing from no percentile.
  CHECK(w.ledger.latency(Latency::result_latency, Phase::all).seen.least() == 3'800'000'000);
  CHECK(w.ledger.latency(Latency::result_latency, Phase::all).missing == 0);
  CHECK(w.ledger.latency(Latency::end_to_end, Phase::all).missing == 0);
  for (const AnomalyInfo& info : anomalies()) CHECK(w.count(info.anomaly) == 0);
}

SCENARIO("a pair that is not there: for want of what") {
  World w{Type::interval};
  const auto lost = [&] { return w.ledger.books(Phase::all)[Fate::lost]; };
  GIVEN("nothing: the job had both") {
    w.flow(0, 1000);
    w.flow(1, 1000);
    const JoinBooks& rows = w.close();
    CHECK(rows.lost_at[static_cast<std::size_t>(LossHop::processor)] == 1);
    CHECK(w.count(Anomaly::lost_result) == 1);
    CHECK(lost() == 2);
    CHECK(w.ledger.latency(Latency::result_latency, Phase::all).missing == 1);
  }
  GIVEN("the right record, late") {
    w.flow(0, 1000);
    w.drop_late(w.arrive(1, 1000));
    CHECK(w.close().late_right == 1);
    CHECK(w.only_fate_but_delivered() == Fate::late_dropped);
    CHECK(w.count(Anomaly::lost_result) == 0);
  }
  GIVEN("both, late: the left one is named") {
    w.drop_late(w.arrive(0, 1000));
    w.drop_late(w.arrive(1, 1000));
    const JoinBooks& rows = w.close();
    CHECK(rows.late_left == 1);
    CHECK(rows.late_right == 0);
  }
  GIVEN("the left record, committed over and never processed") {
    w.arrive(0, 1000);
    w.flow(1, 1000);
    CHECK(w.close().lost_at[static_cast<std::size_t>(LossHop::consumer)] == 1);
    CHECK(lost() == 1);
  }
  GIVEN("the right record, poison") {
    w.flow(0, 1000);
    const sim::EventId poison = w.arrive(1, 1000);
    w.ledger.dropped(sim::DropReason::dead_lettered, 0, {&poison, 1}, at_ms(2000));
    CHECK(w.close().refused == 1);
  }
  GIVEN("time: one is on its way") {
    w.flow(0, 1000);
    w.create(1, 1000);
    CHECK(w.close().pending == 1);
    CHECK(w.only_fate_but_delivered() == Fate::pending);
  }
  GIVEN("its writer: it was handed to a topic, and is not in it") {
    const std::vector<sim::EventId> both{w.flow(0, 1000), w.flow(1, 1000)};
    w.ledger.lost_at_sink(sim::Told::acknowledged, both);
    CHECK(w.close().lost_at[static_cast<std::size_t>(LossHop::sink)] == 1);
  }
}

SCENARIO("rows that are none, and rows too many") {
  GIVEN("records too far apart, of other keys, a wrong value, half a pair, two of one side") {
    World w{Type::interval};
    w.flow(0, 1000);
    w.flow(1, 2000);
    w.flow(1, 1000, 7);
    w.flow(1, 1100);
    w.show({left(0), right(0)});
    w.show({left(0), right(1)});
    w.show({left(0), right(2)}, 0, false, 5);
    w.show({left(0)});
    w.show({right(0), right(2)});
    w.close();
    CHECK(w.count(Anomaly::wrong_result) == 5);
  }
  GIVEN("a pair twice") {
    World w{Type::interval};
    w.flow(0, 1000);
    w.flow(1, 1000);
    w.show({left(0), right(0)});
    w.show({left(0), right(0)});
    CHECK(w.close().duplicates == 1);
    CHECK(w.ledger.books(Phase::all).duplicated(DuplicateHop::sink) == 1);
    CHECK(w.count(Anomaly::sink_duplicate) == 1);
  }
  GIVEN("a pair rewritten by key") {
    World w{Type::interval, JoinType::inner, Reading::upsert};
    w.flow(0, 1000);
    w.flow(1, 1000);
    w.show({left(0), right(0)});
    w.show({left(0), right(0)}, 0, true);
    CHECK(w.close().duplicates == 0);
    CHECK(w.count(Anomaly::sink_duplicate) == 0);
  }
  GIVEN("a pair that vanished from its topic again") {
    World w{Type::interval};
    w.flow(0, 1000);
    w.flow(1, 1000);
    w.show({left(0), right(0)});
    const std::vector<sim::EventId> both{left(0), right(0)};
    w.ledger.withdrawn(Script::row(0, INT64_MIN, 0, both), at_ms(6000));
    CHECK(w.close().lost() == 1);
    CHECK(w.ledger.broken_promises() == 0);
  }
}

SCENARIO("outer joins: nothing beside a record, rightly, for want of a late partner, and wrongly") {
  World w{Type::interval, JoinType::full};
  w.flow(0, 1000);
  GIVEN("no partner, and the row says so") {
    w.show({left(0)});
    const JoinBooks& rows = w.close();
    CHECK(rows.delivered == 1);
    // Certain once the interval is over.
    CHECK(w.ledger.latency(Latency::result_latency, Phase::all).seen.least() == 3'800'000'000);
  }
  GIVEN("no partner, and no row") {
    w.close();
    CHECK(w.count(Anomaly::lost_result) == 1);
  }
  GIVEN("a partner that was late") {
    w.drop_late(w.arrive(1, 1000));
    w.show({left(0)});
    const JoinBooks& rows = w.close();
    CHECK(rows.late_right == 1);
    CHECK(rows.nulls == 1);
    CHECK(w.count(Anomaly::premature_null) == 0);
    CHECK(w.ledger.books(Phase::all)[Fate::late_dropped] == 1);
  }
  GIVEN("a partner that was accepted") {
    w.flow(1, 1000);
    w.show({left(0)});
    const JoinBooks& rows = w.close();
    CHECK(rows.lost() == 1);
    CHECK(rows.nulls == 1);
    CHECK(w.count(Anomaly::premature_null) == 1);
  }
  GIVEN("a partner, after a replay, and the earlier row stays") {
    w.drop_late(w.flow(1, 1000));
    w.show({left(0)});
    w.show({left(0), right(0)});
    CHECK(w.close().delivered == 1);
    CHECK(w.count(Anomaly::premature_null) == 1);
  }
}

SCENARIO("windows: pairs inside, late for one of them, and the window that does not exist") {
  World w{Type::window};
  w.flow(0, 1500);
  w.flow(1, 1999);
  w.flow(1, 2000);
  GIVEN("the pair of the window") {
    w.show({left(0), right(0)}, 2000);
    const JoinBooks& rows = w.close();
    CHECK(rows.expected == 1);
    CHECK(rows.delivered == 1);
    CHECK(rows.unmatched_right == 1);
    CHECK(w.ledger.latency(Latency::result_latency, Phase::all).seen.least() == 3'000'000'000);
  }
  GIVEN("a record accepted, but too late for the window") {
    const sim::EventId id = right(0);
    w.ledger.late_for_window(0, 2000, {&id, 1}, at_ms(3000));
    CHECK(w.close().late_right == 1);
    CHECK(w.count(Anomaly::lost_result) == 0);
  }
  GIVEN("a record outside of the window, and no such window") {
    w.show({left(0), right(1)}, 2000);
    w.show({left(0), right(0)}, 2300);
    w.close();
    CHECK(w.count(Anomaly::wrong_result) == 2);
  }
}

SCENARIO("temporal: the version of the time, an older one, one that was not there yet") {
  World w{Type::temporal, JoinType::left};
  w.flow(1, 1000);
  GIVEN("the right one") {
    w.flow(1, 2000);
    w.flow(0, 1999);
    w.show({left(0), right(0)});
    CHECK(w.close().delivered == 1);
    CHECK(w.ledger.books(Phase::all)[Fate::delivered] == 3);
  }
  GIVEN("an older one, for the right one was late") {
    w.drop_late(w.arrive(1, 1500));
    w.flow(0, 1999);
    w.show({left(0), right(0)});
    const JoinBooks& rows = w.close();
    CHECK(rows.late_right == 1);
    CHECK(rows.stale == 1);
    CHECK(w.count(Anomaly::missing_contribution) == 0);
  }
  GIVEN("an older one, though the right one was accepted") {
    w.flow(1, 1500);
    w.flow(0, 1999);
    w.show({left(0), right(0)});
    CHECK(w.close().lost() == 1);
    CHECK(w.count(Anomaly::missing_contribution) == 1);
  }
  GIVEN("none, though there was one") {
    w.flow(0, 1999);
    w.show({left(0)});
    w.close();
    CHECK(w.count(Anomaly::premature_null) == 1);
  }
  GIVEN("one of the future") {
    w.flow(1, 2000);
    w.flow(0, 1999);
    w.show({left(0), right(1)});
    w.close();
    CHECK(w.count(Anomaly::wrong_result) == 1);
    CHECK(w.count(Anomaly::lost_result) == 1);
  }
  GIVEN("two answers for one record") {
    w.flow(0, 1999);
    w.show({left(0), right(0)});
    w.show({left(0)});
    CHECK(w.close().duplicates == 1);
  }
}

SCENARIO("stream-table: what had been processed, at the time") {
  World w{Type::stream_table};
  w.flow(1, 1000);
  w.flow(0, 1500);
  w.flow(1, 1600);
  GIVEN("the version that was there") {
    w.show({left(0), right(0)});
    CHECK(w.close().delivered == 1);
    CHECK(w.count(Anomaly::wrong_result) == 0);
  }
  GIVEN("a version that came later") {
    w.show({left(0), right(1)});
    w.close();
    CHECK(w.count(Anomaly::wrong_result) == 1);
  }
  GIVEN("no row") {
    w.close();
    CHECK(w.count(Anomaly::lost_result) == 1);
  }
  GIVEN("a restart from before the second version: the table is as it was there") {
    w.ledger.assigned(0, {1, 0}, 1, at_ms(2000));
    w.flow(0, 2000);
    w.show({left(0), right(0)});
    w.show({left(1), right(0)});
    const JoinBooks& rows = w.close();
    CHECK(rows.delivered == 2);
    CHECK(rows.stale == 1);
    CHECK(w.count(Anomaly::wrong_result) == 0);
  }
  GIVEN("a key without a version: an inner join owes nothing") {
    w.flow(0, 2000, 9);
    w.show({left(0), right(0)});
    const JoinBooks& rows = w.close();
    CHECK(rows.expected == 1);
    CHECK(rows.unmatched_left == 1);
  }
}

SCENARIO("wrongly_late knows how late a side may be") {
  AnomalyLog log;
  World w{Type::interval};
  WronglyLate::Config config;
  config.window = World::config_of(Type::interval, JoinType::inner, Reading::every_row).window;
  WronglyLate checker{log, w.ledger, config};
  const sim::EventId id = w.arrive(0, 1000);
  checker.watermark(0, 0, INT64_MIN, 999, at_ms(2000));
  checker.dropped(sim::DropReason::late, 0, {&id, 1}, at_ms(2000));
  CHECK(checker.count_of(WronglyLate::Cause::rule) == 1);
  checker.watermark(0, 0, 999, 1000, at_ms(2100));
  checker.dropped(sim::DropReason::late, 0, {&id, 1}, at_ms(2100));
  CHECK(checker.count_of(WronglyLate::Cause::rule) == 1);
}

}  // namespace wrackline::analysis
