// Where conditions are evaluated: the few optimizer rules that change what the watermark nodes and the
// operators see.
//
// PushDownPredicates takes a condition below a watermark node unless it is about the event-time column; so a
// row that is filtered out above withWatermark does not move the watermark, though the query reads as if it
// did. Join conditions on one side go below the join where the join type allows it, and bring IS NOT NULL of
// every column they compare (InferFiltersFromConstraints). Windows need a time that is not NULL, which turns
// an outer join below them into a narrower one if that time is on its nullable side (EliminateOuterJoin). Not
// modelled: rules that only make queries faster.
#pragma once

#include "engine/event_time/spark/query_plan.hpp"

namespace wrackline::event_time::spark {

PlanPtr optimize(PlanPtr plan);

}  // namespace wrackline::event_time::spark
