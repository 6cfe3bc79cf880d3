// ColumnPruning, as far as it decides which event-time column reaches a stateful operator.
//
// Deduplications and joins get only the columns that they or something above them use.
// dropDuplicatesWithinWatermark counts its event-time column as used.
#pragma once

#include "engine/event_time/spark/query_plan.hpp"

namespace wrackline::event_time::spark {

PlanPtr prune_columns(PlanPtr plan);

}  // namespace wrackline::event_time::spark
