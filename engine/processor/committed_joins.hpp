// The state of a join that goes with a pair of committed offsets.
//
// What a join holds can not be found again by reading a topic from the middle: which records of the other
// side had come, which rows are out, which versions a table holds. So it is kept as committed_panes.hpp keeps
// windows, and with the same promises: in an ideal store (committed_states.hpp), by the offsets that it
// belongs to - here one of each input, which are always committed together. A successor that starts from
// other offsets (auto commit, the usual mistake) finds none.
#pragma once

#include <compare>

#include "engine/event_time/window/stream_join.hpp"
#include "engine/processor/committed_states.hpp"

namespace wrackline::processor {

/// Where both inputs of a partition number stand.
struct JoinOffsets {
  std::int64_t left = -1;
  std::int64_t right = -1;
  friend auto operator<=>(const JoinOffsets&, const JoinOffsets&) = default;
};

/// By partition number.
using CommittedJoins = CommittedStates<std::int32_t, event_time::window::StreamJoin, JoinOffsets>;

}  // namespace wrackline::processor
