// The loop's part for windows beyond tumbling and hopping: records into the pane operator, panes into rows,
// state with the commits.
#include "engine/processor/consumer_loop.hpp"
#include "engine/processor/moments.hpp"

namespace wrackline::processor {

using event_time::window::PaneOperator;
using event_time::window::ResultPane;
using event_time::window::WindowDefinition;
using kafka::PartitionId;

void ConsumerLoop::process_panes(PartitionId partition, const kafka::FetchedSlice& slice) {
  const kafka::Records& records = *slice.batch.batch.records;
  const bool at_records = options_.watermark.emission != event_time::WatermarkStrategy::Emission::periodic;
  const bool generated = options_.watermark.kind == event_time::WatermarkStrategy::Kind::generated;
  const std::int64_t arrival_ms = process_.node().wall_ms();
  const bool by_end = options_.panes->windows.kind == WindowDefinition::Kind::cumulate;
  const std::int64_t now_ms = process_.node().mono_ms();
  accepted_.clear();
  dropped_.clear();
  std::vector<sim::EventId> poison;
  for (std::uint32_t i = slice.begin; i < slice.end; ++i) {
    const sim::EventId id = records.ids[i];
    const std::int64_t timestamp = records.timestamps_ms[i];
    const workload::RecordSource& source = *world_.sources[id.source()];
    if (source.is_poison(id)) [[unlikely]] {
      poison.push_back(id);
      continue;
    }
    const auto verdict =
        panes_->add(partition, records.keys[i], timestamp, id, source.value_of(id), now_ms, pane_results_);
    if (verdict == PaneOperator::Verdict::accepted) {
      accepted_.push_back(id);
      // Windows that share their start are named by their end.
      for (const event_time::Window& window : panes_->late_windows()) {
        cluster_.observer.late_for_window(options_.job, by_end ? window.end_ms : window.start_ms,
                                          std::span{&id, 1}, process_.now());
      }
    } else {
      dropped_.push_back(id);
    }
    if (at_records || generated) {
      const std::int64_t before = panes_->watermark();
      const std::int64_t value = options_.watermark.uses_values ? source.value_of(id) : 0;
      const std::int64_t now =
          watermarks_->on_record(partition, {timestamp, arrival_ms, records.keys[i], value});
      if (!at_records || options_.aggregator != nullptr) continue;
      panes_->advance_watermark(now, pane_results_);
      if (panes_->watermark() != before) {
        cluster_.observer.watermark(options_.job, options_.instance, before, panes_->watermark(),
                                    process_.now());
      }
    }
  }
  if (!at_records && !generated) {
    watermarks_->on_records(partition, std::span{records.timestamps_ms}.subspan(slice.begin, slice.count()));
  }
  if (!accepted_.empty()) cluster_.observer.processed(options_.job, accepted_, process_.now());
  if (!dropped_.empty())
    cluster_.observer.dropped(sim::DropReason::late, options_.job, dropped_, process_.now());
  if (!poison.empty()) {
    cluster_.observer.dropped(sim::DropReason::dead_lettered, options_.job, poison, process_.now());
  }
}

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
  const auto state = committed_.at(partition, position);
  if (state != nullptr) panes_->restore(partition, *state, process_.node().mono_ms());
}

/// What has been written out is in the state that goes with the commit, and nothing else.
void ConsumerLoop::store_panes(PartitionId partition, std::int64_t offset) {
  PartitionTask& task = tasks_[partition];
  const std::uint64_t changes = panes_->changes_of(partition);
  if (task.stored_offset == offset && task.stored_changes == changes) return;
  task.stored_offset = offset;
  task.stored_changes = changes;
  committed_.put(partition, offset, panes_->snapshot(partition));
}

}  // namespace wrackline::processor
