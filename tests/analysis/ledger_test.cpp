#include "analysis/ledger.hpp"

#include <limits>

#include "tests/analysis/script.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::analysis {
namespace {

using testing::at_ms;
using testing::event;
using testing::events;
using testing::range;
using testing::Script;

struct World {
  explicit World(Reading reading = Reading::every_row, std::int64_t size_ms = 1000,
                 std::int64_t slide_ms = 1000)
      : ledger{config_of(reading, size_ms, slide_ms), log}, script{ledger} {}

  static LedgerConfig config_of(Reading reading, std::int64_t size_ms, std::int64_t slide_ms) {
    LedgerConfig config;
    config.window = {size_ms, slide_ms, 0, 0};
    config.reading = reading;
    return config;
  }
  const Books& close(std::int64_t windows_due_ms = std::numeric_limits<std::int64_t>::max()) {
    ledger.close({at_ms(100'000), windows_due_ms});
    REQUIRE(ledger.books(Phase::all).closes());
    REQUIRE(ledger.broken_promises() == 0);
    return ledger.books(Phase::all);
  }

  AnomalyLog log;
  Ledger ledger;
  Script script;
};

}  // namespace

TEST_CASE("ledger: an undisturbed event is delivered, once, with its latencies") {
  World w;
  w.script.create(100);
  w.script.flow(events({0}), 110);
  w.script.show(0, 0, 1000, events({0}), 1500);
  const Books& books = w.close();
  REQUIRE(books.produced == 1);
  REQUIRE(books[Fate::delivered] == 1);
  REQUIRE(books.duplicates == Books{}.duplicates);
  const LatencyStat& latency = w.ledger.latency(Latency::end_to_end, Phase::all);
  REQUIRE(latency.seen.greatest() == 1'400'000'000);
  REQUIRE(latency.missing == 0);
  REQUIRE(w.ledger.latency(Latency::result_latency, Phase::all).seen.greatest() == 500'000'000);
  for (const AnomalyInfo& info : anomalies()) REQUIRE(w.log.count_of(info.anomaly) == 0);
}

TEST_CASE("ledger: every fate") {
  World w;
  for (int i = 0; i < 10; ++i) w.script.create(100 + i);
  sim::Observer& o = w.ledger;
  o.told(sim::Told::fire_and_forget, events({0}), at_ms(200));  // lost at the producer
  o.refused(sim::SendRefusal::expired, events({1}), at_ms(200));
  o.told(sim::Told::failed, events({1}), at_ms(200));
  o.refused(sim::SendRefusal::rejected, events({2}), at_ms(200));
  w.script.append(events({3}), 200);
  o.told(sim::Told::acknowledged, events({3}), at_ms(210));  // lost in the log: acks=1
  w.script.append(events({4}), 200);
  o.told(sim::Told::outcome_unknown, events({4}), at_ms(210));
  w.script.commit(events({4}), 210);  // committed, never read
  w.script.flow(events({5, 6}), 300);
  w.script.show(0, 0, 1000, events({5}), 2000);  // 6 is missing from the row
  w.script.flow(events({7}), 300);
  o.dropped(sim::DropReason::late, 0, events({7}), at_ms(400));
  w.script.flow(events({8}), 300);
  o.dropped(sim::DropReason::dead_lettered, 0, events({8}), at_ms(400));
  // 9 is still with its producer.
  const Books& books = w.close();
  REQUIRE(books[Fate::delivered] == 1);
  REQUIRE(books[Fate::late_dropped] == 1);
  REQUIRE(books[Fate::dead_lettered] == 1);
  REQUIRE(books[Fate::expired] == 1);
  REQUIRE(books[Fate::rejected] == 1);
  REQUIRE(books[Fate::pending] == 1);
  REQUIRE(books[Fate::lost] == 4);
  REQUIRE(books.lost_told(LossTold::fire_and_forget) == 1);
  REQUIRE(books.lost_told(LossTold::acknowledged) == 2);
  REQUIRE(books.lost_told(LossTold::outcome_unknown) == 1);
  REQUIRE(books.lost_at(LossHop::producer) == 1);
  REQUIRE(books.lost_at(LossHop::log) == 1);
  REQUIRE(books.lost_at(LossHop::consumer) == 1);
  REQUIRE(books.lost_at(LossHop::processor) == 1);
  REQUIRE(w.log.count_of(Anomaly::lost_write) == 1);
  REQUIRE(w.log.count_of(Anomaly::unseen) == 1);
  REQUIRE(w.log.count_of(Anomaly::missing_contribution) == 1);
  REQUIRE(w.log.count_of(Anomaly::late_dropped) == 1);
  REQUIRE(w.ledger.latency(Latency::end_to_end, Phase::all).missing == 9);
}

TEST_CASE(
    "ledger: a result that is lost at the sink topic is lost there, by what the sink's producer was told") {
  World w;
  for (int i = 0; i < 4; ++i) w.script.create(100 + i);
  w.script.flow(events({0, 1, 2, 3}), 300);
  w.script.show(0, 0, 1000, events({0}), 2000);
  w.ledger.lost_at_sink(sim::Told::acknowledged, events({0, 1}));  // another attempt brought 0 through
  w.ledger.lost_at_sink(sim::Told::failed, events({1, 2}));        // the gravest answer stands
  const Books& books = w.close();
  REQUIRE(books[Fate::delivered] == 1);
  REQUIRE(books[Fate::lost] == 3);
  REQUIRE(books.lost_at(LossHop::sink) == 2);
  REQUIRE(books.lost_at(LossHop::processor) == 1);
  REQUIRE(books.lost_told(LossTold::told_failed) == 1);
  REQUIRE(w.log.count_of(Anomaly::missing_contribution) == 3);
}

TEST_CASE(
    "ledger: what a guard refuses is rejected, and counted apart; second reports are the source's own") {
  World w;
  for (int i = 0; i < 3; ++i) w.script.create(100 + i);
  const sim::CreatedRecord again{event(3), 0, 102, at_ms(102), at_ms(150), true};
  w.ledger.created({&again, 1});
  w.script.flow(events({0, 1, 2, 3}), 300);
  w.ledger.dropped(sim::DropReason::guarded, 0, events({1}), at_ms(400));
  w.script.show(0, 0, 1000, events({0, 2, 3}), 2000);
  const Books& books = w.close();
  REQUIRE(books[Fate::delivered] == 3);
  REQUIRE(books[Fate::rejected] == 1);
  REQUIRE(books.rejected_by_guard == 1);
  REQUIRE(books.reported_again == 1);
  REQUIRE(books.duplicated(DuplicateHop::sink) == 0);
}

TEST_CASE("ledger: what is held when the run ends is pending, not lost") {
  World w;
  for (int i = 0; i < 4; ++i) w.script.create(100 + i);
  w.script.append(events({0}), 200);
  w.ledger.told(sim::Told::acknowledged, events({0}),
                at_ms(200));  // in the leader's log, beyond the high watermark
  w.script.append(events({1}), 200);
  w.ledger.told(sim::Told::acknowledged, events({1}), at_ms(200));
  w.script.commit(events({1}), 210);   // unread
  w.script.flow(events({2, 3}), 300);  // in an open window
  SECTION("told by the pipeline") {
    w.ledger.hold(range(0, 4));
    REQUIRE(w.close()[Fate::pending] == 4);
  }
  SECTION("by the watermark, for open windows") {
    w.ledger.hold(range(0, 2));
    REQUIRE(w.close(999)[Fate::pending] == 4);
  }
  SECTION("otherwise they are lost") {
    REQUIRE(w.close()[Fate::lost] == 4);
    REQUIRE(w.log.count_of(Anomaly::window_gap) == 1);
  }
}

TEST_CASE("ledger: duplicates are told apart by hop") {
  World w;
  for (int i = 0; i < 3; ++i) w.script.create(100 + i);
  w.script.flow(events({0, 1, 2}), 200);
  w.script.commit(events({0}), 220);                      // a retry that was stored again
  w.script.process(events({1, 1}), 230);                  // a replay, twice
  w.script.show(0, 0, 1000, events({0, 1, 2, 2}), 2000);  // counted twice inside the row
  w.script.show(0, 0, 1000, events({0, 1, 2, 2}), 2100);  // and the row written again
  const Books& books = w.close();
  REQUIRE(books[Fate::delivered] == 3);
  REQUIRE(books.duplicated(DuplicateHop::log) == 1);
  REQUIRE(books.duplicated(DuplicateHop::processor) == 2);
  REQUIRE(books.duplicated(DuplicateHop::sink) == 5);
  REQUIRE(books.duplicated_events[static_cast<std::size_t>(DuplicateHop::processor)] == 1);
  REQUIRE(books.duplicated_events[static_cast<std::size_t>(DuplicateHop::sink)] == 3);
  REQUIRE(w.log.count_of(Anomaly::duplicate) == 1);
  REQUIRE(w.log.count_of(Anomaly::double_counted) == 2);
  REQUIRE(w.log.count_of(Anomaly::sink_duplicate) == 3);
}

TEST_CASE("ledger: an upsert sink shows the last row only") {
  World w{Reading::upsert};
  for (int i = 0; i < 3; ++i) w.script.create(100 + i);
  w.script.flow(events({0, 1, 2}), 200);
  w.script.show(0, 0, 1000, events({0, 1, 1}), 2000);
  SECTION("a repeated row is no duplicate") {
    w.script.show(0, 0, 1000, events({0, 1, 2}), 2100, true);
    w.script.show(0, 0, 1000, events({0, 1, 2}), 2200, true);
    const Books& books = w.close();
    REQUIRE(books[Fate::delivered] == 3);
    REQUIRE(books.duplicated(DuplicateHop::sink) == 0);
    REQUIRE(w.log.count_of(Anomaly::double_counted) == 0);
  }
  SECTION("a record that stands twice in the last row is one") {
    w.script.show(0, 0, 1000, events({0, 1, 2, 2, 2}), 2100, true);
    REQUIRE(w.close().duplicated(DuplicateHop::sink) == 2);
    REQUIRE(w.log.count_of(Anomaly::double_counted) == 2);
    REQUIRE(w.log.count_of(Anomaly::sink_duplicate) == 0);
  }
  SECTION("a smaller row over a complete one loses what it lacks") {
    w.script.show(0, 0, 1000, events({0, 1, 2}), 2100, true);
    w.script.show(0, 0, 1000, events({2}), 2200, true);
    const Books& books = w.close();
    REQUIRE(books[Fate::delivered] == 1);
    REQUIRE(books.lost_at(LossHop::processor) == 2);
    REQUIRE(w.log.count_of(Anomaly::missing_contribution) == 2);
  }
}

TEST_CASE("ledger: who knows panes reads the latest one") {
  World w{Reading::latest_pane};
  for (int i = 0; i < 2; ++i) w.script.create(100 + i);
  w.script.flow(events({0, 1}), 200);
  w.script.show(0, 0, 1000, events({0}), 2000);
  w.script.show(0, 0, 1000, events({0, 1}), 2100, false, 1);
  SECTION("a later pane takes the place of the earlier") {
    REQUIRE(w.close().duplicated(DuplicateHop::sink) == 0);
  }
  SECTION("the same pane again counts") {
    w.script.show(0, 0, 1000, events({0, 1}), 2200, false, 1);
    REQUIRE(w.close().duplicated(DuplicateHop::sink) == 2);
  }
}

TEST_CASE("ledger: a row that is withdrawn is not visible") {
  for (const Reading reading : {Reading::every_row, Reading::upsert}) {
    World w{reading};
    w.script.create(100);
    w.script.flow(events({0}), 200);
    const auto ids = events({0});
    w.ledger.visible(Script::row(0, 0, 1000, ids), at_ms(2000));
    w.ledger.withdrawn(Script::row(0, 0, 1000, ids), at_ms(2100));
    REQUIRE(w.close()[Fate::lost] == 1);
  }
}

TEST_CASE("ledger: hopping windows, each of them is owed the event") {
  World w{Reading::every_row, 3000, 1000};
  for (int i = 0; i < 4; ++i) w.script.create(2500);
  w.script.flow(range(0, 4), 2600);
  const auto all = range(0, 4);
  w.script.show(0, 0, 3000, all, 4000);
  w.script.show(0, 1000, 4000, events({0, 1, 2}), 5000);
  w.ledger.late_for_window(0, 2000, events({1}), at_ms(2600));
  w.script.show(0, 2000, 5000, events({0, 2, 2}), 6000);
  const Books& books = w.close();
  REQUIRE(books[Fate::delivered] == 3);
  REQUIRE(books.late_in_some_windows == 1);
  REQUIRE(books[Fate::lost] == 1);
  REQUIRE(books.lost_in_some_windows == 1);
  REQUIRE(books.duplicated(DuplicateHop::sink) == 1);
  REQUIRE(w.log.count_of(Anomaly::missing_contribution) == 1);
  REQUIRE(w.ledger.latency(Latency::end_to_end, Phase::all).seen.count() == 4);
}

TEST_CASE("ledger: hopping windows that are not due leave an event pending") {
  World w{Reading::upsert, 2000, 1000};
  w.script.create(1500);
  w.script.flow(events({0}), 1600);
  w.script.show(0, 0, 2000, events({0}), 3000);
  REQUIRE(w.close(2500)[Fate::pending] == 1);
}

TEST_CASE("ledger: a row that does not fit its records is a wrong result") {
  World w;
  w.script.create(100, 7);
  w.script.create(1100, 7);
  w.script.flow(events({0, 1}), 1200);
  w.script.show(7, 0, 1000, events({0}), 2000);
  REQUIRE(w.log.count_of(Anomaly::wrong_result) == 0);
  SECTION("another window") { w.script.show(7, 0, 1000, events({1}), 2100); }
  SECTION("another key") { w.script.show(8, 1000, 2000, events({1}), 2100); }
  SECTION("no such window") { w.script.show(7, 500, 1500, events({1}), 2100); }
  SECTION("another digest") {
    const auto ids = events({1});
    auto row = Script::row(7, 1000, 2000, ids);
    row.digest += 1;
    w.ledger.visible(row, at_ms(2100));
  }
  REQUIRE(w.log.count_of(Anomaly::wrong_result) == 1);
  w.close();
}

TEST_CASE("ledger: a record that was read and then truncated away has vanished") {
  World w;
  w.script.create(100);
  w.script.flow(events({0}), 200);
  w.ledger.uncommitted({}, 0, events({0}), at_ms(300));
  REQUIRE(w.log.count_of(Anomaly::vanished_read) == 1);
  REQUIRE(w.close()[Fate::lost] == 1);
}

TEST_CASE("ledger: a failed send that is read anyway is an aborted read, and delivered") {
  World w;
  w.script.create(100);
  w.script.flow(events({0}), 200);
  World failed;
  failed.script.create(100);
  failed.ledger.told(sim::Told::failed, events({0}), at_ms(150));
  failed.script.append(events({0}), 200);
  failed.script.commit(events({0}), 210);
  failed.script.poll(events({0}), 0, 220);
  failed.script.process(events({0}), 230);
  failed.script.show(0, 0, 1000, events({0}), 2000);
  REQUIRE(failed.close()[Fate::delivered] == 1);
  REQUIRE(failed.log.count_of(Anomaly::aborted_read) == 1);
}

TEST_CASE("ledger: a job without windows, a result per record") {
  World w{Reading::upsert, 0, 0};
  for (int i = 0; i < 3; ++i) w.script.create(100 + i, 5);
  w.script.flow(range(0, 3), 200);
  for (const std::uint64_t n : {0U, 1U}) w.script.show(5, INT64_MIN, 0, events({n}), 300);
  w.script.show(5, INT64_MIN, 0, events({0}), 310, true);   // the same row written again
  w.script.show(5, INT64_MIN, 0, events({1}), 310, false);  // a second row
  const Books& books = w.close();
  REQUIRE(books[Fate::delivered] == 2);
  REQUIRE(books.duplicated(DuplicateHop::sink) == 1);
  REQUIRE(books.lost_at(LossHop::processor) == 1);
  REQUIRE(w.log.count_of(Anomaly::lost_result) == 1);
}

TEST_CASE("ledger: the steady part has books of its own") {
  LedgerConfig config;
  config.window = {1000, 1000, 0, 0};
  config.steady_from = at_ms(1000);
  config.steady_until = at_ms(2000);
  AnomalyLog log;
  Ledger ledger{config, log};
  Script script{ledger};
  script.create(500);
  script.create(1500);
  script.create(2500);
  script.flow(range(0, 3), 2600);
  script.show(0, 0, 1000, events({0}), 3000);
  script.show(0, 1000, 2000, events({1}), 3000);
  ledger.close({at_ms(4000)});
  REQUIRE(ledger.books(Phase::all).produced == 3);
  REQUIRE(ledger.books(Phase::all)[Fate::lost] == 1);
  REQUIRE(ledger.books(Phase::steady).produced == 1);
  REQUIRE(ledger.books(Phase::steady)[Fate::delivered] == 1);
  REQUIRE(ledger.latency(Latency::end_to_end, Phase::all).seen.count() == 2);
  REQUIRE(ledger.latency(Latency::end_to_end, Phase::steady).seen.count() == 1);
}

TEST_CASE("ledger: double_fire, the same pane again without taking the place of the first") {
  World w{Reading::upsert};
  w.script.show(0, 0, 1000, {}, 1300);
  w.script.show(0, 0, 1000, {}, 1400, true, 1);
  w.script.show(0, 0, 1000, {}, 1500, true, 1);  // rewritten in place
  w.script.show(1, 0, 1000, {}, 1500);
  REQUIRE(w.log.count_of(Anomaly::double_fire) == 0);
  w.script.show(0, 0, 1000, {}, 1600, false, 1);
  REQUIRE(w.log.count_of(Anomaly::double_fire) == 1);
  w.ledger.settle_before(1000);
  w.script.show(1, 0, 1000, {}, 9000);
  REQUIRE(w.log.count_of(Anomaly::double_fire) == 2);
  w.close();
}

TEST_CASE("ledger: orphan_commit, the offset is beyond a record that nobody processed") {
  World w;
  for (int i = 0; i < 3; ++i) w.script.create(100);
  w.script.append(events({0, 1, 2}), 200);
  w.ledger.told(sim::Told::acknowledged, events({0, 1, 2}), at_ms(200));
  w.script.commit(events({0, 1, 2}), 210);
  w.script.poll(events({0, 1, 2}), 0, 220);
  w.script.process(events({0}), 230);
  w.script.show(0, 0, 1000, events({0}), 2000);
  SECTION("fires: read, committed, and then the consumer died") {
    w.close();
    REQUIRE(w.log.count_of(Anomaly::orphan_commit) == 2);
    REQUIRE(w.log.count_of(Anomaly::unseen) == 0);
  }
  SECTION("silent: the offset was not committed, somebody will read them") {
    w.ledger.hold(events({1, 2}));
    w.close();
    REQUIRE(w.log.count_of(Anomaly::orphan_commit) == 0);
  }
}

}  // namespace wrackline::analysis
