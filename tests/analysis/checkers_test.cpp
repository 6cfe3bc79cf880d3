// Each checker: a run in which it stays silent, and one in which it must fire.
#include <map>

#include "analysis/checkers/partition_truth.hpp"
#include "analysis/checkers/poll_order.hpp"
#include "analysis/checkers/premature_fire.hpp"
#include "analysis/checkers/send_order.hpp"
#include "analysis/checkers/sink_order.hpp"
#include "analysis/checkers/stuck.hpp"
#include "analysis/checkers/watermark_regression.hpp"
#include "analysis/checkers/wrongly_late.hpp"
#include "analysis/checkers/zombie_write.hpp"
#include "tests/analysis/script.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::analysis {
namespace {

using testing::at_ms;
using testing::event;
using testing::events;
using testing::range;
using testing::Script;

/// Facts made by hand.
struct Facts final : FactSource {
  std::optional<EventFacts> facts_of(sim::EventId id) override {
    const auto found = facts.find(id.ordinal());
    return found == facts.end() ? std::nullopt : std::optional{found->second};
  }
  void create(std::uint64_t n, std::int64_t created_ms, std::int64_t event_time_ms) {
    facts[n] = {at_ms(created_ms), at_ms(created_ms), event_time_ms, 0};
  }

  std::map<std::uint64_t, EventFacts> facts;
};

constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();

}  // namespace

TEST_CASE("checker: nonmonotonic-poll and poll-skip") {
  AnomalyLog log;
  PollOrder checker{log};
  checker.assigned(0, {}, 5, at_ms(0));
  checker.polled(0, {}, 5, range(0, 3), at_ms(1));
  checker.polled(0, {}, 8, range(3, 5), at_ms(2));
  SECTION("silent: the next offset, and whatever a new assignment says") {
    checker.polled(1, {}, 0, range(0, 3), at_ms(3));  // another consumer
    checker.assigned(0, {}, 2, at_ms(4));
    checker.polled(0, {}, 2, range(0, 3), at_ms(5));
    checker.revoked(0, {}, at_ms(6));
    checker.polled(0, {}, 0, range(0, 3), at_ms(7));
    REQUIRE(log.count_of(Anomaly::nonmonotonic_poll) == 0);
    REQUIRE(log.count_of(Anomaly::poll_skip) == 0);
  }
  SECTION("fires: back") {
    checker.polled(0, {}, 9, range(0, 1), at_ms(3));
    REQUIRE(log.count_of(Anomaly::nonmonotonic_poll) == 1);
  }
  SECTION("fires: ahead") {
    checker.polled(0, {}, 11, range(0, 1), at_ms(3));
    REQUIRE(log.count_of(Anomaly::poll_skip) == 1);
  }
  SECTION("silent: ahead in a topic with holes") {
    checker.holes(0);
    checker.polled(0, {}, 11, range(0, 1), at_ms(3));
    REQUIRE(log.count_of(Anomaly::poll_skip) == 0);
  }
}

TEST_CASE("checker: nonmonotonic-send") {
  AnomalyLog log;
  Facts facts;
  for (std::uint64_t n = 0; n < 4; ++n) facts.create(n, static_cast<std::int64_t>(10 * n), 0);
  SendOrder checker{log, facts};
  checker.committed({0, 0}, 0, events({0, 1}), at_ms(50));
  checker.committed({0, 1}, 0, events({0, 3}), at_ms(50));
  REQUIRE(log.count_of(Anomaly::nonmonotonic_send) == 0);
  SECTION("fires: an earlier record behind a later one") {
    checker.committed({0, 0}, 2, events({3, 2}), at_ms(60));
    REQUIRE(log.count_of(Anomaly::nonmonotonic_send) == 1);
  }
  SECTION("silent: what an old leader appended and nobody could read") {
    checker.appended({0, 1}, 2, events({2}), at_ms(60));
    REQUIRE(log.count_of(Anomaly::nonmonotonic_send) == 0);
  }
  SECTION("silent: committed again after an unclean election had cut it away") {
    checker.committed({0, 0}, 2, events({2, 3}), at_ms(60));
    checker.uncommitted({0, 0}, 2, events({2, 3}), at_ms(70));
    checker.committed({0, 0}, 2, events({2, 3}), at_ms(80));
    REQUIRE(log.count_of(Anomaly::nonmonotonic_send) == 0);
  }
}

