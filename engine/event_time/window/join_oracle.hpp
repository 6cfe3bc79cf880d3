// The judge of the joins: every pair of records is tried. Nothing of the operators is used: no buffers, no
// watermark but the one that each record met, by which it was late or not. Rows come sorted.
#pragma once

#include <span>
#include <vector>

#include "engine/event_time/window/definition.hpp"
#include "engine/event_time/window/interval_join.hpp"
#include "engine/event_time/window/table_join.hpp"

namespace wrackline::event_time::window {

/// What arrived, in order. A record of the right side may be a change of a table.
struct JoinArrival {
  JoinSide side = JoinSide::left;
  std::uint32_t key = 0;
  JoinRecord record;
  bool deleted = false;
  TimestampMs watermark = kMinTimestamp;
};

std::vector<JoinedRow> batch_interval_join(const IntervalJoinSpec& spec, std::span<const JoinArrival> input);
std::vector<JoinedRow> batch_window_join(const WindowDefinition& windows, JoinType type,
                                         std::span<const JoinArrival> input);
std::vector<JoinedRow> batch_table_join(JoinType type, std::span<const JoinArrival> input);
std::vector<JoinedRow> batch_temporal_join(JoinType type, std::span<const JoinArrival> input);

}  // namespace wrackline::event_time::window
