// The loop's part for records: what is refused, what is poison, what goes into which windows, and the
// watermark that follows each record.
#include <algorithm>

#include "engine/processor/consumer_loop.hpp"
#include "engine/processor/moments.hpp"

namespace wrackline::processor {
namespace {

/// For so many records at a time the windows fetch what they will touch.
constexpr std::uint32_t kForesight = 16;

}  // namespace

using kafka::PartitionId;

void ConsumerLoop::process(const kafka::FetchedSlice& slice) {
  const PartitionId partition = cluster_.layout.id_of(slice.partition);
  const auto found = tasks_.find(partition);
  // Revoked while the records waited for the processor: the real application processes them all the same
  // (C-15).
  PartitionTask orphan;
  PartitionTask& task = found == tasks_.end() ? orphan : found->second;
  if (options_.guard.active()) {
    process_sane(partition, task, slice);
  } else {
    process_run(partition, task, slice);
  }
  task.position = slice.offset_of(slice.end - 1) + 1;
}

/// Without the records that the guard refuses: what is left between them, run by run.
void ConsumerLoop::process_sane(PartitionId partition, PartitionTask& task,
                                const kafka::FetchedSlice& slice) {
  const kafka::Records& records = *slice.batch.batch.records;
  const std::int64_t now_ms = process_.node().wall_ms();
  std::vector<sim::EventId> refused;
  std::int64_t too_new = 0;
  kafka::FetchedSlice run = slice;
  for (std::uint32_t i = slice.begin; i <= slice.end; ++i) {
    const bool ends = i == slice.end;
    if (!ends && !options_.guard.refuses(records.timestamps_ms[i], now_ms)) continue;
    run.end = i;
    if (run.begin < run.end) process_run(partition, task, run);
    run.begin = i + 1;
    if (ends) break;
    refused.push_back(records.ids[i]);
    too_new += options_.guard.too_new(records.timestamps_ms[i], now_ms) ? 1 : 0;
  }
  if (refused.empty()) return;
  cluster_.observer.dropped(sim::DropReason::guarded, options_.job, refused, process_.now());
  process_.announce(moments::kGuardRefused, options_.instance, too_new,
                    static_cast<std::int64_t>(refused.size()) - too_new);
}

void ConsumerLoop::process_run(PartitionId partition, PartitionTask& task, const kafka::FetchedSlice& slice) {
  const bool owned = tasks_.contains(partition);
  if (operator_ && owned) {
    process_windowed(partition, task, slice);
  } else if (panes_) {
    if (owned) process_panes(partition, slice);
  } else if (joins_) {
    if (owned) process_join(partition, slice);
  } else if (!operator_) {
    process_stateless(slice);
  }
}

void ConsumerLoop::process_stateless(const kafka::FetchedSlice& slice) {
  const kafka::Records& records = *slice.batch.batch.records;
  accepted_.clear();
  dropped_.clear();
  for (std::uint32_t i = slice.begin; i < slice.end; ++i) {
    const sim::EventId id = records.ids[i];
    if (world_.sources[id.source()]->is_poison(id)) [[unlikely]] {
      dropped_.push_back(id);
      continue;
    }
    accepted_.push_back(id);
    sink::ResultRow row;
    row.job = options_.job;
    row.key = records.keys[i];
    row.value = value_of(id);
    row.digest = sim::mix(id);
    row.first_contribution = static_cast<std::uint32_t>(rows_->contributions.size());
    row.contributions = 1;
    rows_->contributions.push_back(id);
    rows_->rows.push_back(row);
  }
  if (!accepted_.empty()) cluster_.observer.processed(options_.job, accepted_, process_.now());
  if (!dropped_.empty()) {
    cluster_.observer.dropped(sim::DropReason::dead_lettered, options_.job, dropped_, process_.now());
  }
}

/// Record by record into `windows`, whose results go to `fired`; behind each record its watermark, where that
/// speaks after records. `take_in(i, id, timestamp, value)` feeds one record and says whether it was
/// accepted.
template <class Windows, class Fired, class TakeIn>
void ConsumerLoop::feed(PartitionId partition, const kafka::FetchedSlice& slice, Windows& windows,
                        Fired& fired, TakeIn&& take_in) {
  const kafka::Records& records = *slice.batch.batch.records;
  event_time::PartitionWatermarks& watermarks = watermarks_of(partition);
  const event_time::WatermarkStrategy& strategy = watermarks.strategy();
  const bool at_records = strategy.emission != event_time::WatermarkStrategy::Emission::periodic;
  const bool generated = strategy.kind == event_time::WatermarkStrategy::Kind::generated;
  const std::int64_t arrival_ms = process_.node().wall_ms();
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
    (take_in(i, id, timestamp, source.value_of(id)) ? accepted_ : dropped_).push_back(id);
    if (at_records || generated) {
      const std::int64_t before = windows.watermark();
      const std::int64_t value = strategy.uses_values ? source.value_of(id) : 0;
      const std::int64_t now =
          watermarks.on_record(partition, {timestamp, arrival_ms, records.keys[i], value});
      if (!at_records || options_.aggregator != nullptr) continue;
      windows.advance_watermark(now, fired);
      if (windows.watermark() != before) {
        cluster_.observer.watermark(options_.job, options_.instance, before, windows.watermark(),
                                    process_.now());
      }
    }
  }
  if (!at_records && !generated) {
    watermarks.on_records(partition, std::span{records.timestamps_ms}.subspan(slice.begin, slice.count()));
  }
  if (!accepted_.empty()) cluster_.observer.processed(options_.job, accepted_, process_.now());
  if (!dropped_.empty())
    cluster_.observer.dropped(sim::DropReason::late, options_.job, dropped_, process_.now());
  if (!poison.empty()) {
    cluster_.observer.dropped(sim::DropReason::dead_lettered, options_.job, poison, process_.now());
  }
}

