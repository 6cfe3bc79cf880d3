// The window state that goes with a committed offset.
//
// Tumbling and hopping windows can be rebuilt from the log: read again from the replay floor, judge by the
// watermark of the commit. Sessions, count windows and panes can not. A session's oldest record is late on
// its own when it is read again, what a count window holds depends on where counting began, and whether an
// early pane is out is nowhere in the input. So a job with such windows keeps them in a store
// (committed_states.hpp) by (partition, offset), and commits its position. A successor that starts from an
// offset finds the state of that offset, or none.
//
// What each commit mode (reference/kafka.md 6.3) promises for such windows:
//
//   after_processing   at least once. Rows are out, then the state without them is stored, then the offset is
//                      committed. A crash repeats the rows since the state was stored last: where only time
//                      went on, that is the last row, not all since the offset moved
//   async              the same; a commit that never arrives sends the successor further back, to the state
//                      of then
//   on_close           the same at every rebalance and at the end. A crash goes back to there: to the very
//                      beginning, if the group never rebalanced
//   before_processing  at most once. The offset is committed with the state of before, and only then is the
//                      batch processed (not at all if the commit was refused: it is another's); a row is
//                      written when the state without it is stored. What a crash finds in between is lost
//   auto               nothing. Offsets go on without any state: a crash takes what windows held, and repeats
//                      what came since the last commit
//
// Fenced, an instance stores nothing: what it writes is its successor's to write again. At most once it
// writes nothing either.
#pragma once

#include "engine/event_time/window/pane_state.hpp"
#include "engine/kafka/producer_metadata.hpp"
#include "engine/processor/committed_states.hpp"

namespace wrackline::processor {

using CommittedPanes =
    CommittedStates<kafka::PartitionId, event_time::window::PartitionWindows, std::int64_t>;

}  // namespace wrackline::processor
