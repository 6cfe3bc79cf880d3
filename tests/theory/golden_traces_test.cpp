// V26: the golden replay counts of science.md 1.3 and 6.4 on the recorded traces, through the real reader,
// watermark and window objects.
#include <fstream>
#include <string>
#include <vector>

#include "engine/event_time/partition_watermarks.hpp"
#include "engine/event_time/window_operator.hpp"
#include "engine/workload/trace_source.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/datasets.hpp"
#include "tests/support/golden_counts.hpp"

namespace wrackline::theory {
namespace {

using tests::available;
using tests::dataset;

std::vector<workload::TraceRow> rows_of(const std::string& name) {
  std::ifstream input{dataset(name), std::ios::binary};
  workload::TraceKeys keys;
  workload::TraceProblems problems;
  workload::TraceReader reader{input, keys, problems};
  std::vector<workload::TraceRow> rows;
  workload::TraceRow row;
  while (reader.next(row)) rows.push_back(row);
  CHECK(problems.empty());
  return rows;
}

event_time::PartitionWatermarks bounded(std::int64_t bound_ms) {
  auto strategy = event_time::WatermarkStrategy::bounded(bound_ms);
  strategy.emission = event_time::WatermarkStrategy::Emission::per_record;
  event_time::PartitionWatermarks watermarks{strategy};
  watermarks.add_partition(0);
  return watermarks;
}

std::uint64_t behind(const std::vector<workload::TraceRow>& rows, std::int64_t bound_ms) {
  auto watermarks = bounded(bound_ms);
  std::uint64_t count = 0;
  for (const auto& row : rows) {
    if (row.event_time_ms <= watermarks.current()) ++count;
    watermarks.on_record(0, row.event_time_ms);
  }
  return count;
}

std::uint64_t dropped(const std::vector<workload::TraceRow>& rows, std::int64_t size_ms,
                      std::int64_t bound_ms, std::int64_t lateness_ms = 0) {
  auto watermarks = bounded(bound_ms);
  event_time::WindowOperator windows{event_time::WindowAssigner::tumbling(size_ms), lateness_ms};
  event_time::PaneBatch fired;
  std::uint64_t count = 0;
  std::uint64_t n = 0;
  for (const auto& row : rows) {
    const auto verdict = windows.add(0, row.key, row.event_time_ms, {1, n++}, 1, fired);
    if (verdict == event_time::WindowOperator::Verdict::late_dropped) ++count;
    windows.advance_watermark(watermarks.on_record(0, row.event_time_ms), fired);
    fired.clear();
  }
  return count;
}

using Counts = std::vector<std::uint64_t>;
using Bounds = std::vector<std::int64_t>;

Counts behind_at(const std::vector<workload::TraceRow>& rows, const Bounds& bounds) {
  Counts counts;
  for (const std::int64_t bound : bounds) counts.push_back(behind(rows, bound));
  return counts;
}
Counts dropped_at(const std::vector<workload::TraceRow>& rows, std::int64_t size_ms, const Bounds& bounds) {
  Counts counts;
  for (const std::int64_t bound : bounds) counts.push_back(dropped(rows, size_ms, bound));
  return counts;
}

TEST_CASE("V26: late records and window drops on the recorded traces, exactly") {
  for (const tests::GoldenCounts& expected : tests::golden_counts()) {
    if (!available(expected.trace)) continue;
    CAPTURE(expected.trace);
    const auto rows = rows_of(expected.trace);
    CHECK(rows.size() == expected.rows);
    CHECK(behind_at(rows, {0, 10, 50, 100, 150, 200, 300, 500, 1000, 2000, 4000}) == expected.behind);
    CHECK(dropped_at(rows, 1000, {0, 50, 100, 200, 500, 1000, 2000}) == expected.dropped_1s);
    CHECK(dropped_at(rows, 5000, {0, 100, 200, 500, 1000}) == expected.dropped_5s);
    CHECK(dropped(rows, 1000, 100, 500) == expected.dropped_lateness);
  }
}

TEST_CASE("V26: hours and minutes: sensors over a public network, taxi trips") {
  constexpr std::int64_t kMinuteMs = 60'000;
  constexpr std::int64_t kHourMs = 60 * kMinuteMs;
  if (available("lorawan-helium")) {
    const auto rows = rows_of("lorawan-helium");
    const Bounds bounds{0, 1000, 5000, 60'000, 300'000, 3'000'000};
    CHECK(behind_at(rows, bounds) == Counts{56, 41, 25, 23, 3, 0});
    CHECK(dropped_at(rows, kHourMs, bounds) == Counts{1, 1, 1, 1, 1, 0});
  }
  if (available("nyc-taxi-2019-03")) {
    const auto rows = rows_of("nyc-taxi-2019-03");
    const Bounds bounds{0, 10 * kMinuteMs, 20 * kMinuteMs, 30 * kMinuteMs, 60 * kMinuteMs, 90 * kMinuteMs};
    CHECK(behind_at(rows, bounds) == Counts{2546, 1050, 434, 210, 15, 1});
    CHECK(dropped_at(rows, kHourMs, bounds) == Counts{427, 207, 103, 47, 1, 0});
  }
  if (available("lorawan-gateways")) {
    const auto rows = rows_of("lorawan-gateways");
    CHECK(behind_at(rows, {0, 1000, 60'000, 4'295'000, 86'400'000, 300'000'000}) ==
          Counts{865, 865, 865, 857, 857, 806});
  }
  if (available("exchange-coinbase")) {
    const auto rows = rows_of("exchange-coinbase");
    const Bounds bounds{0, 1, 10, 100, 1000, 10'000, 100'000};
    CHECK(behind_at(rows, bounds) == Counts{161, 67, 20, 14, 12, 8, 2});
    CHECK(dropped_at(rows, 1000, bounds) == Counts{14, 14, 14, 14, 12, 8, 2});
  }
}

TEST_CASE("Science 1.3: mean watermark lag of fixed bounds, to the printed digit") {
  struct Row {
    const char* trace;
    std::int64_t bound_ms;
    double lag_ms;
  };
  for (const Row& expected : std::vector<Row>{{"umts-d1", 100, 207.9},
                                              {"umts-d1", 200, 307.9},
                                              {"umts-d1", 500, 607.9},
                                              {"umts-d2", 100, 200.7},
                                              {"umts-d2", 500, 600.7},
                                              {"umts-d3", 200, 291.8},
                                              {"exchange-bybit", 100, 219.4},
                                              {"exchange-bybit", 500, 619.4},
                                              {"nyc-taxi-2019-03", 1'800'000, 2387585}}) {
    if (!available(expected.trace)) continue;
    CAPTURE(expected.trace, expected.bound_ms);
    const auto rows = rows_of(expected.trace);
    auto watermarks = bounded(expected.bound_ms);
    double sum = 0;
    // The note's watermark is M - B, Flink's one millisecond less.
    for (const auto& row : rows)
      sum += static_cast<double>(row.arrival_ms - (watermarks.on_record(0, row.event_time_ms) + 1));
    CHECK(sum / static_cast<double>(rows.size()) ==
          Approx(expected.lag_ms).margin(expected.lag_ms > 1e6 ? 0.5 : 0.05001));
  }
}

TEST_CASE("Disorder as the data set's publication counts it, by the summary and by the replayed source") {
  for (const tests::GoldenCounts& expected : tests::golden_counts()) {
    if (!available(expected.trace)) continue;
    CAPTURE(expected.trace);
    const std::string path = dataset(expected.trace).string();
    std::ifstream input{path, std::ios::binary};
    const workload::TraceSummary summary = workload::summarize_trace(input);
    CHECK(summary.rows == expected.rows);
    CHECK(summary.out_of_order == static_cast<std::uint64_t>(expected.behind[0]));
    CHECK(summary.problems.empty());

    workload::TraceOptions options;
    options.name = expected.trace;
    options.event_times = workload::TraceOptions::EventTimes::keep;
    workload::TraceSource source{options, workload::TraceSource::from_file(path), 1};
    workload::ArrivalBatch batch;
    while (!source.exhausted()) source.pull(source.next_event(), batch);
    auto watermarks = bounded(100);
    std::uint64_t late = 0;
    for (const std::int64_t event_time_ms : batch.event_times_ms) {
      if (event_time_ms <= watermarks.current()) ++late;
      watermarks.on_record(0, event_time_ms);
    }
    CHECK(late == expected.behind[3]);
  }
}

}  // namespace
}  // namespace wrackline::theory
