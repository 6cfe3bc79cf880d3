// What a replay of one configuration found.
//
//   records = rejected_future + rejected_old + dropped + no_window + accepted
//
// A record is *behind* if its event time is at or before the watermark that it met; it is *dropped* if all
// its windows are past their cleanup. Being behind costs nothing where the window is still open.
//
// The watermark's lag is t - W with W as the notes write it (M - B; the engines' value is one millisecond
// less). `lag` has one value for each record that met the watermark after it was fed in; records before the
// first watermark have none and are counted. `mean_lag_over_time_ms` is the same over the clock, which is
// what the closed forms of science.md 4.3 speak of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/event_time/strategy/strategy.hpp"
#include "engine/replay/aggregates.hpp"
#include "engine/replay/drop_blocks.hpp"
#include "engine/replay/spread.hpp"
#include "engine/replay/window_figures.hpp"

namespace wrackline::replay {

enum class Fate : std::uint8_t {
  on_time,          ///< accepted, not behind
  behind,           ///< accepted, behind
  dropped,          ///< late for all its windows
  no_window,        ///< lies between windows
  rejected_future,  ///< by the guard
  rejected_old,     ///< by the guard
};

struct ReplayResult {
  std::string label;
  std::uint64_t records = 0;
  std::uint64_t rejected_future = 0;
  std::uint64_t rejected_old = 0;
  std::uint64_t behind = 0;
  std::uint64_t dropped = 0;
  std::uint64_t no_window = 0;

  Spread lag;
  std::uint64_t before_first_watermark = 0;  ///< records without a lag
  double mean_lag_over_time_ms = 0;
  std::uint64_t watermark_messages = 0;  ///< times the task's watermark moved
  event_time::strategy::Counters strategy;
  std::int64_t slack_ms = 0;                  ///< B at the end; the largest over the partitions
  std::uint64_t strategy_bytes = 0;           ///< at the end, over all partitions
  std::uint64_t monotonicity_violations = 0;  ///< watermarks that went backwards; must be 0

  WindowFigures windows;
  std::uint64_t state_bytes = 0;  ///< peak cells x size of a partial aggregate

  DropBlocks drops;
  std::int64_t first_arrival_ms = 0;
  std::int64_t last_arrival_ms = 0;

  std::vector<WindowRow> rows;
  /// Of the detailed aggregates, row by row; empty if there are none.
  std::vector<AggregateResult> row_results;
  std::uint64_t rows_left_out = 0;
  std::vector<Fate> fates;
  std::vector<std::int64_t> met_watermark_ms;  ///< engines' value; kMinTimestamp: none yet

  std::uint64_t accepted() const { return records - rejected_future - rejected_old - dropped - no_window; }
  /// Records that no result contains, or none yet: missing from windows.record_latency.
  std::uint64_t without_result() const { return records - windows.record_latency.count(); }
  double behind_rate() const { return rate(behind); }
  double dropped_rate() const { return rate(dropped); }
  /// What the on-time panes held of all that belonged to their windows; 1 if there was nothing.
  double completeness() const {
    const std::uint64_t all = windows.on_time.records + windows.late.records + windows.lost;
    return all == 0 ? 1 : static_cast<double>(windows.on_time.records) / static_cast<double>(all);
  }

 private:
  double rate(std::uint64_t part) const {
    return records == 0 ? 0 : static_cast<double>(part) / static_cast<double>(records);
  }
};

}  // namespace wrackline::replay
