// What is refused when a query starts: UnsupportedOperationChecker.checkForStreaming, on the plan as written.
//
// Append needs an event-time column among the keys of the outermost aggregation; update does not go with
// session windows; complete needs an aggregation. Stream-stream joins run in append only; outer and semi
// joins need a watermark among the join keys, or a time range that bounds the preserved side with a watermark
// on the other; anti joins are refused. dropDuplicatesWithinWatermark needs an event-time column. An
// aggregation that is not in append mode may not feed another stateful operator, nor may event-time timeouts.
// flatMapGroupsWithState has the query's output mode, mapGroupsWithState runs in update mode. The preserved
// side's own watermark is not asked for: without it such a join is accepted and then keeps its unmatched rows
// for ever.
#pragma once

#include <optional>

#include "engine/event_time/spark/query_failure.hpp"
#include "engine/event_time/spark/query_plan.hpp"

namespace wrackline::event_time::spark {

std::optional<QueryFailure> check_for_streaming(const Plan& plan, OutputMode mode, Version version);

/// What the time conditions of a join say; the bounds count only if `with_bounds`.
JoinTimes join_times(const Plan& join, bool with_bounds);

}  // namespace wrackline::event_time::spark
