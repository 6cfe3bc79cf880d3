// The plain consumer application: poll, process, write out, commit. No framework; state in memory.
//
//   for (;;) { records = poll(100 ms); [commit]; process; write results and wait for the sink; [commit]; }
//
// Commit modes (reference/kafka.md 6.3): auto (M1), before_processing (M3), after_processing (M4), async
// (M5), on_close (M6). "After processing" means: after the effects of a record are out. For a stateless job
// that is the position; for a windowed job it is the replay floor (replay_floor.hpp), and with each commit
// goes the watermark, in the commit's metadata (commit_metadata.hpp). The watermark is the minimum over the
// partitions that this instance reads (event_time/partition_watermarks.hpp), by
// any strategy of the catalogue; instances may be aligned, or go by an aggregator (event_time/alignment.hpp).
//
// Windows that a replay can not rebuild, and joins of two topics (join_tasks.hpp), keep their state beside
// the commits, in an ideal store (committed_panes.hpp, committed_joins.hpp), which fences whoever does not
// own a partition any more. At most once, a batch whose commit is refused is not processed.
//
// In five files: the loop, partitions, results and commits (consumer_loop.cpp), records (_records),
// watermarks (_watermarks), further windows (_panes), joins (_joins). Not modelled: stores with a cost, a
// size or failures, changelogs, worker threads beside the poll loop (M2), offsets kept in the sink (M7).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "engine/event_time/alignment.hpp"
#include "engine/event_time/guard.hpp"
#include "engine/event_time/window/pane_operator.hpp"
#include "engine/event_time/window_operator.hpp"
#include "engine/kafka/consumer_actor.hpp"
#include "engine/processor/committed_panes.hpp"
#include "engine/processor/join_tasks.hpp"
#include "engine/processor/replay_floor.hpp"
#include "engine/sink/writer.hpp"
#include "engine/workload/record_source.hpp"

namespace wrackline::processor {

enum class CommitMode : std::uint8_t { automatic, before_processing, after_processing, async, on_close };
enum class Aggregation : std::uint8_t { none, count, sum, min, max };

/// What every instance of a job knows of the world outside.
struct JobWorld {
  /// By the `source` of the EventId: what a record's value is, whether it is poison.
  std::vector<const workload::RecordSource*> sources;
};

struct ConsumerLoopOptions {
  std::uint32_t job = 0;
  std::uint32_t instance = 0;  ///< number of the consumer in the run
  kafka::KafkaConsumerConfig consumer;
  kafka::ConsumerFetchSettings fetch;
  std::vector<kafka::TopicId> topics;
  CommitMode commit = CommitMode::after_processing;
  std::int64_t commit_timeout_ms = 60000;  ///< default.api.timeout.ms
  event_time::WatermarkStrategy watermark;
  event_time::AlignmentGroup* alignment = nullptr;  ///< shared by the job's instances; none: not aligned
  std::int64_t align_interval_ms = 1000;
  event_time::WatermarkAggregator* aggregator = nullptr;  ///< likewise; none: each goes by its own partitions
  std::optional<event_time::WindowAssigner> window;
  std::int64_t allowed_lateness_ms = 0;
  event_time::EventTimeGuard guard;
  Aggregation aggregation = Aggregation::count;
  /// Instead of `window`: any other windows, panes or aggregate. Their state goes with the commits.
  std::optional<event_time::window::WindowedAggregation> panes;
  /// Instead of either: two topics are joined. `watermark` is that of the first input.
  std::optional<JoinOptions> join;
  sim::Distribution cost_per_record = sim::Distribution::constant(sim::Duration{});
  sim::Duration cost_per_poll{};
  sim::Duration poll_timeout{std::chrono::milliseconds{100}};
  /// Until the supervisor starts an instance again that died of its own.
  sim::Duration restart_delay{std::chrono::seconds{5}};
};

class ConsumerLoop {
 public:
  ConsumerLoop(kafka::ClusterContext& cluster, sim::Process& process, ConsumerLoopOptions options,
               JobWorld& world, CommittedPanes& committed, sink::WriterFactory make_writer);

  sim::Task<> run(sim::Process& process);
  sim::Task<> stop(sim::Process& process);
  sim::Process& process() { return process_; }
  std::uint32_t instance() const { return options_.instance; }
  const ConsumerLoopOptions& options() const { return options_; }

