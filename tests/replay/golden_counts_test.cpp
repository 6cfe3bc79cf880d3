// V26: the golden counts of science.md 6.4 and the lags of 1.3 on the recorded traces, through the replay.
#include <fmt/format.h>

#include "tests/replay/traces.hpp"
#include "tests/support/golden_counts.hpp"

namespace wrackline::replay::tests {
namespace {

using wrackline::tests::golden_counts;
using wrackline::tests::GoldenCounts;

using Counts = std::vector<std::uint64_t>;
using Bounds = std::vector<std::int64_t>;

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kHourMs = 60 * kMinuteMs;

/// All bounds in one pass.
std::vector<ReplayResult> at_bounds(const workload::TraceColumns& trace, const Bounds& bounds,
                                    std::int64_t size_ms, std::int64_t lateness_ms = 0) {
  std::vector<ReplayConfig> configs;
  for (const std::int64_t bound : bounds)
    configs.push_back(
        per_record(fmt::format("bounded={}ms", bound), WindowSpec::tumbling(size_ms), lateness_ms));
  ReplayOutcome outcome = replay(configs, view(trace));
  REQUIRE(outcome.error.empty());
  return outcome.results;
}
Counts behind(const std::vector<ReplayResult>& results) {
  Counts counts;
  for (const ReplayResult& result : results) counts.push_back(result.behind);
  return counts;
}
Counts dropped(const std::vector<ReplayResult>& results) {
  Counts counts;
  for (const ReplayResult& result : results) counts.push_back(result.dropped);
  return counts;
}

TEST_CASE("V26: behind and dropped counts on the recorded traces, every integer") {
  for (const GoldenCounts& expected : golden_counts()) {
    if (!available(expected.trace)) continue;
    CAPTURE(expected.trace);
    const auto trace = read_trace(expected.trace);
    CHECK(trace.size() == expected.rows);
    CHECK(behind(at_bounds(trace, {0, 10, 50, 100, 150, 200, 300, 500, 1000, 2000, 4000}, 1000)) ==
          expected.behind);
    CHECK(dropped(at_bounds(trace, {0, 50, 100, 200, 500, 1000, 2000}, 1000)) == expected.dropped_1s);
    CHECK(dropped(at_bounds(trace, {0, 100, 200, 500, 1000}, 5000)) == expected.dropped_5s);
    CHECK(at_bounds(trace, {100}, 1000, 500).front().dropped == expected.dropped_lateness);
  }
}

TEST_CASE("V26: hours and minutes: sensors over a public network, taxi trips, broken clocks") {
  if (available("lorawan-helium")) {
    const auto trace = read_trace("lorawan-helium");
    const auto results = at_bounds(trace, {0, 1000, 5000, 60'000, 300'000, 3'000'000}, kHourMs);
    CHECK(behind(results) == Counts{56, 41, 25, 23, 3, 0});
    CHECK(dropped(results) == Counts{1, 1, 1, 1, 1, 0});
  }
  if (available("nyc-taxi-2019-03")) {
    const auto trace = read_trace("nyc-taxi-2019-03");
    const auto results = at_bounds(
        trace, {0, 10 * kMinuteMs, 20 * kMinuteMs, 30 * kMinuteMs, 60 * kMinuteMs, 90 * kMinuteMs}, kHourMs);
    CHECK(behind(results) == Counts{2546, 1050, 434, 210, 15, 1});
    CHECK(dropped(results) == Counts{427, 207, 103, 47, 1, 0});
  }
  if (available("lorawan-gateways")) {
    const auto trace = read_trace("lorawan-gateways");
    const auto results = at_bounds(trace, {0, 1000, 60'000, 4'295'000, 86'400'000, 300'000'000}, kHourMs);
    CHECK(behind(results) == Counts{865, 865, 865, 857, 857, 806});
    CHECK(dropped(results) == Counts{865, 865, 865, 857, 857, 806});
  }
  if (available("exchange-coinbase")) {
    const auto trace = read_trace("exchange-coinbase");
    const auto results = at_bounds(trace, {0, 1, 10, 100, 1000, 10'000, 100'000}, 1000);
    CHECK(behind(results) == Counts{161, 67, 20, 14, 12, 8, 2});
    CHECK(dropped(results) == Counts{14, 14, 14, 14, 12, 8, 2});
  }
}

TEST_CASE("Science 1.3: the lag of fixed bounds, K-slack and quantiles, to the printed digit") {
  struct Row {
    const char* trace;
    const char* strategy;
    std::uint64_t behind;
    double lag_ms;
  };
  for (const Row& expected : std::vector<Row>{{"umts-d1", "bounded=100ms", 421, 207.9},
                                              {"umts-d1", "bounded=200ms", 177, 307.9},
                                              {"umts-d1", "bounded=500ms", 26, 607.9},
                                              {"umts-d1", "k_slack", 10, 4202.9},
                                              {"umts-d1", "sliding_quantile=0.95", 450, 240.3},
                                              {"umts-d1", "sliding_quantile=0.99", 93, 436.7},
                                              {"umts-d1", "sliding_quantile=0.999", 23, 933.2},
                                              {"umts-d2", "bounded=100ms", 1281, 200.7},
                                              {"umts-d2", "k_slack", 10, 2148.4},
                                              {"umts-d2", "sliding_quantile=0.99", 105, 492.9},
                                              {"umts-d3", "bounded=200ms", 55, 291.8},
                                              {"umts-d3", "k_slack", 14, 2758.7},
                                              {"umts-d3", "sliding_quantile=0.99", 95, 532.3},
                                              {"exchange-bybit", "bounded=100ms", 118, 219.4},
                                              {"exchange-bybit", "k_slack", 132, 1595.9},
                                              {"exchange-bybit", "sliding_quantile=0.999", 134, 519.6},
                                              {"nyc-taxi-2019-03", "bounded=30m", 210, 2387585},
                                              {"nyc-taxi-2019-03", "k_slack", 7, 6069800}}) {
    if (!available(expected.trace)) continue;
    CAPTURE(expected.trace, expected.strategy);
    const auto trace = read_trace(expected.trace);
    const ReplayResult result =
        run(per_record(expected.strategy, WindowSpec::tumbling(kHourMs)), view(trace));
    CHECK(result.behind == expected.behind);
    CHECK(result.lag.count() == trace.size());
    CHECK(result.lag.mean() == Approx(expected.lag_ms).margin(expected.lag_ms > 1e6 ? 0.5 : 0.05001));
  }
}

}  // namespace
}  // namespace wrackline::replay::tests
