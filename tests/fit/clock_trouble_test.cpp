// Each trouble of a clock, put into a made-up trace, is found and told; a healthy trace is left in peace.
#include <algorithm>
#include <optional>
#include <vector>

#include "tests/fit/support.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::fit {
namespace {

using sim::Distribution;

const Distribution kWay = Distribution::lognormal_median_sigma(100, 0.4);

MadeTrace healthy() {
  MadeTrace trace;
  for (std::uint32_t key = 0; key < 5; ++key) trace.source(key, 2000, 500, kWay);
  return trace;
}

std::optional<Trouble> found(const std::vector<Trouble>& troubles, TroubleKind kind, std::uint32_t key) {
  for (const Trouble& trouble : troubles)
    if (trouble.kind == kind && trouble.key == key) return trouble;
  return std::nullopt;
}

TEST_CASE("A healthy trace has no trouble with clocks") {
  CHECK(clock_trouble(healthy().fitter().statistics()).empty());
}

TEST_CASE("A source years behind, one ahead, one half a second off: told by how much") {
  MadeTrace trace = healthy();
  constexpr std::int64_t kYears = 82'000'000'000;
  trace.source(7, 60, 20'000, kWay, [](std::int64_t t) { return t - kYears; });
  trace.source(8, 500, 2'000, kWay, [](std::int64_t t) { return t + 7'200'000; });
  trace.source(9, 500, 2'000, kWay, [](std::int64_t t) { return t - 500; });
  const auto troubles = clock_trouble(trace.fitter().statistics());
  const auto behind = found(troubles, TroubleKind::far_behind, 7);
  REQUIRE(behind);
  CHECK(behind->text == "its clock is 2.6 years behind");
  REQUIRE(found(troubles, TroubleKind::far_ahead, 8));
  CHECK(found(troubles, TroubleKind::negative, 8)->amount == 500);
  const auto off = found(troubles, TroubleKind::offset, 9);
  REQUIRE(off);
  CHECK(off->amount == Approx(500).margin(15));
  // A fault of one is no fault of the others.
  CHECK_FALSE(found(troubles, TroubleKind::offset, 0));
  CHECK(troubles.front().kind == TroubleKind::far_behind);
}

TEST_CASE("Drift is the slope of the shortest delays, in ppm, with its sign") {
  MadeTrace trace = healthy();
  trace.source(7, 2000, 500, kWay, [](std::int64_t t) { return t + (t - kBeginMs) / 10'000; });
  trace.source(8, 2000, 500, kWay, [](std::int64_t t) { return t - (t - kBeginMs) / 5'000; });
  const auto troubles = clock_trouble(trace.fitter().statistics());
  CHECK(found(troubles, TroubleKind::drift, 7)->amount == Approx(100).epsilon(0.15));
  CHECK(found(troubles, TroubleKind::drift, 8)->amount == Approx(-200).epsilon(0.15));
  CHECK_FALSE(found(troubles, TroubleKind::drift, 0));
}

TEST_CASE("A step is told with its place, and is no drift") {
  MadeTrace trace = healthy();
  trace.source(7, 2000, 500, kWay, [](std::int64_t t) { return t - kBeginMs < 400'000 ? t : t - 3000; });
  const auto troubles = clock_trouble(trace.fitter().statistics());
  const auto step = found(troubles, TroubleKind::step, 7);
  REQUIRE(step);
  CHECK(step->amount == Approx(-3000).margin(50));
  CHECK(static_cast<double>(step->at_ms - kBeginMs) == Approx(400'000).epsilon(0.06));
  CHECK_FALSE(found(troubles, TroubleKind::drift, 7));
}

TEST_CASE("A standstill, a wrapped counter and second reports are told") {
  MadeTrace trace = healthy();
  trace.source(7, 2000, 500, kWay, [](std::int64_t t) {
    const std::int64_t since = t - kBeginMs;
    return since > 300'000 && since < 360'000 ? kBeginMs + 300'000 : t;
  });
  trace.source(8, 2000, 500, kWay, [](std::int64_t t) {
    const std::int64_t since = t - kBeginMs;
    return since > 500'000 && since < 504'000 ? t - 4'294'967 : t;
  });
  MadeTrace again;
  again.source(9, 300, 1000, kWay);
  for (std::size_t i = 0; i < 20; ++i) {
    MadeRow row = again.rows()[i];
    trace.add(row);
    row.arrival_ms += 40;
    trace.add(row);
  }
  const auto troubles = clock_trouble(trace.fitter().statistics());
  const auto freeze = found(troubles, TroubleKind::freeze, 7);
  REQUIRE(freeze);
  CHECK(freeze->amount == Approx(60'000).margin(1500));
  CHECK(found(troubles, TroubleKind::wrap32, 8)->amount == 8);
  CHECK(found(troubles, TroubleKind::repeats, 9)->amount == 20);
}

TEST_CASE("Counts are exact and the sample is bounded, however long the trace is") {
  Statistics statistics;
  constexpr int kChunk = 100'000;
  std::vector<std::int64_t> events(kChunk);
  std::vector<std::int64_t> arrivals(kChunk);
  std::vector<std::uint32_t> keys(kChunk, 3);
  constexpr int kChunks = 25;
  for (int c = 0; c < kChunks; ++c) {
    for (int i = 0; i < kChunk; ++i) {
      const auto at = static_cast<std::size_t>(i);
      arrivals[at] = kBeginMs + c * kChunk + i;
      events[at] = arrivals[at] - 100 - i % 50;
    }
    statistics.add({events, arrivals, keys});
  }
  CHECK(statistics.rows() == std::uint64_t{kChunk} * kChunks);
  CHECK(statistics.stride() == 4);
  CHECK(statistics.sample().size() == 625'000);
  CHECK(statistics.sources()[3].rows == statistics.rows());
  CHECK(statistics.mean_gap_ms() == Approx(1));
  CHECK(statistics.gap_cv() == Approx(0).margin(1e-9));
  CHECK(statistics.smallest_delay_ms() == 100);
  CHECK(statistics.largest_delay_ms() == 149);
}

}  // namespace
}  // namespace wrackline::fit
