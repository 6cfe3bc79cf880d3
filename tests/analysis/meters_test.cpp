#include "analysis/meters.hpp"

#include "analysis/observer_list.hpp"
#include "tests/analysis/script.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::analysis {
namespace {

using testing::at_ms;
using testing::event;
using testing::events;
using testing::range;

constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();

struct Arrivals final : FactSource {
  std::optional<EventFacts> facts_of(sim::EventId id) override {
    const sim::Time at = at_ms(static_cast<std::int64_t>(id.ordinal()));
    return EventFacts{at, at, 0, 0};
  }
};

}  // namespace

TEST_CASE("watermark lag: a mean over time, however often the watermark moves") {
  WatermarkMeter meter{{.job = 0, .start_ms = 1000, .grid = std::chrono::milliseconds{10}}};
  meter.watermark(0, 0, kFirst, 1000, at_ms(100));  // event time of true time zero
  for (int i = 0; i < 50; ++i) meter.watermark(0, 0, 1000, 1000, at_ms(150));
  meter.watermark(0, 0, 1000, 1190, at_ms(200));
  meter.watermark(1, 0, kFirst, 9, at_ms(200));  // another job
  meter.close(at_ms(300));
  const LatencyStat& stat = meter.stat(false);
  REQUIRE(stat.missing == 10);
  REQUIRE(stat.seen.count() == 20);
  // 110 .. 200 ms behind the first value, then 20 .. 110 ms behind the second.
  REQUIRE(stat.seen.mean() == (155'000'000 + 65'000'000) / 2);
  REQUIRE(meter.least_ms() == 1190);
}

TEST_CASE("consumer lag: what was not read yet at each poll") {
  LagMeter meter{at_ms(50), sim::kNever};
  meter.committed({}, 0, range(0, 10), at_ms(10));
  meter.polled(0, {}, 0, range(0, 4), at_ms(20));
  meter.polled(0, {}, 4, range(4, 10), at_ms(60));
  REQUIRE(meter.stat(false).seen.count() == 2);
  REQUIRE(meter.stat(false).seen.greatest() == 10);
  REQUIRE(meter.stat(true).seen.greatest() == 6);
}

TEST_CASE("recovery: until the last poll that is slower than before the strike") {
  Arrivals arrivals;
  RecoveryMeter meter{arrivals};
  for (std::uint64_t n = 0; n < 100; ++n)
    meter.polled(0, {}, 0, events({n}), at_ms(static_cast<std::int64_t>(n) + 5));
  meter.struck(at_ms(105));
  SECTION("recovered") {
    meter.polled(0, {}, 0, events({100}), at_ms(161));
    meter.polled(0, {}, 0, events({150}), at_ms(177));
    meter.polled(0, {}, 0, events({190}), at_ms(195));
    meter.close();
    REQUIRE(meter.stat().seen.greatest() == 75'000'000);
    REQUIRE(meter.stat().missing == 0);
  }
  SECTION("not recovered") {
    meter.polled(0, {}, 0, events({100}), at_ms(160));
    meter.close();
    REQUIRE(meter.stat().seen.empty());
    REQUIRE(meter.stat().missing == 1);
  }
}

TEST_CASE("a job's analysis hears of its own topics and consumers only") {
  struct Count final : sim::Observer {
    void committed(sim::PartitionRef, std::int64_t, std::span<const sim::EventId>, sim::Time) override {
      ++n;
    }
    void polled(std::uint32_t, sim::PartitionRef, std::int64_t, std::span<const sim::EventId>,
                sim::Time) override {
      ++n;
    }
    int n = 0;
  } count;
  ObserverList list;
  list.add(count);
  list.hear_only({2}, {7});
  list.committed({2, 0}, 0, {}, at_ms(0));
  list.polled(7, {2, 0}, 0, {}, at_ms(0));
  REQUIRE(count.n == 2);
  list.committed({1, 0}, 0, {}, at_ms(0));
  list.polled(6, {2, 0}, 0, {}, at_ms(0));
  list.polled(7, {1, 0}, 0, {}, at_ms(0));
  REQUIRE(count.n == 2);
}

}  // namespace wrackline::analysis
