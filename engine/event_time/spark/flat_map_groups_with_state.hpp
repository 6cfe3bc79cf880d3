// Arbitrary state per key: FlatMapGroupsWithStateExec, for flatMapGroupsWithState and mapGroupsWithState.
//
// The user's function is called once per key with all rows of the batch, then, without rows, for every key
// whose timeout is past: strictly before the watermark, or before the time of the batch. A key that had data
// in this batch has no old timeout any more. Late rows are dropped only under event-time timeouts. Under
// processing-time timeouts every trigger makes a batch, once there was a first one. No watermark comes out of
// this operator, so nothing stateful that needs one may follow. Not modelled: transformWithState, initial
// state, functions that keep more than a few numbers.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "engine/event_time/spark/group_state.hpp"
#include "engine/event_time/spark/state_table.hpp"

namespace wrackline::event_time::spark {

/// `rows` are empty when the call is a timeout. Emits into `output`.
using GroupFunction =
    std::function<void(const Value& key, const std::vector<Row>& rows, GroupState& state, RowBatch& output)>;

class FlatMapGroupsWithState {
 public:
  struct Layout {
    std::size_t key = 0;
    std::optional<std::size_t> event_time{};
    GroupStateTimeout timeout = GroupStateTimeout::none;
    std::size_t state_width = 0;
    GroupFunction function;
  };
  explicit FlatMapGroupsWithState(Layout layout)
      : layout_{std::move(layout)}, state_{1, layout_.state_width + 2} {}

  GroupStateTimeout timeout() const { return layout_.timeout; }
  /// Throws GroupStateError where the user's function does.
  void process(const RowBatch& input, BatchWatermarks watermarks, RowBatch& output, OperatorMetrics& metrics);

 private:
  void call(const Value& key, const std::vector<Row>& rows, BatchWatermarks watermarks, bool timed_out,
            RowBatch& output, OperatorMetrics& metrics);

  Layout layout_;
  StateTable state_;  ///< key -> timeout in ms or NULL, whether there is a value, the value
};

}  // namespace wrackline::event_time::spark
