// V21 of science.md 4.10: how often K-slack changes its mind, behind source, producer, log and consumer.
#include <fmt/format.h>

#include <cmath>
#include <map>

#include "sim/distribution.hpp"
#include "tests/pipeline/replayed_trace.hpp"
#include "tests/support/catch.hpp"
#include "tests/theory/closed_forms.hpp"

namespace wrackline::pipeline {
namespace {

/// `runs` partitions, each with a K-slack of its own. The first record of a partition is the newest of all,
/// so the lateness of each other one is its own draw. Returns updates of K per partition.
double k_slack_updates(int runs, int records, const sim::Distribution& lateness_ms, const std::string& how,
                       std::uint64_t seed) {
  constexpr std::int64_t kNewest = 1'700'000'000'000;
  sim::Stream draws{seed, "k-slack", "lateness"};
  Trace trace;
  std::map<std::int32_t, std::string> key_in;
  for (std::uint32_t number = 0; key_in.size() < static_cast<std::size_t>(runs); ++number) {
    trace.push_back({fmt::format("k{}", number), kNewest, kNewest});
    key_in.try_emplace(partition_of(number, runs), trace.back().key);
  }
  for (int i = 0; i < records; ++i) {
    for (const auto& [partition, key] : key_in) {
      const std::int64_t late = 1 + lateness_ms.sample_int(draws);
      trace.push_back({key, kNewest - late, kNewest + i + 1});
    }
  }
  const analysis::RunResult result =
      replayed({trace}, {.partitions = runs,
                         .watermark = fmt::format(R"("k_slack": {{ {} }}, "interval": "0s")", how),
                         .window = R"("tumbling": "1h")"});
  CHECK(result.books.produced == trace.size());
  return static_cast<double>(result.watermark_adaptations) / runs;
}

void check_v21(int runs_in_all, int records, const sim::Distribution& lateness_ms, double tolerance) {
  constexpr int kAtOnce = 250;
  double updates = 0;
  for (int run = 0; run < runs_in_all / kAtOnce; ++run)
    updates += k_slack_updates(kAtOnce, records, lateness_ms, "", static_cast<std::uint64_t>(run));
  const double measured = updates / (runs_in_all / kAtOnce);
  INFO("n " << records << ": measured " << measured << ", expected " << theory::harmonic(records));
  CHECK(std::fabs(measured - theory::harmonic(records)) <= tolerance);
}

}  // namespace

TEST_CASE("V21: K-slack behind a log changes its mind H_n times in n records") {
  check_v21(2000, 1000, sim::Distribution::uniform(0, 500e6), 0.25);
}
TEST_CASE("V21: whatever the law of the lateness, and the number of records") {
  // Tolerances: as many standard errors as 0.25 is for the figure of the table (4.6).
  check_v21(1000, 100, sim::Distribution::exponential(20e6), 0.28);
  check_v21(1000, 300, sim::Distribution::lognormal(std::log(10e6), 1), 0.32);
}
TEST_CASE("V21: a K-slack that learns nothing from what is behind never changes its mind here") {
  CHECK(k_slack_updates(50, 100, sim::Distribution::uniform(0, 500e6), R"("discard": true)", 1) == 0);
}

}  // namespace wrackline::pipeline
