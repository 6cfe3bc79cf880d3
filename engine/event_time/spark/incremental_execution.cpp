#include "engine/event_time/spark/incremental_execution.hpp"

#include <algorithm>
#include <cassert>

#include "engine/event_time/spark/incremental_execution_batch.hpp"
#include "engine/event_time/spark/unsupported_operation_checker.hpp"

namespace wrackline::event_time::spark {

namespace {

Comparison resolve(const Condition& condition, const Schema& schema) {
  Comparison made;
  made.left = column_of(schema, condition.left);
  made.op = condition.op;
  made.right_plus = condition.right_plus;
  if (const auto* const name = std::get_if<std::string>(&condition.right))
    made.right = column_of(schema, *name);
  if (const auto* const value = std::get_if<Value>(&condition.right)) made.literal = *value;
  return made;
}

std::vector<Comparison> resolve_all(const std::vector<Condition>& conditions, const Schema& schema) {
  std::vector<Comparison> made;
  for (const Condition& condition : conditions) made.push_back(resolve(condition, schema));
  return made;
}

std::vector<std::size_t> columns_of(const Schema& schema, const std::vector<std::string>& names) {
  std::vector<std::size_t> columns;
  for (const std::string& name : names) columns.push_back(column_of(schema, name));
  return columns;
}

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

}  // namespace

IncrementalExecution::IncrementalExecution(const Plan& plan, const ExecutionConf& conf) : conf_{conf} {
  const std::size_t top = add(plan);
  visit(top, order_);
  std::vector<PropagationNode> propagation;
  for (const Node& node : nodes_) {
    PropagationNode made{PropagationNode::Kind::stateless, node.inputs};
    if (node.inputs.empty()) made.kind = PropagationNode::Kind::source;
    if (std::holds_alternative<MarkEventTime>(node.op)) made.kind = PropagationNode::Kind::watermark;
    if (!node.name.empty()) made.kind = PropagationNode::Kind::stateful;
    if (const auto* const join = std::get_if<SymmetricHashJoin>(&node.op)) made.join = join->times();
    made.hides_watermark = std::holds_alternative<FlatMapGroupsWithState>(node.op);
    propagation.push_back(std::move(made));
  }
  propagator_.emplace(std::move(propagation), conf.allow_multiple);
}

void IncrementalExecution::visit(std::size_t at, std::vector<std::size_t>& order) const {
  order.push_back(at);
  for (const std::size_t input : nodes_[at].inputs) visit(input, order);
}

void IncrementalExecution::fail(QueryFailure failure) {
  if (!failure_) failure_ = std::move(failure);
}

std::optional<std::size_t> IncrementalExecution::event_time_of(const Schema& schema, bool insist) {
  const EventTimeColumn found = find_event_time_column(schema);
  if (found.ambiguous && (conf_.allow_multiple || insist))
    fail(died(conf_.version, "_LEGACY_ERROR_TEMP_3077",
              "more than one event-time column in the input of a stateful operator"));
  return found.index;
}

std::size_t IncrementalExecution::add(const Plan& plan) {
  std::vector<std::size_t> inputs;
  for (const PlanPtr& input : plan.inputs) inputs.push_back(add(*input));
  std::string_view name;
  Operator op = make(plan, name);
  nodes_.push_back({std::move(op), std::move(inputs), plan.schema.size(), name});
  return nodes_.size() - 1;
}

IncrementalExecution::Operator IncrementalExecution::make(const Plan& plan, std::string_view& name) {
  static const Schema kNothing;
  const Schema& in = plan.inputs.empty() ? kNothing : plan.inputs.front()->schema;
  return std::visit(
      Overloaded{
          [&](const SourcePlan& op) -> Operator { return Scan{op.source}; },
          [&](const WatermarkPlan& op) -> Operator {
            return MarkEventTime{column_of(in, op.column), op.delay_ms};
          },
          [&](const FilterPlan& op) -> Operator { return Filter{resolve_all(op.conditions, in)}; },
          [&](const ProjectPlan& op) -> Operator {
            Project made;
            for (const ProjectPlan::Item& item : op.items)
              made.items.emplace_back(column_of(in, item.from), item.part);
            return made;
          },
          [&](const WindowPlan& op) -> Operator { return AssignWindows{op, column_of(in, op.on)}; },
          [&](const SessionPlan& op) -> Operator {
            AssignSession made{column_of(in, op.on), {}, 0};
            if (const auto* const column = std::get_if<std::string>(&op.gap_ms))
              made.gap_column = column_of(in, *column);
            if (const auto* const gap = std::get_if<std::int64_t>(&op.gap_ms)) made.gap_ms = *gap;
            return made;
          },
          [&](const WindowTimePlan& op) -> Operator { return TimeOfWindow{column_of(in, op.window)}; },
          [&](const UnionPlan&) -> Operator { return Concatenate{}; },
          [&](const AggregatePlan& op) -> Operator { return make_aggregate(op, in, name); },
          [&](const DeduplicatePlan& op) -> Operator { return make_deduplicate(op, in, name); },
          [&](const JoinPlan&) -> Operator { return make_join(plan, name); },
          [&](const GroupStatePlan& op) -> Operator {
            name = "flatMapGroupsWithState";
            std::optional<std::size_t> event_time;
            if (op.timeout == GroupStateTimeout::event_time) event_time = event_time_of(in);
            return FlatMapGroupsWithState{
                {column_of(in, op.key), event_time, op.timeout, op.state_width, op.function}};
          },
          [&](const StaticJoinPlan& op) -> Operator {
            return StaticJoin{op, column_of(in, op.stream_column), column_of(op.schema, op.static_column)};
          },
      },
      plan.op);
}

IncrementalExecution::Operator IncrementalExecution::make_aggregate(const AggregatePlan& aggregate,
                                                                    const Schema& in,
                                                                    std::string_view& name) {
  std::vector<AggregateFunction> functions;
  for (const AggregatePlan::Item& item : aggregate.items)
    functions.push_back({item.kind, item.column.empty() ? 0 : column_of(in, item.column)});
  const std::vector<std::size_t> keys = columns_of(in, aggregate.keys);
  Schema grouping;
  for (const std::size_t key : keys) grouping.push_back(in[key]);

  const auto session = std::ranges::find_if(grouping, [](const Column& c) { return c.session_window; });
  if (session != grouping.end()) {
    if (grouping.size() == 1)
      fail(died(conf_.version, "_LEGACY_ERROR_TEMP_3068", "session windows need another grouping key"));
    name = conf_.version == Version::v3_5 ? "defaultName" : "sessionWindowStateStoreSaveExec";
    SessionWindowAggregate::Layout layout{keys, static_cast<std::size_t>(session - grouping.begin()),
                                          std::move(functions), event_time_of(grouping).has_value(),
                                          conf_.merge_sessions_in_partition};
    return SessionWindowAggregate{std::move(layout), conf_.mode};
  }
  name = "stateStoreSave";
  // Complete mode never looks for the event-time column.
  std::optional<std::size_t> event_time;
  if (conf_.mode != OutputMode::complete) event_time = event_time_of(grouping);
  return StreamingAggregate{keys, std::move(functions), event_time, conf_.mode};
}

IncrementalExecution::Operator IncrementalExecution::make_deduplicate(const DeduplicatePlan& dedup,
                                                                      const Schema& in,
                                                                      std::string_view& name) {
  std::vector<std::size_t> keys = columns_of(in, dedup.columns);
  if (keys.empty())
    for (std::size_t i = 0; i < in.size(); ++i) keys.push_back(i);
  const auto event_time = event_time_of(in, dedup.within_watermark);
  if (dedup.within_watermark) {
    name = "dedupeWithinWatermark";
    return StreamingDeduplicate::within_watermark(std::move(keys), *event_time,
                                                  *in[*event_time].watermark_delay_ms);
  }
  name = "dedupe";
  std::optional<std::size_t> event_time_key;
  for (std::size_t k = 0; k < keys.size(); ++k)
    if (event_time == keys[k]) event_time_key = k;
  return StreamingDeduplicate{std::move(keys), event_time, event_time_key};
}

IncrementalExecution::Operator IncrementalExecution::make_join(const Plan& plan, std::string_view& name) {
  name = "symmetricHashJoin";
  const auto& join = std::get<JoinPlan>(plan.op);
  const Schema& left = plan.inputs[0]->schema;
  const Schema& right = plan.inputs[1]->schema;
  SymmetricHashJoin::Layout layout;
  layout.type = join.type;
  layout.left = {left.size(), {}, event_time_of(left)};
  layout.right = {right.size(), {}, event_time_of(right)};
  std::optional<std::size_t> marked_right;
  for (const auto& [l, r] : join.equal) {
    const std::size_t ordinal = layout.left.keys.size();
    layout.left.keys.push_back(column_of(left, l));
    layout.right.keys.push_back(column_of(right, r));
    if (!layout.event_time_key && left[layout.left.keys.back()].watermark_delay_ms)
      layout.event_time_key = ordinal;
    if (!marked_right && right[layout.right.keys.back()].watermark_delay_ms) marked_right = ordinal;
  }
  if (!layout.event_time_key) layout.event_time_key = marked_right;
  layout.times = join_times(plan, true);

  Schema both = left;
  both.insert(both.end(), right.begin(), right.end());
  const auto all_in = [](const Condition& c, const Schema& schema) {
    const auto* const other = std::get_if<std::string>(&c.right);
    return find_column(schema, c.left) && (other == nullptr || find_column(schema, *other));
  };
  for (const Condition& condition : join.extra) {
    if (all_in(condition, left))
      layout.left.own_conditions.push_back(resolve(condition, left));
    else if (all_in(condition, right))
      layout.right.own_conditions.push_back(resolve(condition, right));
    else
      layout.both_conditions.push_back(resolve(condition, both));
  }
  const auto bound = [&](const std::optional<TimeBound>& at, CompareOp inclusive, CompareOp strict) {
    if (!at) return;
    const Condition range{join.left_time, at->inclusive ? inclusive : strict, join.right_time,
                          at->offset_ms * 1000};
    layout.both_conditions.push_back(resolve(range, both));
  };
  bound(join.lower, CompareOp::ge, CompareOp::gt);
  bound(join.upper, CompareOp::le, CompareOp::lt);
  return SymmetricHashJoin{std::move(layout)};
}

bool IncrementalExecution::stateful() const {
  return std::ranges::any_of(nodes_, [](const Node& node) { return !node.name.empty(); });
}

std::vector<std::int64_t> IncrementalExecution::delays_ms() const {
  std::vector<std::int64_t> delays;
  for (const std::size_t at : order_)
    if (const auto* const mark = std::get_if<MarkEventTime>(&nodes_[at].op)) delays.push_back(mark->delay_ms);
  return delays;
}

bool IncrementalExecution::can_propagate(std::int64_t global_ms) const {
  return propagator_->input_watermarks_ms(global_ms).has_value();
}

bool IncrementalExecution::should_run_another_batch(std::int64_t current_ms, std::int64_t next_ms) const {
  const auto before = propagator_->input_watermarks_ms(current_ms);
  const auto after = propagator_->input_watermarks_ms(next_ms);
  assert(before && after);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    if (node.name.empty()) continue;
    if (const auto* const groups = std::get_if<FlatMapGroupsWithState>(&node.op)) {
      if (groups->timeout() == GroupStateTimeout::processing_time) return true;
      if (groups->timeout() == GroupStateTimeout::none) continue;
    }
    if ((*after)[i] <= (*before)[i]) continue;
    const bool aggregates = std::holds_alternative<StreamingAggregate>(node.op) ||
                            std::holds_alternative<SessionWindowAggregate>(node.op);
    if (aggregates && conf_.mode == OutputMode::complete) continue;
    if (const auto* const join = std::get_if<SymmetricHashJoin>(&node.op)) {
      // Only if some state could go by it at all.
      if (!state_watermark(join->times(), JoinSide::left, (*before)[i]) &&
          !state_watermark(join->times(), JoinSide::right, (*before)[i]))
        continue;
    }
    return true;
  }
  return false;
}

IncrementalExecution::Result IncrementalExecution::run(std::span<const RowBatch> sources,
                                                       std::int64_t previous_ms, std::int64_t current_ms,
                                                       std::int64_t batch_timestamp_ms) {
  assert(!failure_);
  Batch batch{sources, {}, {}, {}, 0};
  const auto late = propagator_->input_watermarks_ms(conf_.allow_multiple ? previous_ms : current_ms);
  const auto eviction = propagator_->input_watermarks_ms(current_ms);
  assert(late && eviction);
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    batch.watermarks.push_back({(*late)[i], (*eviction)[i], batch_timestamp_ms});
  batch.stats.resize(nodes_.size());
  batch.metrics.resize(nodes_.size());

  Result result{evaluate(order_.front(), batch), {}, {}, batch.input_rows};
  for (const std::size_t at : order_) {
    const Node& node = nodes_[at];
    if (std::holds_alternative<MarkEventTime>(node.op)) result.event_times.push_back(batch.stats[at]);
    if (!node.name.empty())
      result.operators.push_back(
          {node.name, std::holds_alternative<StreamingDeduplicate>(node.op), batch.metrics[at]});
  }
  result.input_rows = batch.input_rows;
  return result;
}

}  // namespace wrackline::event_time::spark
