// What one batch carries through the plan; private to IncrementalExecution.
#pragma once

#include <span>
#include <vector>

#include "engine/event_time/spark/incremental_execution.hpp"

namespace wrackline::event_time::spark {

struct IncrementalExecution::Batch {
  std::span<const RowBatch> sources;
  std::vector<BatchWatermarks> watermarks;  ///< per node
  std::vector<EventTimeStats> stats;        ///< per node
  std::vector<OperatorMetrics> metrics;     ///< per node
  std::size_t input_rows = 0;
};

}  // namespace wrackline::event_time::spark