TEST_CASE("checker: inconsistent-offsets") {
  AnomalyLog log;
  PartitionTruth checker{log, 0};
  checker.committed({}, 0, range(0, 5), at_ms(1));
  checker.polled(0, {}, 1, range(1, 4), at_ms(2));
  SECTION("silent: the same again, from another reader or leader") {
    checker.committed({}, 3, range(3, 8), at_ms(3));
    checker.polled(1, {}, 0, range(0, 8), at_ms(4));
    checker.uncommitted({}, 6, range(6, 8), at_ms(5));
    checker.committed({}, 6, range(6, 8), at_ms(6));
    REQUIRE(log.count_of(Anomaly::inconsistent_offsets) == 0);
    REQUIRE(checker.unread() == range(0, 8));
  }
  SECTION("fires: a poll shows another record than was committed") {
    checker.polled(0, {}, 3, events({3, 9}), at_ms(3));
    REQUIRE(log.count_of(Anomaly::inconsistent_offsets) == 1);
  }
  SECTION("fires: truncated below the high watermark, then written over") {
    checker.uncommitted({}, 3, range(3, 5), at_ms(3));
    REQUIRE(checker.unread() == range(0, 3));
    checker.committed({}, 3, events({3, 7}), at_ms(4));
    REQUIRE(log.count_of(Anomaly::inconsistent_offsets) == 1);
    REQUIRE(checker.unread() == events({0, 1, 2, 3, 7}));
  }
}

TEST_CASE("what is unread: from the group's committed offset on") {
  AnomalyLog log;
  PartitionTruth checker{log, 0};
  checker.committed({}, 0, range(0, 6), at_ms(1));
  checker.offset_committed(1, {}, 6, at_ms(2));  // another job's
  checker.offset_committed(0, {}, 3, at_ms(2));
  REQUIRE(checker.unread() == range(3, 6));
  checker.offset_committed(0, {}, 2, at_ms(3));  // a commit that regresses: what was read stays read
  REQUIRE(checker.unread() == range(3, 6));
}

TEST_CASE("checker: premature_fire") {
  AnomalyLog log;
  PrematureFire checker{log, 0, 0};
  checker.watermark(0, 0, kFirst, 999, at_ms(1200));
  checker.visible(Script::row(0, 0, 1000, {}), at_ms(1300));
  checker.visible(Script::row(0, 1000, 2000, {}, false, 1), at_ms(1300));  // a late pane fires when it will
  REQUIRE(log.count_of(Anomaly::premature_fire) == 0);
  SECTION("fires: before the watermark") {
    checker.visible(Script::row(0, 1000, 2000, {}), at_ms(2500));
    REQUIRE(log.count_of(Anomaly::premature_fire) == 1);
  }
  SECTION("fires: before true time, a clock runs ahead") {
    checker.watermark(0, 0, 999, 5000, at_ms(1400));
    checker.visible(Script::row(0, 1000, 2000, {}), at_ms(1500));
    REQUIRE(log.count_of(Anomaly::premature_fire) == 1);
  }
  SECTION("silent: the end of the input closes every window") {
    checker.watermark(0, 0, 999, std::numeric_limits<std::int64_t>::max(), at_ms(1400));
    checker.visible(Script::row(0, 1000, 2000, {}), at_ms(1500));
    REQUIRE(log.count_of(Anomaly::premature_fire) == 0);
  }
}

TEST_CASE("checker: watermark_regression") {
  AnomalyLog log;
  WatermarkRegression checker{log, 0};
  checker.watermark(0, 0, kFirst, 10, at_ms(1));
  checker.watermark(0, 0, 10, 20, at_ms(2));
  checker.watermark(0, 1, kFirst, 5, at_ms(2));
  checker.watermark(0, 0, kFirst, 7, at_ms(3));  // a new incarnation
  REQUIRE(log.count_of(Anomaly::watermark_regression) == 0);
  checker.watermark(0, 0, 7, 6, at_ms(4));
  REQUIRE(log.count_of(Anomaly::watermark_regression) == 1);
}

