#include "engine/event_time/spark/unsupported_operation_checker.hpp"

#include <algorithm>

namespace wrackline::event_time::spark {

namespace {

bool marked(const Schema& schema, std::string_view column) {
  const auto at = find_column(schema, column);
  return at && schema[*at].watermark_delay_ms.has_value();
}

bool any_marked(const Schema& schema) {
  return std::ranges::any_of(schema, [](const Column& c) { return c.watermark_delay_ms.has_value(); });
}

/// The outermost aggregation: the first one from the top.
const Plan* first_aggregate(const Plan& plan) {
  if (std::holds_alternative<AggregatePlan>(plan.op)) return &plan;
  for (const PlanPtr& input : plan.inputs)
    if (const Plan* const found = first_aggregate(*input)) return found;
  return nullptr;
}

bool has_event_time_timeouts(const Plan& plan) {
  const auto* const groups = std::get_if<GroupStatePlan>(&plan.op);
  if (groups != nullptr && groups->timeout == GroupStateTimeout::event_time) return true;
  return std::ranges::any_of(plan.inputs,
                             [](const PlanPtr& input) { return has_event_time_timeouts(*input); });
}

bool stateful(const Plan& plan) {
  if (std::holds_alternative<AggregatePlan>(plan.op) || std::holds_alternative<JoinPlan>(plan.op))
    return true;
  const auto* const dedup = std::get_if<DeduplicatePlan>(&plan.op);
  if (dedup == nullptr) return false;
  // dropDuplicates counts here only with event time among its columns.
  if (dedup->within_watermark) return true;
  if (dedup->columns.empty()) return any_marked(plan.schema);
  return std::ranges::any_of(dedup->columns, [&](const std::string& c) { return marked(plan.schema, c); });
}

class Checker {
 public:
  Checker(OutputMode mode, Version version) : mode_{mode}, version_{version} {}

  std::optional<QueryFailure> check(const Plan& plan) {
    top_ = &plan;
    if (auto failure = check_output_mode(plan)) return failure;
    if (auto failure = check_operators(plan)) return failure;
    return check_chains(plan);
  }

 private:
  std::optional<QueryFailure> check_output_mode(const Plan& plan) const {
    const Plan* const aggregate = first_aggregate(plan);
    if (mode_ == OutputMode::complete && aggregate == nullptr)
      return refused_output_mode(version_, "complete output needs a streaming aggregation");
    if (aggregate == nullptr) return std::nullopt;
    const auto& keys = std::get<AggregatePlan>(aggregate->op).keys;
    const Schema& in = aggregate->inputs.front()->schema;
    if (mode_ == OutputMode::append &&
        std::ranges::none_of(keys, [&](const std::string& key) { return marked(in, key); }))
      return refused_output_mode(version_,
                                 "append output of an aggregation needs a watermark on a grouping column");
    if (mode_ == OutputMode::update && std::ranges::any_of(keys, [&](const std::string& key) {
          return in[column_of(in, key)].session_window;
        }))
      return refused_output_mode(version_, "update output does not go with session windows");
    return std::nullopt;
  }

  std::optional<QueryFailure> check_operators(const Plan& plan) const {
    for (const PlanPtr& input : plan.inputs)
      if (auto failure = check_operators(*input)) return failure;
    if (const auto* const join = std::get_if<JoinPlan>(&plan.op)) return check_join(plan, *join);
    if (const auto* const join = std::get_if<StaticJoinPlan>(&plan.op)) {
      if (join->type == JoinType::full_outer || join->type == JoinType::right_outer)
        return refused(version_, "an outer join may not preserve a static right side");
    }
    if (const auto* const groups = std::get_if<GroupStatePlan>(&plan.op)) return check_groups(plan, *groups);
    if (const auto* const dedup = std::get_if<DeduplicatePlan>(&plan.op))
      if (dedup->within_watermark && !any_marked(plan.schema))
        return refused(version_, "dropDuplicatesWithinWatermark needs a watermark");
    return std::nullopt;
  }

