// Session windows with state: SessionWindowStateStoreRestoreExec, MergingSessionsExec,
// SessionWindowStateStoreSaveExec.
//
// Every row brings its own session [t, t + gap). Rows with the same key and the same session are one before
// anything else happens (per input partition); with merge.sessions.in.local.partition those that touch are
// merged there too. What is late is dropped then, so the late count is neither of rows nor of groups. Each
// remaining key gets its sessions from the state; sessions that touch (start <= end) merge; all sessions of a
// touched key are written again and counted as updated, a start that has vanished counts as removed. Append
// evicts by the session's end; complete emits everything and evicts nothing, but - unlike plain windows - it
// drops what is late. Update is refused at the start of a query.
#pragma once

#include <optional>
#include <vector>

#include "engine/event_time/spark/aggregate_function.hpp"
#include "engine/event_time/spark/state_table.hpp"

namespace wrackline::event_time::spark {

class SessionWindowAggregate {
 public:
  /// `keys`: the grouping columns of the input in order of the output, the session among them.
  struct Layout {
    std::vector<std::size_t> keys;
    std::size_t session_at = 0;  ///< which entry of `keys` is the session window
    std::vector<AggregateFunction> functions;
    bool has_watermark = false;
    bool merge_in_local_partition = false;
  };
  SessionWindowAggregate(Layout layout, OutputMode mode);

  void process(const RowBatch& input, BatchWatermarks watermarks, RowBatch& output, OperatorMetrics& metrics);
  std::size_t output_width() const { return layout_.keys.size() + layout_.functions.size(); }

 private:
  /// Sessions of one key, laid out as output rows, sorted by start.
  struct Sessions {
    std::vector<Value> cells;
  };

  void take_in(const RowBatch& input);
  std::vector<Value>& list_of(StateTable& table, std::vector<Sessions>& lists, Row key);
  void merge_sorted(std::vector<Value>& cells, std::vector<Value>& merged) const;
  const Value& session(const Value* row) const { return row[layout_.session_at]; }

  Layout layout_;
  OutputMode mode_;
  std::size_t width_;
  StateTable state_;  ///< key without the session -> index into stored_
  std::vector<Sessions> stored_;
  std::int64_t stored_sessions_ = 0;
  StateTable pieces_;  ///< partial aggregation: partition and all keys -> buffers
  StateTable fresh_;   ///< key without the session -> index into incoming_
  std::vector<Sessions> incoming_;
  std::vector<Value> key_;
};

}  // namespace wrackline::event_time::spark
