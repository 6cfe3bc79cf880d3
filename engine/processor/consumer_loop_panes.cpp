// The loop's part for windows beyond tumbling and hopping: panes into rows, state with the commits.
#include "engine/processor/consumer_loop.hpp"
#include "engine/processor/moments.hpp"

namespace wrackline::processor {

using event_time::window::ResultPane;
using kafka::PartitionId;

void ConsumerLoop::take_panes() {
  if (!panes_) return;
  panes_->advance_processing_time(process_.node().mono_ms(), pane_results_);
  if (pane_results_.panes.empty()) return;
  for (const ResultPane& pane : pane_results_.panes) {
    sink::ResultRow row;
    row.job = options_.job;
    row.key = pane.key;
    row.window_start_ms = pane.window.start_ms;
    row.window_end_ms = pane.window.end_ms;
    row.pane = pane.index;
    row.value = pane.result.value;
    row.digest = pane.basic.digest;
    row.retracts = pane.retraction;
    row.first_contribution = static_cast<std::uint32_t>(rows_->contributions.size());
    const auto ids = pane_results_.contributions(pane);
    rows_->contributions.insert(rows_->contributions.end(), ids.begin(), ids.end());
    row.contributions = static_cast<std::uint32_t>(ids.size());
    rows_->rows.push_back(row);
  }
  process_.announce(moments::kWindowFired, options_.instance,
                    static_cast<std::int64_t>(pane_results_.panes.size()));
  pane_results_.clear();
}

void ConsumerLoop::restore_panes(PartitionId partition, std::int64_t position) {
  tasks_[partition].epoch = committed_.claim(partition, claimant());
  const auto state = committed_.at(partition, position);
  if (state != nullptr) panes_->restore(partition, *state, process_.node().mono_ms());
}

/// What has been written out is in the state that goes with the commit, and nothing else. False: another
/// instance owns the partition by now.
bool ConsumerLoop::store_panes(PartitionId partition, PartitionTask& task, std::int64_t offset) {
  const std::uint64_t changes = panes_->changes_of(partition);
  if (task.stored_offset == offset && task.stored_changes == changes) return true;
  event_time::window::PartitionWindows state = panes_->snapshot(partition);
  for (const std::int64_t earlier : task.in_doubt) committed_.put(partition, task.epoch, earlier, state);
  if (!committed_.put(partition, task.epoch, offset, std::move(state))) return false;
  task.stored_offset = offset;
  task.stored_changes = changes;
  return true;
}

bool ConsumerLoop::store_all_panes() {
  bool stored = true;
  for (auto& [partition, task] : tasks_) {
    if (task.positioned) stored = store_panes(partition, task, offset_to_commit(partition, task)) && stored;
  }
  return stored;
}

}  // namespace wrackline::processor