  std::optional<QueryFailure> check_join(const Plan& plan, const JoinPlan& join) const {
    if (mode_ != OutputMode::append) return refused(version_, "stream-stream joins run in append mode only");
    if (join.type == JoinType::inner) return std::nullopt;
    if (join.type == JoinType::left_anti)
      return refused(version_, "an anti join may not have a stream on the right");
    const JoinTimes times = join_times(plan, join.literal_bounds);
    const bool left = state_value_watermark_ms(times, JoinSide::left, 1'000'000).has_value();
    const bool right = state_value_watermark_ms(times, JoinSide::right, 1'000'000).has_value();
    bool bounded = left;
    if (join.type == JoinType::right_outer) bounded = right;
    if (join.type == JoinType::full_outer) bounded = left || right;
    if (times.watermark_in_keys || bounded) return std::nullopt;
    return refused(version_,
                   "this join needs event time among its keys, or a time range against a watermark");
  }

  std::optional<QueryFailure> check_groups(const Plan& plan, const GroupStatePlan& groups) const {
    const bool aggregates = first_aggregate(*top_) != nullptr;
    if (groups.map && mode_ != OutputMode::update)
      return refused(version_, "mapGroupsWithState runs in update mode only");
    if (!groups.map && !aggregates && groups.mode != mode_)
      return refused(version_, "flatMapGroupsWithState has another output mode than the query");
    if (!groups.map && aggregates && groups.mode == OutputMode::update)
      return refused(version_, "flatMapGroupsWithState in update mode does not go with an aggregation");
    if (groups.timeout == GroupStateTimeout::event_time && !any_marked(plan.inputs.front()->schema))
      return refused(version_, "event-time timeouts need a watermark");
    return std::nullopt;
  }

  std::optional<QueryFailure> check_chains(const Plan& plan) const {
    if (stateful(plan)) {
      for (const PlanPtr& input : plan.inputs) {
        if (mode_ != OutputMode::append && first_aggregate(*input) != nullptr)
          return refused(version_,
                         "an aggregation outside append mode may not feed another stateful operator");
        if (has_event_time_timeouts(*input))
          return refused(version_, "event-time timeouts may not feed another stateful operator");
      }
    }
    for (const PlanPtr& input : plan.inputs)
      if (auto failure = check_chains(*input)) return failure;
    return std::nullopt;
  }

  const Plan* top_ = nullptr;
  OutputMode mode_;
  Version version_;
};

}  // namespace

std::optional<QueryFailure> check_for_streaming(const Plan& plan, OutputMode mode, Version version) {
  return Checker{mode, version}.check(plan);
}

JoinTimes join_times(const Plan& plan, bool with_bounds) {
  const auto& join = std::get<JoinPlan>(plan.op);
  const Schema& left = plan.inputs[0]->schema;
  const Schema& right = plan.inputs[1]->schema;
  JoinTimes times;
  for (const auto& [l, r] : join.equal)
    if (marked(left, l) || marked(right, r)) times.watermark_in_keys = true;
  times.left_has_watermark = any_marked(left);
  times.right_has_watermark = any_marked(right);
  times.left_time_marked = marked(left, join.left_time);
  times.right_time_marked = marked(right, join.right_time);
  for (const Condition& c : join.extra) {
    const auto* const number = std::get_if<Value>(&c.right);
    if (number == nullptr || number->kind != Value::Kind::bigint) continue;
    if (c.op != CompareOp::gt && c.op != CompareOp::ge) continue;
    // Plain numbers are taken for seconds.
    const std::int64_t bound_ms = number->a * 1000 - (c.op == CompareOp::ge ? 1 : 0);
    auto& least = find_column(left, c.left) ? times.left_number_ms : times.right_number_ms;
    least = least ? std::min(*least, bound_ms) : bound_ms;
  }
  if (with_bounds) {
    times.lower = join.lower;
    times.upper = join.upper;
  }
  return times;
}

}  // namespace wrackline::event_time::spark