  /// Closes every window that is still open at the end of the input: a watermark of "nothing will follow".
  /// For the drain.
  void end_of_input() { input_ended_ = true; }
  bool assigned(kafka::PartitionId partition) const { return tasks_.contains(partition); }
  std::int64_t position(kafka::PartitionId partition) const;
  /// Every row of windows that a watermark up to here fired is durable. A dead instance writes nothing.
  std::int64_t written_watermark_ms() const {
    const bool writes = process_.alive() && (operator_ || panes_) && !tasks_.empty();
    return writes ? written_watermark_ms_ : event_time::kMaxTimestamp;
  }
  /// The state of windows that are not rebuilt by replay; null: the job has none of those, or nobody is here.
  const event_time::window::PaneOperator* panes() const { return process_.alive() ? panes_.get() : nullptr; }
  /// Calls `visit(span of EventId)` with records that are in an open window or in rows that wait to be
  /// written.
  template <class Visit>
  void for_each_held(Visit&& visit) const {
    for (const auto& [partition, task] : tasks_) {
      if (panes_) {
        std::vector<sim::EventId> held;
        panes_->snapshot(partition).append_ids(held);
        visit(std::span<const sim::EventId>{held});
      }
      if (!operator_) break;
      const event_time::PartitionSnapshot state = operator_->snapshot(partition);
      visit(std::span<const sim::EventId>{state.ids});
    }
    if (joins_) {
      std::vector<sim::EventId> held;
      for (const auto& [number, task] : joins_->tasks()) task.join.append_ids(held);
      visit(std::span<const sim::EventId>{held});
    }
    if (rows_) visit(std::span<const sim::EventId>{rows_->contributions});
    if (writing_) visit(std::span<const sim::EventId>{writing_->contributions});
  }
  /// Of a join: calls `visit(span of EventId)` with what its state holds, versions of a table included, and
  /// what is in rows that may become visible once more. A dead instance has no state, but rows on their way.
  template <class Visit>
  void for_each_unsettled(Visit&& visit) const {
    if (joins_ && process_.alive()) {
      std::vector<sim::EventId> held;
      for (const auto& [number, task] : joins_->tasks()) {
        task.join.append_ids(held);
        task.join.append_versions(held);
      }
      for (const event_time::window::JoinedRow& row : joined_) {
        if (row.has_left) held.push_back(row.left.id);
        if (row.has_right) held.push_back(row.right.id);
      }
      visit(std::span<const sim::EventId>{held});
    }
    if (rows_) visit(std::span<const sim::EventId>{rows_->contributions});
    for (const auto& handed : handed_over_) {
      if (const auto rows = handed.lock()) visit(std::span<const sim::EventId>{rows->contributions});
    }
  }
  std::int64_t watermark_ms() const {
    return operator_ ? operator_->watermark()
           : panes_  ? panes_->watermark()
           : joins_  ? joins_->watermark()
                     : event_time::kMaxTimestamp;
  }
  /// Of the watermark strategies of every life of this instance.
  event_time::strategy::Counters watermark_counters() const;
  /// Nothing waits to be written, and no window is open.
  bool quiet() const {
    return !busy_ && (!writer_ || !writer_->busy()) && (!operator_ || operator_->records_held() == 0) &&
           (!panes_ || panes_->empty()) && (!joins_ || joins_->waiting() == 0);
  }

 private:
  struct PartitionTask {
    ReplayFloor floor;
    std::int64_t position = -1;   ///< of the next record to process
    std::int64_t committed = -1;  ///< as far as this instance knows
    bool positioned = false;
    std::uint32_t epoch = 0;  ///< of panes: its claim to the partition
    std::vector<std::int64_t>
        in_doubt;                     ///< at most once: may be in force still, a later commit went unanswered
    std::int64_t stored_offset = -1;  ///< of the pane state that was stored last
    std::uint64_t stored_changes = 0;
  };