TEST_CASE("checker: sink_order_inversion") {
  AnomalyLog log;
  SinkOrder checker{log, 0, 0};
  checker.visible(Script::row(0, 1000, 2000, {}), at_ms(1));
  checker.visible(Script::row(1, 0, 1000, {}), at_ms(2));            // another key
  checker.visible(Script::row(0, 0, 1000, {}, false, 1), at_ms(3));  // a late pane
  REQUIRE(log.count_of(Anomaly::sink_order_inversion) == 0);
  checker.visible(Script::row(0, 0, 1000, {}), at_ms(4));
  REQUIRE(log.count_of(Anomaly::sink_order_inversion) == 1);
}

TEST_CASE("checker: zombie_write") {
  AnomalyLog log;
  ZombieWrite checker{log, 0};
  checker.generation(0, 3, at_ms(1));
  auto row = Script::row(0, 0, 1000, {});
  checker.visible(row, at_ms(2));  // a writer without a generation
  row.writer_generation = 3;
  checker.visible(row, at_ms(2));
  checker.generation(1, 4, at_ms(3));  // another job
  checker.visible(row, at_ms(4));
  REQUIRE(log.count_of(Anomaly::zombie_write) == 0);
  checker.generation(0, 4, at_ms(5));
  checker.visible(row, at_ms(6));
  REQUIRE(log.count_of(Anomaly::zombie_write) == 1);
}

TEST_CASE("checker: wrongly_late") {
  AnomalyLog log;
  Facts facts;
  WronglyLate checker{log, facts, {.job = 0, .window = {1000, 1000, 0, 100}, .watermark_bound_ms = 200}};
  facts.create(0, 900, 900);
  const auto late = [&](std::int64_t ms) {
    checker.dropped(sim::DropReason::late, 0, events({0}), at_ms(ms));
  };
  SECTION("silent: true time is beyond the window's end, the lateness and the bound") {
    checker.watermark(0, 0, kFirst, 1099, at_ms(1400));
    late(1400);
    REQUIRE(log.count_of(Anomaly::wrongly_late) == 0);
    checker.dropped(sim::DropReason::shed, 0, events({0}), at_ms(500));
    REQUIRE(log.count_of(Anomaly::wrongly_late) == 0);
  }
  SECTION("fires: no watermark had passed the window") {
    checker.watermark(0, 0, kFirst, 1098, at_ms(1400));
    late(1400);
    REQUIRE(checker.count_of(WronglyLate::Cause::rule) == 1);
  }
  SECTION("fires: a clock that runs ahead took the watermark along") {
    checker.watermark(0, 0, kFirst, 5000, at_ms(1200));
    late(1250);
    REQUIRE(checker.count_of(WronglyLate::Cause::clock_ahead) == 1);
  }
  SECTION("fires: the record's own clock runs behind") {
    facts.create(0, 2500, 900);
    checker.watermark(0, 0, kFirst, 2300, at_ms(2550));
    late(2600);
    REQUIRE(checker.count_of(WronglyLate::Cause::clock_behind) == 1);
    REQUIRE(log.count_of(Anomaly::wrongly_late) == 1);
  }
}

TEST_CASE("checker: stuck") {
  AnomalyLog log;
  Stuck checker{log};
  checker.processed(0, events({0}), at_ms(900));
  checker.judge(at_ms(5000), 3, "");  // no liveness phase: nothing is owed
  checker.begin_liveness(at_ms(1000), std::chrono::seconds{10});
  checker.judge(at_ms(20'000), 0, "");  // drained
  checker.judge(at_ms(10'000), 3, "");  // still within its bound
  REQUIRE(log.count_of(Anomaly::stuck) == 0);
  checker.judge(at_ms(11'000), 3, "consumer 0: fetch");
  REQUIRE(log.count_of(Anomaly::stuck) == 1);
  REQUIRE(log.examples_of(Anomaly::stuck).front().what ==
          "3 events pending, no progress since 900 ms; waits for: consumer 0: fetch");
}

}  // namespace wrackline::analysis
