// Grouped aggregation with state: StateStoreRestoreExec and StateStoreSaveExec.
//
// The batch is aggregated per group first, and only then are late groups thrown away:
// numRowsDroppedByWatermark counts groups, not rows. Append emits a group once, when its event time is at or
// below the eviction watermark, and forgets it. Update emits what the batch touched and forgets silently.
// Complete emits everything, filters nothing, forgets nothing. A grouping without an event-time column is
// never late and never evicted.
#pragma once

#include <optional>
#include <vector>

#include "engine/event_time/spark/aggregate_function.hpp"
#include "engine/event_time/spark/state_table.hpp"

namespace wrackline::event_time::spark {

class StreamingAggregate {
 public:
  /// `keys`: columns of the input; `event_time_key`: which of them is event time. Output: keys, then
  /// aggregates.
  StreamingAggregate(std::vector<std::size_t> keys, std::vector<AggregateFunction> functions,
                     std::optional<std::size_t> event_time_key, OutputMode mode);

  void process(const RowBatch& input, BatchWatermarks watermarks, RowBatch& output, OperatorMetrics& metrics);
  std::size_t output_width() const { return keys_.size() + functions_.size(); }

 private:
  void evict(std::int64_t watermark_ms, RowBatch& output, OperatorMetrics& metrics);

  std::vector<std::size_t> keys_;
  std::vector<AggregateFunction> functions_;
  std::optional<std::size_t> event_time_key_;
  OutputMode mode_;
  StateTable state_;
  StateTable partial_;
  std::vector<Value> key_;
};

}  // namespace wrackline::event_time::spark
