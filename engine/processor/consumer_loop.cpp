#include "engine/processor/consumer_loop.hpp"

#include <algorithm>
#include <utility>

#include "engine/kafka/moments.hpp"
#include "engine/processor/commit_metadata.hpp"
#include "engine/processor/moments.hpp"

namespace wrackline::processor {

using event_time::kMinTimestamp;
using kafka::PartitionId;

namespace {

std::int64_t value_in(Aggregation aggregation, const event_time::Aggregate& aggregate) {
  switch (aggregation) {
    case Aggregation::none:
    case Aggregation::count:
      return aggregate.count;
    case Aggregation::sum:
      return aggregate.sum;
    case Aggregation::min:
      return aggregate.min;
    case Aggregation::max:
      return aggregate.max;
  }
  return 0;
}

}  // namespace

ConsumerLoop::ConsumerLoop(kafka::ClusterContext& cluster, sim::Process& process, ConsumerLoopOptions options,
                           JobWorld& world, CommittedPanes& committed, sink::WriterFactory make_writer)
    : cluster_{cluster},
      process_{process},
      options_{std::move(options)},
      world_{world},
      committed_{committed},
      make_writer_{std::move(make_writer)},
      cost_draws_{process.sim().seed(), process.name(), "cpu"} {
  process_.listen([this](sim::Process&, sim::ProcessChange change) {
    const bool ended = change == sim::ProcessChange::crashed || change == sim::ProcessChange::stopped;
    if (ended && writer_) writer_->process_ended();
  });
}

sim::Task<> ConsumerLoop::run(sim::Process& process) {
  tasks_.clear();
  fired_.clear();
  rows_ = std::make_shared<sink::RowBatch>();
  writing_.reset();
  written_watermark_ms_ = kMinTimestamp;
  busy_ = false;
  stopping_ = false;
  left_.close();
  joined_after_ = claims();
  consumer_ = std::make_unique<kafka::ConsumerActor>(cluster_, process_, options_.consumer, options_.fetch);
  writer_ = make_writer_(process_, options_.instance);
  earlier_counters_ = watermark_counters();
  watermarks_ = std::make_unique<event_time::PartitionWatermarks>(options_.watermark);
  operator_ = options_.window ? std::make_unique<event_time::WindowOperator>(*options_.window,
                                                                             options_.allowed_lateness_ms)
                              : nullptr;
  panes_ = options_.panes ? std::make_unique<event_time::window::PaneOperator>(*options_.panes) : nullptr;
  pane_results_.clear();
  joins_ = options_.join ? std::make_unique<JoinTasks>(*options_.join, *watermarks_) : nullptr;
  joined_.clear();
  consumer_->subscribe(options_.topics,
                       [this](const kafka::RebalanceCallback& callback) { return on_rebalance(callback); });

  for (;;) {
    const std::optional<kafka::ConsumerException> thrown = co_await consumer_->poll(poll_timeout(), records_);
    if (stopping_) break;
    // An application without a handler dies of what poll() throws.
    if (thrown && !thrown->retriable) give_up();
    busy_ = true;
    note_positions();
    if (records_.count > 0) {
      process_.announce(kafka::moments::kConsumerPolled, options_.instance, records_.count);
      for (const kafka::FetchedSlice& slice : records_.slices) {
        const PartitionId partition = cluster_.layout.id_of(slice.partition);
        const auto ids = std::span{slice.batch.batch.records->ids}.subspan(slice.begin, slice.count());
        cluster_.observer.polled(options_.instance, cluster_.truth.ref(partition),
                                 slice.offset_of(slice.begin), ids, process_.now());
      }
      // What is not committed is not processed: commitSync() has thrown, and the loop goes on to the next
      // poll.
      if (options_.commit == CommitMode::before_processing && !co_await commit(true)) {
        pass_over();
        busy_ = false;
        continue;
      }
      const sim::Duration cost =
          options_.cost_per_poll + options_.cost_per_record.sample_sum(records_.count, cost_draws_);
      if (cost > sim::Duration{0}) co_await process.node().cpu().work(cost);
      process_.announce(moments::kProcessing, options_.instance, records_.count);
      for (const kafka::FetchedSlice& slice : records_.slices) this->process(slice);
      watermarks_->on_batch_end(process_.node().wall_ms());
      if (joins_) joins_->right_watermarks().on_batch_end(process_.node().wall_ms());
      process_.announce(moments::kProcessed, options_.instance, records_.count);
    }
    emit_watermark(false);
    take_fired();
    take_panes();
    take_joined();
    if (options_.commit == CommitMode::before_processing) store_before_writing();
    co_await write_out();
    if (options_.commit == CommitMode::after_processing) co_await commit(true);
    if (options_.commit == CommitMode::async) co_await commit(false);
    busy_ = false;
  }
  left_.open();
}

/// A shutdown hook: it calls wakeup() and waits for the loop, which ends its turn first; then close().
sim::Task<> ConsumerLoop::stop(sim::Process&) {
  stopping_ = true;
  if (consumer_) {
    consumer_->wakeup();
    co_await left_.wait();
  }
  if (writer_) co_await writer_->drain();
  if (consumer_) co_await consumer_->close(30000);
}

/// The supervisor starts it again, unless somebody else has by then.
void ConsumerLoop::give_up() {
  process_.sim().schedule_after(options_.restart_delay, {&on_supervisor, this, process_.incarnation()},
                                sim::kKernelEntity);
  process_.fail();
}

void ConsumerLoop::on_supervisor(void* self, std::uint64_t incarnation) {
  sim::Process& process = static_cast<ConsumerLoop*>(self)->process_;
  if (process.incarnation() == incarnation) process.bring_up();
}

std::int64_t ConsumerLoop::position(PartitionId partition) const {
  const auto found = tasks_.find(partition);
  return found == tasks_.end() ? -1 : found->second.position;
}

// --- partitions
// ---------------------------------------------------------------------------------------------------------

sim::Task<> ConsumerLoop::on_rebalance(const kafka::RebalanceCallback& callback) {
  using Kind = kafka::RebalanceCallback::Kind;
  const auto count = static_cast<std::int64_t>(callback.partitions.size());
  if (callback.kind == Kind::assigned) {
    for (const kafka::TopicPartition& at : callback.partitions) {
      const PartitionId partition = cluster_.layout.id_of(at);
      tasks_[partition] = {};
      event_time::PartitionWatermarks& watermarks = watermarks_of(partition);
      if (!watermarks.has_partition(partition)) watermarks.add_partition(partition);
    }
    process_.announce(kafka::moments::kConsumerAssigned, options_.instance, count);
    co_return;
  }
  const bool commits_itself = options_.commit == CommitMode::after_processing ||
                              options_.commit == CommitMode::async || options_.commit == CommitMode::on_close;
  joined_after_ = claims();
  if (callback.kind == Kind::revoked && commits_itself && !callback.partitions.empty()) co_await commit(true);
  for (const kafka::TopicPartition& at : callback.partitions) {
    const PartitionId partition = cluster_.layout.id_of(at);
    if (tasks_.erase(partition) == 0) continue;
    event_time::PartitionWatermarks& watermarks = watermarks_of(partition);
    if (watermarks.has_partition(partition)) watermarks.remove_partition(partition);
    if (operator_) operator_->purge_partition(partition);
    if (panes_) panes_->purge_partition(partition);
    if (joins_) joins_->close(at.partition);
    cluster_.observer.revoked(options_.instance, cluster_.truth.ref(partition), process_.now());
  }
  process_.announce(
      callback.kind == Kind::lost ? kafka::moments::kConsumerLost : kafka::moments::kConsumerRevoked,
      options_.instance, count);
}

/// Positions are known only some time after the assignment (committed offset, or reset policy).
void ConsumerLoop::note_positions() {
  for (auto& [partition, task] : tasks_) {
    if (task.positioned) continue;
    const kafka::PartitionFetchState* const state =
        consumer_->consumer().subscriptions().find(cluster_.layout.partition(partition));
    if (state == nullptr || !state->position) continue;
    std::int64_t position = state->position->offset;
    // Records of this very poll have moved the position already.
    for (const kafka::FetchedSlice& slice : records_.slices) {
      if (records_.count > 0 && cluster_.layout.id_of(slice.partition) == partition) {
        position = std::min(position, slice.offset_of(slice.begin));
      }
    }
    start_at(partition, task, position);
  }
}

void ConsumerLoop::start_at(PartitionId partition, PartitionTask& task, std::int64_t position) {
  task.positioned = true;
  task.position = position;
  task.committed = position;
  cluster_.observer.assigned(options_.instance, cluster_.truth.ref(partition), position, process_.now());
  if (panes_) restore_panes(partition, position);
  if (joins_) restore_join(partition);
  if (!operator_) return;
  event_time::PartitionSnapshot nothing_but_the_watermark;
  nothing_but_the_watermark.watermark_ms =
      watermark_in(consumer_->consumer().coordinator()->committed_metadata(
          cluster_.layout.partition(partition), position));
  operator_->restore(partition, nothing_but_the_watermark);
}

// --- results
// ------------------------------------------------------------------------------------------------------------

void ConsumerLoop::take_fired() {
  if (fired_.empty()) return;
  const auto base = static_cast<std::uint32_t>(rows_->contributions.size());
  rows_->contributions.insert(rows_->contributions.end(), fired_.ids.begin(), fired_.ids.end());
  for (const event_time::Pane& pane : fired_.panes) {
    sink::ResultRow row;
    row.job = options_.job;
    row.key = pane.key;
    row.window_start_ms = pane.window.start_ms;
    row.window_end_ms = pane.window.end_ms;
    row.pane = pane.index;
    row.value = value_in(options_.aggregation, pane.aggregate);
    row.digest = pane.aggregate.digest;
    row.first_contribution = base + static_cast<std::uint32_t>(pane.first_contribution);
    row.contributions = static_cast<std::uint32_t>(pane.aggregate.count);
    rows_->rows.push_back(row);
  }
  process_.announce(moments::kWindowFired, options_.instance, static_cast<std::int64_t>(fired_.panes.size()));
  fired_.clear();
}

sim::Task<> ConsumerLoop::write_out() {
  const std::int64_t fired_up_to_ms = operator_ ? operator_->watermark()
                                      : panes_  ? panes_->watermark()
                                                : kMinTimestamp;
  if (!rows_->empty()) {
    writing_ = std::exchange(rows_, std::make_shared<sink::RowBatch>());
    if (joins_) {
      std::erase_if(handed_over_, [](const auto& handed) { return handed.expired(); });
      handed_over_.push_back(writing_);
    }
    // At most once: nobody waits for the answer, and nobody would do anything about it.
    const bool until_durable = options_.commit != CommitMode::before_processing;
    const bool written = co_await writer_->write(writing_, consumer_->generation(), until_durable);
    if (!written) give_up();
    writing_.reset();
  }
  written_watermark_ms_ = fired_up_to_ms;
}

// --- commits
// ------------------------------------------------------------------------------------------------------------

/// What may be committed now, of the partitions for which it moved.
std::vector<kafka::OffsetToCommit> ConsumerLoop::commits() {
  if (joins_) return join_commits();
  std::vector<kafka::OffsetToCommit> offsets;
  for (auto& [partition, task] : tasks_) {
    if (!task.positioned) continue;
    std::int64_t offset = task.position;
    if (options_.commit == CommitMode::before_processing) {
      const kafka::PartitionFetchState* const state =
          consumer_->consumer().subscriptions().find(cluster_.layout.partition(partition));
      if (state != nullptr && state->position) offset = state->position->offset;
    } else if (operator_) {
      task.floor.advance(operator_->watermark(), options_.window->size_ms, options_.allowed_lateness_ms);
      offset = task.floor.floor(task.position);
    }
    const bool moved = offset != task.committed;
    if (moved && options_.commit == CommitMode::before_processing) task.in_doubt.push_back(task.committed);
    if (panes_) store_panes(partition, task, offset);
    if (!moved) continue;
    task.committed = offset;
    kafka::OffsetToCommit commit;
    commit.partition = cluster_.layout.partition(partition);
    commit.offset = offset;
    if (operator_) commit.metadata = commit_metadata(operator_->watermark());
    offsets.push_back(commit);
  }
  return offsets;
}

/// False: the commit was refused, or nobody knows.
sim::Task<bool> ConsumerLoop::commit(bool synchronously) {
  std::vector<kafka::OffsetToCommit> offsets = commits();
  if (offsets.empty()) co_return true;
  process_.announce(moments::kCommitting, options_.instance, static_cast<std::int64_t>(offsets.size()));
  if (!synchronously) {
    consumer_->commit_async(std::move(offsets));
    co_return true;
  }
  // CommitFailed and RebalanceInProgress leave the work to the partitions' next owner; the loop polls on and
  // rejoins.
  const kafka::ConsumerActor::Committed done =
      co_await consumer_->commit_sync(std::move(offsets), options_.commit_timeout_ms);
  if (done.ok) {
    process_.announce(moments::kCommitted, options_.instance);
    note_committed();
  }
  co_return done.ok;
}

void ConsumerLoop::note_committed() {
  for (auto& [partition, task] : tasks_) task.in_doubt.clear();
  if (!joins_) return;
  for (auto& [number, task] : joins_->tasks()) task.in_doubt.clear();
}

/// At most once, the records of a poll that may not be processed. Where the group goes on from is another
/// matter: the partitions' next owner may read them.
void ConsumerLoop::pass_over() {
  for (const kafka::FetchedSlice& slice : records_.slices) {
    const auto found = tasks_.find(cluster_.layout.id_of(slice.partition));
    if (found != tasks_.end()) found->second.position = slice.offset_of(slice.end - 1) + 1;
  }
}

/// At most once: a row is written when the state without it is stored. Who can not store it does not write.
void ConsumerLoop::store_before_writing() {
  const bool stored = panes_ ? store_all_panes() : !joins_ || store_all_joins();
  if (!stored) rows_ = std::make_shared<sink::RowBatch>();
}

}  // namespace wrackline::processor
