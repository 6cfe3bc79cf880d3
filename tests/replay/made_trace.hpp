// Traces made to the assumptions of science.md 4.2: event times Poisson, delays independent of them, rows in
// order of arrival. One unit of the formulas is 1000 s, so that milliseconds are as good as continuous.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/workload/trace_columns.hpp"
#include "sim/distribution.hpp"
#include "sim/random.hpp"

namespace wrackline::replay::tests {

inline constexpr double kUnitMs = 1e6;

inline std::int64_t ms(double units) { return static_cast<std::int64_t>(std::llround(units * kUnitMs)); }

struct Made {
  sim::Distribution delay = sim::Distribution::exponential(kUnitMs);
  double rate = 1;  ///< records per unit of time
  std::uint32_t keys = 1;
  std::uint64_t records = 200'000;
  std::uint64_t seed = 1;
};

inline workload::TraceColumns make_trace(const Made& made) {
  sim::Stream gaps{made.seed, "made trace", "gaps"};
  sim::Stream delays{made.seed, "made trace", "delays"};
  sim::Stream keys{made.seed, "made trace", "keys"};
  const auto gap = sim::Distribution::exponential(kUnitMs / made.rate);
  struct Row {
    double arrival;
    std::int64_t event_ms;
    std::uint32_t key;
  };
  std::vector<Row> rows;
  rows.reserve(made.records);
  double at = 0;
  for (std::uint64_t i = 0; i < made.records; ++i) {
    at += gap.sample(gaps);
    const auto event_ms = static_cast<std::int64_t>(std::llround(at));
    rows.push_back(
        {at + made.delay.sample(delays), event_ms, static_cast<std::uint32_t>(keys.below(made.keys))});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.arrival < b.arrival; });
  workload::TraceColumns columns;
  for (const Row& row : rows) {
    columns.event_ms.push_back(row.event_ms);
    columns.arrival_ms.push_back(static_cast<std::int64_t>(std::llround(row.arrival)));
    columns.key.push_back(row.key);
  }
  return columns;
}

}  // namespace wrackline::replay::tests
