// The global watermark of a query: WatermarkTracker, MultipleWatermarkPolicy and the statistics of
// EventTimeWatermarkExec.
//
// W1 to W6 of the reference: every withWatermark of the plan is a node; all rows that pass it during a batch
// are counted (late ones too, NULL as 0), in whole milliseconds rounded down. After the batch each node with
// rows moves to max - delay if that is more; a node without any row yet counts as 0. The policy combines the
// nodes, and the global value never goes back. It takes effect in the next batch. There is no idleness: a
// silent source holds `min` for ever. On a restart the global value comes back from the commit log, the nodes
// start anew.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace wrackline::event_time::spark {

/// Rows that passed one watermark node in one batch.
struct EventTimeStats {
  std::int64_t max_ms = std::numeric_limits<std::int64_t>::min();
  std::int64_t min_ms = std::numeric_limits<std::int64_t>::max();
  double avg_ms = 0;  ///< running mean, row by row as the real accumulator does; shown cut to whole ms
  std::int64_t count = 0;

  void add(std::int64_t event_time_ms);
};

/// spark.sql.streaming.multipleWatermarkPolicy
enum class MultipleWatermarkPolicy : std::uint8_t { min, max };
/// Case does not matter; anything else than min and max is refused.
std::optional<MultipleWatermarkPolicy> parse_policy(std::string_view text);

class WatermarkTracker {
 public:
  /// `delays_ms`: one entry per watermark node of the plan.
  WatermarkTracker(MultipleWatermarkPolicy policy, std::vector<std::int64_t> delays_ms);

  /// After the batch is committed: one entry per node, in the order of the delays.
  void update(std::span<const EventTimeStats> nodes);
  std::int64_t current_ms() const { return global_ms_; }

  /// A new run of the query: only the value of the last committed batch is remembered.
  void restart();

 private:
  MultipleWatermarkPolicy policy_;
  std::vector<std::int64_t> delays_ms_;
  std::vector<std::optional<std::int64_t>> nodes_;
  std::int64_t global_ms_ = 0;
};

}  // namespace wrackline::event_time::spark
