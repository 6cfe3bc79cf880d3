// The published figures of the recorded traces (science.md 6.3, 6.4) out of `fit`.
#include <optional>
#include <string>
#include <vector>

#include "engine/fit/fit.hpp"
#include "engine/workload/delay_profiles.hpp"
#include "engine/workload/trace_reader.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/datasets.hpp"

namespace wrackline::fit {
namespace {

std::optional<Report> report_of(const std::string& name) {
  if (!tests::available(name)) return std::nullopt;
  const auto input = workload::open_trace(tests::dataset(name).string());
  workload::TraceKeys keys;
  workload::TraceProblems problems;
  workload::TraceReader reader{*input, keys, problems};
  Fitter fitter;
  workload::TraceColumns chunk;
  while (reader.read(chunk, 1000)) {
    fitter.add({chunk.event_ms, chunk.arrival_ms, chunk.key, chunk.value});
    chunk.clear();
  }
  CHECK(problems.empty());
  return fitter.finish();
}

struct Published {
  const char* file;
  const char* profile;
  double gap_ms, gap_cv, lag1, hill;
  std::uint64_t behind;
  double gap_margin, lag1_margin, hill_margin;
};

const Published kPublished[] = {
    {"umts-d1", "umts-d1", 63.8, 1.02, -.114, 1.82, 1544, .05, .0005, .005},
    {"umts-d2", "umts-d2", 56.2, 1.11, -.159, 1.74, 3666, .05, .0005, .005},
    {"umts-d3", "umts-d3", 63.1, 1.14, .128, .96, 3277, .05, .0005, .005},
    {"umts-d4", "umts-d4", 72.5, 0.85, .097, 1.39, 2302, .05, .0005, .005},
    {"umts-d5", "umts-d5", 72.3, 0.74, .117, 2.50, 1584, .05, .0005, .005},
    {"exchange-bybit", "exchange-bybit", 9.05, 1.73, .985, 5.4, 183, .005, .0005, .05},
    {"exchange-coinbase", "exchange-coinbase", 3.1, 1.82, .927, 0, 161, .05, .0005, 100},
    {"lorawan-helium", "lorawan-helium", 1582010, 36, .909, 1.2, 56, .5, .0005, .05},
    {"nyc-taxi-2019-03", "nyc-taxi", 416804, 1.64, .025, 6.7, 2546, .5, .0005, .05},
};

TEST_CASE("science.md 6.3: quantile knots, gaps, lag-1 and tail index of the recorded traces, as published") {
  for (const Published& published : kPublished) {
    CAPTURE(published.file);
    const auto report = report_of(published.file);
    if (!report) continue;
    const auto* profile = workload::find_delay_profile(published.profile);
    REQUIRE(profile != nullptr);
    REQUIRE(report->knots.size() == profile->knots_ms.size());
    for (std::size_t i = 0; i < report->knots.size(); ++i) {
      CAPTURE(report->knots[i].p);
      // Printed to a tenth where it is not whole; large ones to the integer.
      CHECK(report->knots[i].ms ==
            Approx(profile->knots_ms[i]).margin(profile->knots_ms[i] > 3500 ? 0.5 : 0.051));
    }
    CHECK(report->mean_gap_ms == Approx(published.gap_ms).margin(published.gap_margin));
    CHECK(report->gap_cv == Approx(published.gap_cv).margin(published.gap_cv > 10 ? 0.5 : 0.005));
    CHECK(report->lag1 == Approx(published.lag1).margin(published.lag1_margin));
    CHECK(report->hill_index == Approx(published.hill).margin(published.hill_margin));
    CHECK(report->behind == published.behind);
    CHECK(report->stride == 1);
  }
}

TEST_CASE("The feed that stalls and the uplinks of several devices hang together, the phones do not") {
  if (const auto report = report_of("exchange-bybit")) CHECK(report->dependence != Dependence::independent);
  if (const auto report = report_of("lorawan-helium")) CHECK(report->dependence != Dependence::independent);
  if (const auto report = report_of("umts-d2")) {
    CHECK(report->dependence == Dependence::independent);
    CHECK(report->choice.candidates.front().law.family == Family::empirical);
  }
}

}  // namespace
}  // namespace wrackline::fit
