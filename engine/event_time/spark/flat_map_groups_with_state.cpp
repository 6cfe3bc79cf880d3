#include "engine/event_time/spark/flat_map_groups_with_state.hpp"

#include <algorithm>

namespace wrackline::event_time::spark {

void FlatMapGroupsWithState::call(const Value& key, const std::vector<Row>& rows, BatchWatermarks watermarks,
                                  bool timed_out, RowBatch& output, OperatorMetrics& metrics) {
  const std::uint32_t before = state_.find({&key, 1});
  std::optional<std::vector<Value>> value;
  std::optional<std::int64_t> timeout_before;
  if (before != StateTable::kAbsent) {
    const auto stored = state_.values(before);
    if (!stored[0].is_null()) timeout_before = stored[0].a;
    if (!stored[1].is_null()) value.emplace(stored.begin() + 2, stored.end());
  }
  GroupState group{std::move(value), layout_.timeout, watermarks.batch_timestamp_ms, watermarks.eviction_ms,
                   timed_out};
  layout_.function(key, rows, group, output);

  if (group.removed() && !group.timeout_ms()) {
    if (before != StateTable::kAbsent) state_.remove(before);
    ++metrics.removed;
    return;
  }
  if (!group.updated() && !group.removed() && group.timeout_ms() == timeout_before) return;
  bool inserted = false;
  const auto stored = state_.values(state_.find_or_insert({&key, 1}, inserted));
  stored[0] = group.timeout_ms() ? Value::bigint(*group.timeout_ms()) : Value{};
  stored[1] = group.exists() ? Value::bigint(1) : Value{};
  if (group.exists()) std::ranges::copy(group.get(), stored.begin() + 2);
  ++metrics.updated;
}

void FlatMapGroupsWithState::process(const RowBatch& input, BatchWatermarks watermarks, RowBatch& output,
                                     OperatorMetrics& metrics) {
  const bool by_event_time = layout_.timeout == GroupStateTimeout::event_time;
  StateTable groups{1, 1};
  std::vector<std::vector<Row>> rows;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const Row row = input.row(i);
    if (by_event_time && layout_.event_time && not_after(row[*layout_.event_time], watermarks.late_ms)) {
      ++metrics.dropped;
      continue;
    }
    bool inserted = false;
    Value& index = groups.values(groups.find_or_insert(row.subspan(layout_.key, 1), inserted))[0];
    if (inserted) {
      index = Value::bigint(static_cast<std::int64_t>(rows.size()));
      rows.emplace_back();
    }
    rows[static_cast<std::size_t>(index.a)].push_back(row);
  }
  groups.for_each([&](std::uint32_t slot) {
    call(groups.key(slot)[0], rows[static_cast<std::size_t>(groups.values(slot)[0].a)], watermarks, false,
         output, metrics);
  });

  if (layout_.timeout != GroupStateTimeout::none) {
    const std::int64_t threshold_ms = by_event_time ? watermarks.eviction_ms : watermarks.batch_timestamp_ms;
    std::vector<Value> past;
    state_.for_each([&](std::uint32_t slot) {
      const Value& timeout = state_.values(slot)[0];
      if (!timeout.is_null() && timeout.a < threshold_ms) past.push_back(state_.key(slot)[0]);
    });
    for (const Value& key : past) call(key, {}, watermarks, true, output, metrics);
  }
  metrics.total = static_cast<std::int64_t>(state_.size());
}

}  // namespace wrackline::event_time::spark
