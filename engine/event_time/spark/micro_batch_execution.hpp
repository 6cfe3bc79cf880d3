// The micro-batch loop as far as time goes: MicroBatchExecution.
//
// A batch runs when some source has new data (an addData without rows is new data too), or when
// noDataMicroBatches is on and a stateful operator's watermark has moved since the last batch of this run. It
// takes all data that is there. The watermark computed from a batch is written with its commit and takes
// effect in the next one. Trigger.Once runs one batch with data and none without; AvailableNow and the
// default trigger go on until nothing is left. A start of the query forgets the last execution and the nodes
// of the watermark tracker; state, the global watermark and the two watermarks of the logs stay. Not
// modelled: triggers on a clock, sources' read limits, what the logs hold beyond the two watermarks; of
// failures only the loss of the newest commit of a stateless query, whose last batch runs again.
#pragma once

#include <optional>
#include <vector>

#include "engine/event_time/spark/incremental_execution.hpp"

namespace wrackline::event_time::spark {

struct QueryConf {
  ExecutionConf execution;
  bool no_data_batches = true;  ///< spark.sql.streaming.noDataMicroBatches.enabled
  MultipleWatermarkPolicy policy = MultipleWatermarkPolicy::min;
};

struct EventTimeProgress {
  std::optional<EventTimeStats> stats;  ///< of the first watermark node with rows
  std::int64_t watermark_ms = 0;
};

struct BatchProgress {
  std::int64_t batch_id = 0;
  std::int64_t batch_timestamp_ms = 0;
  std::int64_t watermark_ms = 0;       ///< batchWatermarkMs of the offset log
  std::int64_t next_watermark_ms = 0;  ///< nextBatchWatermarkMs of the commit log
  std::size_t input_rows = 0;
  RowBatch rows{0};
  std::optional<EventTimeProgress> event_time;  ///< absent: the query has no watermark node
  std::vector<OperatorProgress> operators;
};

class MicroBatchExecution {
 public:
  /// `sources`: their schemas, by index. `statics`: every static side of the plan.
  MicroBatchExecution(PlanPtr plan, const std::vector<Schema>& sources, std::vector<StaticRelation*> statics,
                      const QueryConf& conf);

  /// A run of the query. Answers what the checker has against it, if anything.
  std::optional<QueryFailure> start();

  /// One addData: rows for source `source`, dealt over its input partitions by turns.
  void add(std::size_t source, const RowBatch& rows, std::uint32_t partitions);

  struct Outcome {
    std::optional<BatchProgress> batch;
    std::optional<QueryFailure> failure;
  };
  /// The next batch that is due now; neither: nothing is due.
  /// `clock_ms` becomes the time of the batch.
  Outcome next_batch(std::int64_t clock_ms = 0);
  bool failed() const { return failed_; }
  std::int64_t last_batch_id() const { return batch_id_; }

  /// The newest entry of the commit log is lost while the query is down. Only for queries without state and
  /// watermark.
  void lose_last_commit();
  bool keeps_state() const { return execution_ && execution_->stateful(); }
  bool has_watermark() const { return execution_ && !execution_->delays_ms().empty(); }

 private:
  struct Source {
    RowBatch pending;
    bool new_data = false;
    std::uint32_t next_partition = 0;
  };
  Outcome fail(QueryFailure failure);

  QueryConf conf_;
  std::optional<QueryFailure> refused_;
  std::optional<IncrementalExecution> execution_;  ///< absent: refused
  WatermarkTracker tracker_;
  std::vector<Source> sources_;
  std::vector<StaticRelation*> statics_;
  std::vector<RowBatch> last_input_;
  std::int64_t batch_id_ = -1;
  std::int64_t last_watermark_ms_ = 0;  ///< of the offset log's newest entry
  bool executed_in_this_run_ = false;
  bool run_last_again_ = false;
  bool failed_ = false;
};

}  // namespace wrackline::event_time::spark
