// Windows beyond the pipeline's core: what is collected together, when it speaks, what it computes, what
// joins it. Pure logic, usable alone; jobs of scenarios, replay and Python use these very objects.
//
//   definition.hpp      tumbling, hopping, cumulate, session, sliding, count, global; offsets, zones
//   time_zone.hpp       IANA zones from TZif files (posix_rule.hpp: their footer)
//   time_windows.hpp    the windows that are a function of the timestamp, and their slices
//   aggregate.hpp       count, sum, min, max, mean, distinct, quantile; exact or sketched; merging
//   pane_policy.hpp     early, on time, late; accumulating, discarding, retracting
//   pane_operator.hpp   the operator: state in slices, buckets or items (pane_state.hpp), timers, costs
//   join.hpp            interval_join, window_join, table_join (stream - table, temporal); stream_join: any
//   of them batch_oracle.hpp, join_oracle.hpp   the batch recomputations that judge all of it
//
//   PaneOperator windows{{.windows = WindowDefinition::session(30'000), .aggregate = {}, .panes = {}}};
//   ResultPanes fired;
//   windows.add(partition, key, timestamp_ms, id, value, now_ms, fired);
//   windows.advance_watermark(watermark_ms, fired);
//
// WindowOperator in the folder above is the fast one for tumbling and hopping windows with count, sum, min,
// max; the exact operators of Flink, Spark and Kafka Streams stand in folders of their names.
#pragma once

#include "engine/event_time/window/interval_join.hpp"
#include "engine/event_time/window/pane_operator.hpp"
#include "engine/event_time/window/stream_join.hpp"
#include "engine/event_time/window/table_join.hpp"
#include "engine/event_time/window/window_join.hpp"
