// Traces for the tests of the replay: the recorded ones, where they are, and made ones.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/replay/replay.hpp"
#include "engine/workload/trace_reader.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/datasets.hpp"

namespace wrackline::replay::tests {

using wrackline::tests::available;
using wrackline::tests::dataset;

inline workload::TraceColumns read_trace(const std::string& name) {
  const auto input = workload::open_trace(dataset(name).string());
  REQUIRE(input != nullptr);
  workload::TraceKeys keys;
  workload::TraceProblems problems;
  workload::TraceReader reader{*input, keys, problems};
  workload::TraceColumns columns;
  while (reader.read(columns, 65536)) {
  }
  CHECK(problems.empty());
  return columns;
}

inline Columns view(const workload::TraceColumns& columns) {
  return {columns.event_ms, columns.arrival_ms, columns.key, columns.value};
}

/// A watermark block from its command-line form.
inline event_time::strategy::Block watermark(std::string_view text) {
  const auto parsed = event_time::strategy::parse_text(text);
  INFO(text << ": " << (parsed.errors.empty() ? "" : parsed.errors.front()));
  REQUIRE(parsed.block.has_value());
  return *parsed.block;
}

/// One generator over everything, emission after every record: the setting of science.md 1.3 and 6.4.
inline ReplayConfig per_record(std::string_view strategy, const WindowSpec& window,
                               std::int64_t allowed_lateness_ms = 0) {
  ReplayConfig config;
  config.watermark = watermark(std::string{strategy} + ",interval=0,scope=task");
  config.window = window;
  config.allowed_lateness_ms = allowed_lateness_ms;
  return config;
}

inline ReplayResult run(const ReplayConfig& config, const Columns& columns) {
  const auto problems = config.problems();
  INFO((problems.empty() ? "" : problems.front()));
  REQUIRE(problems.empty());
  ReplayOutcome outcome = replay({config}, columns);
  INFO(outcome.error);
  REQUIRE(outcome.results.size() == 1);
  CHECK(outcome.results.front().monotonicity_violations == 0);
  return outcome.results.front();
}

inline ReplayConfig with(std::string_view block, const WindowSpec& window) {
  ReplayConfig config;
  config.watermark = watermark(block);
  config.window = window;
  return config;
}

}  // namespace wrackline::replay::tests
