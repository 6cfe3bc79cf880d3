#include "engine/event_time/spark/symmetric_hash_join.hpp"

#include <algorithm>

namespace wrackline::event_time::spark {

SymmetricHashJoin::SymmetricHashJoin(Layout layout)
    : layout_{std::move(layout)},
      left_{layout_.left.keys.size(), layout_.left.width},
      right_{layout_.right.keys.size(), layout_.right.width},
      key_(layout_.left.keys.size()),
      joined_(layout_.left.width + layout_.right.width) {
  assert(layout_.left.keys.size() == layout_.right.keys.size());
  assert(layout_.type != JoinType::left_anti && "refused by the checker");
}

bool SymmetricHashJoin::preserves(JoinSide side) const {
  if (layout_.type == JoinType::full_outer) return true;
  return layout_.type == (side == JoinSide::left ? JoinType::left_outer : JoinType::right_outer);
}

void SymmetricHashJoin::emit_with_nulls(JoinSide side, Row row, RowBatch& output) const {
  const auto out = output.append();
  std::ranges::copy(
      row, out.begin() + (side == JoinSide::left ? 0 : static_cast<std::ptrdiff_t>(layout_.left.width)));
}

bool SymmetricHashJoin::due(JoinSide side, Row key, Row row, std::int64_t watermark_ms) const {
  const auto state = state_watermark(layout_.times, side, watermark_ms);
  if (!state) return false;
  if (state->form == StateWatermark::Form::key) return not_after(key[*layout_.event_time_key], state->ms);
  return not_after(row[*layout_of(side).event_time], state->ms);
}

bool SymmetricHashJoin::join_row(JoinSide side, Row row, RowBatch& output) {
  const bool from_left = side == JoinSide::left;
  Stored& other = from_left ? right_ : left_;
  const std::uint32_t slot = other.chains.find(key_);
  if (slot == StateTable::kAbsent) return false;
  const bool semi = layout_.type == JoinType::left_semi;
  const auto middle = static_cast<std::ptrdiff_t>(layout_.left.width);
  std::ranges::copy(row, joined_.begin() + (from_left ? 0 : middle));
  bool matched = false;
  for (std::int64_t at = other.chains.values(slot)[0].a; at != kEnd;
       at = other.next[static_cast<std::size_t>(at)]) {
    const auto i = static_cast<std::size_t>(at);
    // A left row of a semi join leaves once.
    if (semi && !from_left && other.matched[i] != 0) continue;
    std::ranges::copy(other.row(i), joined_.begin() + (from_left ? middle : 0));
    if (!all_hold(layout_.both_conditions, joined_)) continue;
    other.matched[i] = 1;
    if (!semi)
      output.append(Row{joined_});
    else if (!from_left)
      output.append(other.row(i));
    else if (!matched)
      output.append(row);
    matched = true;
  }
  return matched;
}

void SymmetricHashJoin::store(Stored& stored, Row row, bool matched) {
  std::size_t i = 0;
  if (stored.free.empty()) {
    i = stored.next.size();
    stored.next.push_back(kEnd);
    stored.matched.push_back(0);
    stored.cells.resize(stored.cells.size() + stored.width);
  } else {
    i = stored.free.back();
    stored.free.pop_back();
  }
  std::ranges::copy(row, stored.cells.begin() + static_cast<std::ptrdiff_t>(i * stored.width));
  stored.matched[i] = matched ? 1 : 0;
  bool inserted = false;
  Value& first = stored.chains.values(stored.chains.find_or_insert(key_, inserted))[0];
  stored.next[i] = inserted ? kEnd : first.a;
  first = Value::bigint(static_cast<std::int64_t>(i));
  ++stored.rows;
}

void SymmetricHashJoin::join_side(JoinSide side, const RowBatch& input, BatchWatermarks watermarks,
                                  RowBatch& output, OperatorMetrics& metrics) {
  const JoinSideLayout& own = layout_of(side);
  for (std::size_t i = 0; i < input.size(); ++i) {
    const Row row = input.row(i);
    if (own.event_time && not_after(row[*own.event_time], watermarks.late_ms)) {
      ++metrics.dropped;
      continue;
    }
    if (!all_hold(own.own_conditions, row)) {
      if (preserves(side)) emit_with_nulls(side, row, output);
      continue;
    }
    for (std::size_t k = 0; k < own.keys.size(); ++k) key_[k] = row[own.keys[k]];
    const bool matched = join_row(side, row, output);
    bool keep = true;
    if (side == JoinSide::left) {
      keep = !(layout_.type == JoinType::left_semi && matched);
    } else if (due(side, key_, row, watermarks.eviction_ms)) {
      keep = !matched && preserves(JoinSide::right);
    }
    if (!keep) continue;
    store(stored_of(side), row, matched);
    ++metrics.updated;
  }
}

void SymmetricHashJoin::remove_old(JoinSide side, std::int64_t watermark_ms, RowBatch& output,
                                   OperatorMetrics& metrics) {
  if (!state_watermark(layout_.times, side, watermark_ms)) return;
  Stored& stored = stored_of(side);
  const bool preserved = preserves(side);
  stored.chains.for_each([&](std::uint32_t slot) {
    const Row key = stored.chains.key(slot);
    Value& first = stored.chains.values(slot)[0];
    std::int64_t* link = &first.a;
    while (*link != kEnd) {
      const auto i = static_cast<std::size_t>(*link);
      if (!due(side, key, stored.row(i), watermark_ms)) {
        link = &stored.next[i];
        continue;
      }
      if (preserved && stored.matched[i] == 0) emit_with_nulls(side, stored.row(i), output);
      if (!preserved) ++metrics.removed;
      *link = stored.next[i];
      stored.free.push_back(i);
      --stored.rows;
    }
    if (first.a == kEnd) stored.chains.remove(slot);
  });
}

void SymmetricHashJoin::process(const RowBatch& left, const RowBatch& right, BatchWatermarks watermarks,
                                RowBatch& output, OperatorMetrics& metrics) {
  join_side(JoinSide::left, left, watermarks, output, metrics);
  join_side(JoinSide::right, right, watermarks, output, metrics);
  remove_old(JoinSide::left, watermarks.eviction_ms, output, metrics);
  remove_old(JoinSide::right, watermarks.eviction_ms, output, metrics);
  metrics.total = left_.rows + right_.rows;
}

}  // namespace wrackline::event_time::spark