void ConsumerLoop::process_windowed(PartitionId partition, PartitionTask& task,
                                    const kafka::FetchedSlice& slice) {
  const kafka::Records& records = *slice.batch.batch.records;
  const event_time::WindowAssigner& assigner = *options_.window;
  const bool overlapping = !assigner.is_tumbling();
  const std::span<const std::uint32_t> keys = std::span{records.keys}.first(slice.end);
  std::uint32_t foreseen = slice.begin;
  feed(partition, slice, *operator_, fired_,
       [&](std::uint32_t i, sim::EventId id, std::int64_t timestamp, std::int64_t value) {
         if (i >= foreseen) {
           operator_->foresee(partition, keys.subspan(i, std::min(kForesight, slice.end - i)));
           foreseen = i + kForesight;
         }
         if (overlapping && timestamp <= operator_->watermark()) [[unlikely]]
           tell_late_windows(id, timestamp);
         const auto verdict = operator_->add(partition, records.keys[i], timestamp, id, value, fired_);
         const bool accepted = verdict == event_time::WindowOperator::Verdict::accepted;
         if (accepted) task.floor.note(assigner.last_start(timestamp), slice.offset_of(i));
         return accepted;
       });
}

/// Of a record that is accepted, but too late for the oldest of its windows.
void ConsumerLoop::tell_late_windows(sim::EventId id, std::int64_t timestamp) {
  const auto late = [this](const event_time::Window& window) {
    return event_time::is_window_late(window, options_.allowed_lateness_ms, operator_->watermark());
  };
  options_.window->assign(timestamp, windows_);
  if (windows_.empty() || late(windows_.front())) return;
  for (const event_time::Window& window : windows_) {
    if (late(window)) {
      cluster_.observer.late_for_window(options_.job, window.start_ms, std::span{&id, 1}, process_.now());
    }
  }
}

void ConsumerLoop::process_panes(PartitionId partition, const kafka::FetchedSlice& slice) {
  using event_time::window::PaneOperator;
  const kafka::Records& records = *slice.batch.batch.records;
  using Kind = event_time::window::WindowDefinition::Kind;
  const Kind kind = options_.panes->windows.kind;
  const bool by_end = kind == Kind::cumulate || kind == Kind::sliding;
  const std::int64_t now_ms = process_.node().mono_ms();
  feed(partition, slice, *panes_, pane_results_,
       [&](std::uint32_t i, sim::EventId id, std::int64_t timestamp, std::int64_t value) {
         const auto verdict =
             panes_->add(partition, records.keys[i], timestamp, id, value, now_ms, pane_results_);
         if (verdict != PaneOperator::Verdict::accepted) return false;
         // Windows that share their start are named by their end; those that slide are late up to one.
         for (const event_time::Window& window : panes_->late_windows()) {
           cluster_.observer.late_for_window(options_.job, by_end ? window.end_ms : window.start_ms,
                                             std::span{&id, 1}, process_.now());
         }
         return true;
       });
}

void ConsumerLoop::process_join(PartitionId partition, const kafka::FetchedSlice& slice) {
  const kafka::Records& records = *slice.batch.batch.records;
  const kafka::TopicPartition at = cluster_.layout.partition(partition);
  const event_time::window::JoinSide side = joins_->side_of(at);
  const bool windowed = options_.join->spec.type == event_time::window::StreamJoinSpec::Type::window;
  joins_->claim_as(claimant());
  JoinTasks::Task& task = joins_->task(at.partition, joined_);
  feed(partition, slice, *joins_, joined_,
       [&](std::uint32_t i, sim::EventId id, std::int64_t timestamp, std::int64_t value) {
         const auto verdict = task.join.add(side, records.keys[i], {timestamp, id, value}, joined_);
         if (verdict != event_time::window::JoinVerdict::accepted) return false;
         if (!windowed) return true;
         for (const event_time::Window& window : task.join.late_windows()) {
           // By end: cumulate windows share their start.
           cluster_.observer.late_for_window(options_.job, window.end_ms, std::span{&id, 1}, process_.now());
         }
         return true;
       });
}

}  // namespace wrackline::processor