  sim::Task<> on_rebalance(const kafka::RebalanceCallback& callback);
  void note_positions();
  void start_at(kafka::PartitionId partition, PartitionTask& task, std::int64_t position);
  void process(const kafka::FetchedSlice& slice);
  void process_sane(kafka::PartitionId partition, PartitionTask& task, const kafka::FetchedSlice& slice);
  void process_run(kafka::PartitionId partition, PartitionTask& task, const kafka::FetchedSlice& slice);
  template <class Windows, class Fired, class TakeIn>
  void feed(kafka::PartitionId partition, const kafka::FetchedSlice& slice, Windows& windows, Fired& fired,
            TakeIn&& take_in);
  void process_windowed(kafka::PartitionId partition, PartitionTask& task, const kafka::FetchedSlice& slice);
  void tell_late_windows(sim::EventId id, std::int64_t timestamp);
  void process_panes(kafka::PartitionId partition, const kafka::FetchedSlice& slice);
  void process_join(kafka::PartitionId partition, const kafka::FetchedSlice& slice);
  void process_stateless(const kafka::FetchedSlice& slice);
  void emit_watermark(bool force);
  void tell_backlogs();
  void align(std::int64_t true_ms);
  sim::Duration poll_timeout() const;
  void take_fired();
  void take_panes();
  void restore_panes(kafka::PartitionId partition, std::int64_t position);
  bool store_panes(kafka::PartitionId partition, PartitionTask& task, std::int64_t offset);
  bool store_all_panes();
  bool store_all_joins();
  std::uint64_t claims() const {
    return options_.join ? options_.join->committed->claims() : committed_.claims();
  }
  Claimant claimant() const { return {consumer_->generation(), joined_after_}; }
  kafka::PartitionId joined_with(kafka::PartitionId partition) const;
  void take_joined();
  void restore_join(kafka::PartitionId partition);
  std::int64_t offset_to_commit(kafka::PartitionId partition, const PartitionTask& task) const;
  template <class Visit>
  void for_each_joined(Visit&& visit);
  bool store_join(std::int32_t number, const JoinOffsets& offsets);
  void store_before_writing();
  std::vector<kafka::OffsetToCommit> join_commits();
  /// Of the input that the partition belongs to.
  event_time::PartitionWatermarks& watermarks_of(kafka::PartitionId partition) {
    const bool second =
        joins_ && joins_->side_of(cluster_.layout.partition(partition)) == JoinTasks::Side::right;
    return second ? joins_->right_watermarks() : *watermarks_;
  }
  sim::Task<> write_out();
  [[noreturn]] void give_up();
  static void on_supervisor(void* self, std::uint64_t incarnation);
  std::vector<kafka::OffsetToCommit> commits();
  sim::Task<bool> commit(bool synchronously);
  void pass_over();
  void note_committed();
  std::int64_t value_of(sim::EventId id) const { return world_.sources[id.source()]->value_of(id); }

  kafka::ClusterContext& cluster_;
  sim::Process& process_;
  ConsumerLoopOptions options_;
  JobWorld& world_;
  CommittedPanes& committed_;
  sink::WriterFactory make_writer_;
  sim::Stream cost_draws_;

  // In memory: gone with the process.
  std::unique_ptr<kafka::ConsumerActor> consumer_;
  std::unique_ptr<sink::Writer> writer_;
  std::unique_ptr<event_time::PartitionWatermarks> watermarks_;
  std::unique_ptr<event_time::WindowOperator> operator_;
  std::unique_ptr<event_time::window::PaneOperator> panes_;
  std::unique_ptr<JoinTasks> joins_;  ///< one of the three, or none
  std::map<kafka::PartitionId, PartitionTask> tasks_;
  kafka::ConsumerRecords records_;
  event_time::PaneBatch fired_;
  event_time::window::ResultPanes pane_results_;
  JoinTasks::Rows joined_;
  std::shared_ptr<sink::RowBatch> rows_;
  std::shared_ptr<const sink::RowBatch> writing_;
  /// Of a join, for the books: whoever can still make rows visible (a request on the wire, a topic that may
  /// lose them and show them again) owns their batch.
  std::vector<std::weak_ptr<const sink::RowBatch>> handed_over_;
  std::int64_t written_watermark_ms_ = event_time::kMinTimestamp;
  std::uint64_t joined_after_ = 0;  ///< claims to stored state, when this member began to join
  std::int64_t next_emit_ms_ = 0;
  std::int64_t next_align_ms_ = 0;
  event_time::strategy::Counters earlier_counters_;  ///< of the lives before this one: for the books
  bool busy_ = false;
  bool stopping_ = false;
  sim::Gate left_{"the poll loop"};
  bool input_ended_ = false;
  std::vector<sim::EventId> accepted_;  // scratch
  std::vector<sim::EventId> dropped_;
  std::vector<event_time::Window> windows_;
};

}  // namespace wrackline::processor
