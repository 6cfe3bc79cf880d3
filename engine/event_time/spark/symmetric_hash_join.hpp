// Stream-stream joins: StreamingSymmetricHashJoinExec and SymmetricHashJoinStateManager (state format 2).
//
// In a batch: the left rows first - late ones dropped, those that fail the left-only condition not stored (an
// outer join emits them with NULLs at once) - each joined with the right state and always stored, except a
// matched row of a semi join. Then the right rows, against the left state with this batch's rows in it; a
// right row that this very batch would evict is joined but not stored, unless right or full outer still owes
// its NULLs. Then old state goes by the state watermarks (join_state_watermark.hpp); on the preserved side of
// an outer join the unmatched rows leave with NULLs, and nothing that goes there is counted in numRowsRemoved
// (surprise 10). NULL keys are not special here: the optimizer's IS NOT NULL keeps them from matching, except
// in a full outer join, where nothing does and NULL meets NULL.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/event_time/spark/comparison.hpp"
#include "engine/event_time/spark/join_state_watermark.hpp"
#include "engine/event_time/spark/state_table.hpp"

namespace wrackline::event_time::spark {

enum class JoinType : std::uint8_t { inner, left_outer, right_outer, full_outer, left_semi, left_anti };

/// One side as the operator sees it; the columns are those of that side's rows.
struct JoinSideLayout {
  std::size_t width = 0;
  std::vector<std::size_t> keys;
  std::optional<std::size_t> event_time{};
  std::vector<Comparison> own_conditions{};  ///< what the optimizer could not push below the operator
};

class SymmetricHashJoin {
 public:
  struct Layout {
    JoinType type = JoinType::inner;
    JoinSideLayout left;
    JoinSideLayout right;
    std::vector<Comparison> both_conditions;      ///< on left columns, then right columns
    std::optional<std::size_t> event_time_key{};  ///< the first key that is event time on either side
    JoinTimes times;
  };
  explicit SymmetricHashJoin(Layout layout);

  void process(const RowBatch& left, const RowBatch& right, BatchWatermarks watermarks, RowBatch& output,
               OperatorMetrics& metrics);

  const JoinTimes& times() const { return layout_.times; }
  std::size_t output_width() const {
    return layout_.left.width + (layout_.type == JoinType::left_semi ? 0 : layout_.right.width);
  }

 private:
  /// The rows of one side by key: chains in a pool.
  struct Stored {
    Stored(std::size_t key_width, std::size_t row_width) : chains{key_width, 1}, width{row_width} {}

    Row row(std::size_t i) const { return {cells.data() + i * width, width}; }

    StateTable chains;  ///< key -> first row
    std::size_t width;
    std::vector<Value> cells;
    std::vector<std::int64_t> next;  ///< of the chain, kEnd at its end
    std::vector<std::uint8_t> matched;
    std::vector<std::size_t> free;
    std::int64_t rows = 0;
  };
  static constexpr std::int64_t kEnd = -1;

  void join_side(JoinSide side, const RowBatch& input, BatchWatermarks watermarks, RowBatch& output,
                 OperatorMetrics& metrics);
  bool join_row(JoinSide side, Row row, RowBatch& output);
  void store(Stored& stored, Row row, bool matched);
  bool due(JoinSide side, Row key, Row row, std::int64_t watermark_ms) const;
  void remove_old(JoinSide side, std::int64_t watermark_ms, RowBatch& output, OperatorMetrics& metrics);
  void emit_with_nulls(JoinSide side, Row row, RowBatch& output) const;
  bool preserves(JoinSide side) const;
  const JoinSideLayout& layout_of(JoinSide side) const {
    return side == JoinSide::left ? layout_.left : layout_.right;
  }
  Stored& stored_of(JoinSide side) { return side == JoinSide::left ? left_ : right_; }

  Layout layout_;
  Stored left_;
  Stored right_;
  std::vector<Value> key_;
  std::vector<Value> joined_;
};

}  // namespace wrackline::event_time::spark
