// One batch of a query: IncrementalExecution. The optimized plan as operators that keep state from batch to
// batch.
//
// Everything narrow is done row by row as it stands; the stateful operators get their two watermarks from the
// propagator. Several event-time columns in the input of a stateful operator, and session windows without
// another key, fail when the first batch is planned. The progress lists the stateful operators from the last
// one of the query down. Not modelled: shuffles (one row of a key is always in one place, and Spark defines
// no order inside a batch), but for the input partitions that partial aggregation sees.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/event_time/spark/query_failure.hpp"
#include "engine/event_time/spark/query_plan.hpp"
#include "engine/event_time/spark/session_window_aggregate.hpp"
#include "engine/event_time/spark/streaming_aggregate.hpp"
#include "engine/event_time/spark/streaming_deduplicate.hpp"
#include "engine/event_time/spark/symmetric_hash_join.hpp"
#include "engine/event_time/spark/watermark_propagator.hpp"
#include "engine/event_time/spark/watermark_tracker.hpp"

namespace wrackline::event_time::spark {

struct ExecutionConf {
  OutputMode mode = OutputMode::append;
  Version version = Version::v4_0;
  bool allow_multiple = true;  ///< spark.sql.streaming.statefulOperator.allowMultiple
  bool merge_sessions_in_partition =
      false;  ///< spark.sql.streaming.sessionWindow.merge.sessions.in.local.partition
};

struct OperatorProgress {
  std::string_view name;
  bool deduplicates = false;
  OperatorMetrics metrics;
};

class IncrementalExecution {
 public:
  /// `plan` is optimized.
  IncrementalExecution(const Plan& plan, const ExecutionConf& conf);

  /// Set: no batch of this plan can run.
  const std::optional<QueryFailure>& planning_failure() const { return failure_; }

  /// The propagator refuses the global watermark: a watermark is redefined.
  bool can_propagate(std::int64_t global_ms) const;

  struct Result {
    RowBatch rows;
    std::vector<EventTimeStats> event_times;  ///< per watermark node, outermost and leftmost first
    std::vector<OperatorProgress> operators;  ///< in the same order
    std::size_t input_rows = 0;
  };
  /// `previous_ms`, `current_ms`: the global watermarks that the offset log holds for the last batch and for
  /// this one.
  /// `batch_timestamp_ms`: the clock, for processing-time timeouts. Throws GroupStateError where a user's
  /// function does.
  Result run(std::span<const RowBatch> sources, std::int64_t previous_ms, std::int64_t current_ms,
             std::int64_t batch_timestamp_ms = 0);

  /// Some stateful operator asks for a batch without data because its watermark has moved on.
  bool should_run_another_batch(std::int64_t current_ms, std::int64_t next_ms) const;

  std::vector<std::int64_t> delays_ms() const;
  bool stateful() const;

 private:
  struct Scan {
    std::size_t source;
  };
  struct MarkEventTime {
    std::size_t column;
    std::int64_t delay_ms;
  };
  struct Filter {
    std::vector<Comparison> conditions;
  };
  struct Project {
    std::vector<std::pair<std::size_t, ProjectPlan::Part>> items;
  };
  struct AssignWindows {
    WindowPlan spec;
    std::size_t on;
  };
  struct AssignSession {
    std::size_t on;
    std::optional<std::size_t> gap_column;
    std::int64_t gap_ms;
  };
  struct TimeOfWindow {
    std::size_t window;
  };
  struct Concatenate {};
  struct StaticJoin {
    StaticJoinPlan plan;
    std::size_t stream_column;
    std::size_t static_column;
  };
  using Operator =
      std::variant<Scan, MarkEventTime, Filter, Project, AssignWindows, AssignSession, TimeOfWindow,
                   Concatenate, StaticJoin, StreamingAggregate, SessionWindowAggregate, StreamingDeduplicate,
                   SymmetricHashJoin, FlatMapGroupsWithState>;
  struct Node {
    Operator op;
    std::vector<std::size_t> inputs;
    std::size_t width;
    std::string_view name{};  ///< of a stateful operator in the progress
  };
  struct Batch;

  std::size_t add(const Plan& plan);
  Operator make(const Plan& plan, std::string_view& name);
  Operator make_aggregate(const AggregatePlan& aggregate, const Schema& in, std::string_view& name);
  Operator make_deduplicate(const DeduplicatePlan& dedup, const Schema& in, std::string_view& name);
  Operator make_join(const Plan& plan, std::string_view& name);
  std::optional<std::size_t> event_time_of(const Schema& schema, bool insist = false);
  void fail(QueryFailure failure);
  RowBatch evaluate(std::size_t at, Batch& batch);
  /// Nodes from the top of the plan down, left before right.
  void visit(std::size_t at, std::vector<std::size_t>& order) const;

  ExecutionConf conf_;
  std::optional<QueryFailure> failure_;
  std::vector<Node> nodes_;  ///< children before parents
  std::vector<std::size_t> order_;
  std::optional<WatermarkPropagator> propagator_;
};

}  // namespace wrackline::event_time::spark
