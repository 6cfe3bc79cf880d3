#include "engine/event_time/spark/micro_batch_execution.hpp"

#include <algorithm>
#include <cassert>

#include "engine/event_time/spark/optimizer.hpp"
#include "engine/event_time/spark/unsupported_operation_checker.hpp"

namespace wrackline::event_time::spark {

MicroBatchExecution::MicroBatchExecution(PlanPtr plan, const std::vector<Schema>& sources,
                                         std::vector<StaticRelation*> statics, const QueryConf& conf)
    : conf_{conf}, tracker_{conf.policy, {}}, statics_{std::move(statics)} {
  for (const Schema& schema : sources) {
    sources_.push_back({RowBatch{schema.size()}});
    last_input_.emplace_back(schema.size());
  }
  refused_ = check_for_streaming(*plan, conf.execution.mode, conf.execution.version);
  if (refused_) return;
  execution_.emplace(*optimize(std::move(plan)), conf.execution);
  tracker_ = WatermarkTracker{conf.policy, execution_->delays_ms()};
}

std::optional<QueryFailure> MicroBatchExecution::start() {
  if (refused_) {
    failed_ = true;
    return refused_;
  }
  failed_ = false;
  executed_in_this_run_ = false;
  tracker_.restart();
  for (StaticRelation* const relation : statics_) relation->plan();
  return std::nullopt;
}

void MicroBatchExecution::add(std::size_t source, const RowBatch& rows, std::uint32_t partitions) {
  Source& to = sources_[source];
  for (std::size_t i = 0; i < rows.size(); ++i)
    to.pending.append(rows.row(i), to.next_partition + static_cast<std::uint32_t>(i) % partitions);
  to.next_partition += partitions;
  to.new_data = true;
}

void MicroBatchExecution::lose_last_commit() {
  assert(batch_id_ >= 0 && !keeps_state() && !has_watermark());
  run_last_again_ = true;
}

MicroBatchExecution::Outcome MicroBatchExecution::fail(QueryFailure failure) {
  failed_ = true;
  return {std::nullopt, std::move(failure)};
}

MicroBatchExecution::Outcome MicroBatchExecution::next_batch(std::int64_t clock_ms) {
  if (failed_ || !execution_) return {};
  const auto redefined = [&] {
    return fail(
        died(conf_.execution.version, "_LEGACY_ERROR_TEMP_3076", "a watermark is redefined on its branch"));
  };
  const std::int64_t watermark_ms = tracker_.current_ms();
  const bool again = run_last_again_;
  const bool new_data = std::ranges::any_of(sources_, [](const Source& s) { return s.new_data; });
  bool due = again || new_data;
  if (conf_.no_data_batches && executed_in_this_run_) {
    if (!execution_->can_propagate(watermark_ms)) return redefined();
    due = due || execution_->should_run_another_batch(last_watermark_ms_, watermark_ms);
  }
  if (!due) return {};
  if (execution_->planning_failure()) return fail(*execution_->planning_failure());
  if (!execution_->can_propagate(watermark_ms)) return redefined();
  if (std::ranges::any_of(statics_, [](const StaticRelation* r) { return r->lost(); })) {
    QueryFailure gone{
        "StreamingQueryException", "ExecutionException", {}, "a file of the static side does not exist"};
    if (conf_.execution.version == Version::v3_5) gone.condition = "_LEGACY_ERROR_TEMP_2055";
    return fail(std::move(gone));
  }

  if (again) {
    run_last_again_ = false;
  } else {
    ++batch_id_;
    for (std::size_t s = 0; s < sources_.size(); ++s) {
      last_input_[s].clear();
      std::swap(last_input_[s], sources_[s].pending);
      sources_[s].new_data = false;
      sources_[s].next_partition = 0;
    }
  }
  std::optional<IncrementalExecution::Result> ran;
  try {
    ran = execution_->run(last_input_, last_watermark_ms_, watermark_ms, clock_ms);
  } catch (const GroupStateError& thrown) {
    QueryFailure failure{"StreamingQueryException", "IllegalArgumentException", {}, thrown.message};
    if (conf_.execution.version == Version::v4_0) {
      failure.cause = "FlatMapGroupsWithStateUserFuncException";
      failure.condition = "FLATMAPGROUPSWITHSTATE_USER_FUNCTION_ERROR";
    }
    return fail(std::move(failure));
  }
  IncrementalExecution::Result& result = *ran;
  executed_in_this_run_ = true;
  last_watermark_ms_ = watermark_ms;
  tracker_.update(result.event_times);

  BatchProgress progress;
  progress.batch_id = batch_id_;
  progress.batch_timestamp_ms = clock_ms;
  progress.watermark_ms = watermark_ms;
  progress.next_watermark_ms = tracker_.current_ms();
  progress.input_rows = result.input_rows;
  progress.rows = std::move(result.rows);
  if (has_watermark()) {
    progress.event_time = EventTimeProgress{{}, watermark_ms};
    const auto first =
        std::ranges::find_if(result.event_times, [](const EventTimeStats& s) { return s.count > 0; });
    if (first != result.event_times.end()) progress.event_time->stats = *first;
  }
  progress.operators = std::move(result.operators);
  return {std::move(progress), std::nullopt};
}

}  // namespace wrackline::event_time::spark
