// Science 1.3: the strategies on recorded traces, every integer exact, every mean to the printed digit, with
// the parameters as the catalogue has them by default.
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "engine/event_time/strategy/catalogue.hpp"
#include "engine/event_time/strategy/perfect.hpp"
#include "engine/workload/trace_reader.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/datasets.hpp"

namespace wrackline::event_time::strategy {
namespace {

/// Empty (with a message) if the trace is not there.
const std::vector<Observation>& trace(const std::string& name) {
  static std::map<std::string, std::vector<Observation>> read;
  const auto [at, first] = read.try_emplace(name);
  auto& rows = at->second;
  if (!first) return rows;
  if (!tests::available(name)) return rows;
  std::ifstream input{tests::dataset(name), std::ios::binary};
  workload::TraceKeys keys;
  workload::TraceProblems problems;
  workload::TraceReader reader{input, keys, problems};
  workload::TraceRow row;
  while (reader.next(row)) rows.push_back({row.event_time_ms, row.arrival_ms, row.key, 1});
  CHECK(problems.empty());
  return rows;
}

struct Result {
  int late = 0;
  double mean_lag_ms = 0;  ///< of the note's W = M - B, one more than the engines'
  double mean_slack_ms = 0;
  int emitted = 0;
};

Result replay(const std::vector<Observation>& rows, Generator& generator) {
  Result result;
  for (const Observation& row : rows) {
    const TimestampMs before = generator.watermark();
    result.late += row.event_ms <= before ? 1 : 0;
    generator.on_record(row);
    result.emitted += generator.watermark() > before ? 1 : 0;
    // A watermark that adapts may say nothing at all; only one that is there lags.
    if (generator.watermark() != kMinTimestamp)
      result.mean_lag_ms += static_cast<double>(row.arrival_ms - (generator.watermark() + 1));
    result.mean_slack_ms += static_cast<double>(generator.slack_ms());
  }
  result.mean_lag_ms /= static_cast<double>(rows.size());
  result.mean_slack_ms /= static_cast<double>(rows.size());
  return result;
}

Result replay(const std::vector<Observation>& rows, const std::string& text) {
  const ParsedBlock parsed = parse_text(text);
  REQUIRE(parsed.errors == std::vector<std::string>{});
  return replay(rows, *make(parsed.block->spec));
}

struct Row {
  const char* trace;
  const char* strategy;
  int late;
  double lag_ms;
  double slack_ms = -1;  ///< -1: not in the table
};

TEST_CASE("science 1.3: late records, mean lag and mean bound on the recorded traces") {
  const std::vector<Row> table{
      {"umts-d1", "bounded=100ms", 421, 207.9, 100},
      {"umts-d1", "bounded=200ms", 177, 307.9, 200},
      {"umts-d1", "bounded=500ms", 26, 607.9, 500},
      {"umts-d1", "k_slack", 10, 4202.9, 4099.2},
      {"umts-d1", "sliding_quantile=0.95", 450, 240.3, 133.8},
      {"umts-d1", "sliding_quantile=0.99", 93, 436.7, 330.0},
      {"umts-d1", "sliding_quantile=0.999", 23, 933.2, 830.8},
      {"umts-d1", "ewma", 667, 199.9, 122.7},
      {"umts-d2", "bounded=100ms", 1281, 200.7},
      {"umts-d2", "bounded=200ms", 111, 300.7},
      {"umts-d2", "bounded=500ms", 31, 600.7},
      {"umts-d2", "k_slack", 10, 2148.4, 2051.5},
      {"umts-d2", "sliding_quantile=0.99", 105, 492.9, 394.2},
      {"umts-d3", "bounded=200ms", 55, 291.8, 200},
      {"umts-d3", "k_slack", 14, 2758.7, 2681.2},
      {"umts-d3", "sliding_quantile=0.99", 95, 532.3, 445.1},
      {"umts-d4", "bounded=200ms", 48, 290.0, 200},
      {"umts-d4", "k_slack", 8, 2992.5, 2907.3},
      {"umts-d4", "sliding_quantile=0.99", 84, 430.4, 345.2},
      {"umts-d5", "bounded=200ms", 25, 287.0, 200},
      {"umts-d5", "k_slack", 3, 1500.4, 1414.3},
      {"umts-d5", "sliding_quantile=0.99", 77, 268.7, 182.6},
      {"exchange-bybit", "bounded=100ms", 118, 219.4},
      {"exchange-bybit", "bounded=500ms", 58, 619.4},
      {"exchange-bybit", "k_slack", 132, 1595.9},
      {"exchange-bybit", "sliding_quantile=0.95", 169, 328.9},
      {"exchange-bybit", "sliding_quantile=0.99", 152, 472.6},
      {"exchange-bybit", "sliding_quantile=0.999", 134, 519.6},
      {"nyc-taxi-2019-03", "bounded=30min", 210, 2387585},
      {"nyc-taxi-2019-03", "k_slack", 7, 6069800},
      {"nyc-taxi-2019-03", "sliding_quantile=0.99", 72, 3179996},
  };
  for (const Row& expected : table) {
    const auto& rows = trace(expected.trace);
    if (rows.empty()) continue;
    CAPTURE(expected.trace, expected.strategy);
    const Result result = replay(rows, expected.strategy);
    CHECK(result.late == expected.late);
    const double digit = expected.lag_ms > 1e6 ? 0.5 : 0.0501;
    CHECK(result.mean_lag_ms == Approx(expected.lag_ms).margin(digit).epsilon(0));
    if (expected.slack_ms >= 0)
      CHECK(result.mean_slack_ms == Approx(expected.slack_ms).margin(0.0501).epsilon(0));
  }
}

TEST_CASE(
    "W15: the published ADWIN watermark hardly ever speaks on real delays, the maximum silence makes it") {
  for (const char* name : {"umts-d1", "umts-d2", "umts-d3", "exchange-bybit"}) {
    const auto& rows = trace(name);
    if (rows.empty()) continue;
    CAPTURE(name);
    CHECK(replay(rows, "adwin,max_silence=0").emitted <= 4);
    CHECK(replay(rows, "adwin,max_silence=0,delta=0.002").emitted <= 1);
    const auto seconds = static_cast<int>((rows.back().arrival_ms - rows.front().arrival_ms) / 1000);
    // A warm-up of 1000 records, then at least one watermark in 15 s of a source that does not pause.
    CHECK(replay(rows, "adwin").emitted >= seconds / 15 - 1);
  }
}

TEST_CASE("W12: the sketches stay near the exact quantile on the recorded traces") {
  for (const char* name : {"umts-d1", "umts-d2", "umts-d3"}) {
    const auto& rows = trace(name);
    if (rows.empty()) continue;
    CAPTURE(name);
    for (const char* text : {"sketch_quantile", "sketch_quantile,sketch=tdigest"}) {
      const double share = replay(rows, text).late / static_cast<double>(rows.size());
      CHECK(share == Approx(0.01).margin(0.002));
    }
  }
}

TEST_CASE("W17: the perfect watermark drops nothing and no other that drops nothing is ahead of it") {
  for (const char* name : {"umts-d1", "umts-d3", "exchange-bybit", "lorawan-helium"}) {
    const auto& rows = trace(name);
    if (rows.empty()) continue;
    std::vector<TimestampMs> events;
    for (const Observation& row : rows) events.push_back(row.event_ms);
    Perfect perfect{events};
    auto cautious = make(parse_text("bounded=1h").block->spec);
    int late = 0;
    for (const Observation& row : rows) {
      late += row.event_ms <= perfect.watermark() ? 1 : 0;
      perfect.on_record(row);
      cautious->on_record(row);
      if (perfect.watermark() < cautious->watermark()) FAIL("behind a watermark that drops nothing");
    }
    CHECK(late == 0);
    CHECK(perfect.watermark() == kMaxTimestamp);
  }
}

}  // namespace
}  // namespace wrackline::event_time::strategy
