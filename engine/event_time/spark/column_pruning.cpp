#include "engine/event_time/spark/column_pruning.hpp"

#include <set>

namespace wrackline::event_time::spark {

namespace {

using Names = std::set<std::string, std::less<>>;

void add_columns(Names& to, const std::vector<Condition>& conditions) {
  for (const Condition& c : conditions) {
    to.insert(c.left);
    if (const auto* const right = std::get_if<std::string>(&c.right)) to.insert(*right);
  }
}

/// The columns of its inputs that `plan` needs so that those of `required` come out.
struct Needed {
  const Plan& plan;
  Names required;

  Names operator()(const SourcePlan&) { return required; }
  Names operator()(const UnionPlan&) { return required; }
  Names operator()(const WatermarkPlan& op) {
    required.insert(op.column);
    return required;
  }
  Names operator()(const FilterPlan& op) {
    add_columns(required, op.conditions);
    return required;
  }
  Names operator()(const ProjectPlan& op) {
    Names from;
    for (const ProjectPlan::Item& item : op.items)
      if (required.contains(item.name)) from.insert(item.from);
    return from;
  }
  Names operator()(const WindowPlan& op) {
    required.insert(op.on);
    return required;
  }
  Names operator()(const SessionPlan& op) {
    required.insert(op.on);
    if (const auto* const gap = std::get_if<std::string>(&op.gap_ms)) required.insert(*gap);
    return required;
  }
  Names operator()(const WindowTimePlan& op) {
    required.insert(op.window);
    return required;
  }
  Names operator()(const AggregatePlan& op) {
    Names from{op.keys.begin(), op.keys.end()};
    for (const AggregatePlan::Item& item : op.items)
      if (!item.column.empty()) from.insert(item.column);
    return from;
  }
  Names operator()(const DeduplicatePlan& op) {
    required.insert(op.columns.begin(), op.columns.end());
    for (const Column& c : plan.schema)
      if (op.columns.empty() || (op.within_watermark && c.watermark_delay_ms)) required.insert(c.name);
    return required;
  }
  Names operator()(const JoinPlan& op) {
    add_columns(required, op.extra);
    for (const auto& [left, right] : op.equal) required.insert({left, right});
    if (op.lower || op.upper) required.insert({op.left_time, op.right_time});
    return required;
  }
  Names operator()(const GroupStatePlan&) {
    // The function gets whole rows.
    Names from;
    for (const Column& c : plan.inputs.front()->schema) from.insert(c.name);
    return from;
  }
  Names operator()(const StaticJoinPlan& op) {
    required.insert(op.stream_column);
    return required;
  }
};

PlanPtr only(PlanPtr plan, const Names& names) {
  ProjectPlan kept;
  for (const Column& c : plan->schema)
    if (names.contains(c.name)) kept.items.push_back({c.name, ProjectPlan::Part::whole, c.name});
  if (kept.items.size() == plan->schema.size() || kept.items.empty()) return plan;
  return make_plan(std::move(kept), std::move(plan));
}

PlanPtr prune(PlanPtr plan, const Names& required) {
  if (plan->inputs.empty()) return plan;
  const Names needed = std::visit(Needed{*plan, required}, plan->op);
  const bool sensitive =
      std::holds_alternative<DeduplicatePlan>(plan->op) || std::holds_alternative<JoinPlan>(plan->op);
  if (std::holds_alternative<UnionPlan>(plan->op)) {
    // Columns of a union go by place; those below keep theirs.
    for (PlanPtr& input : plan->inputs) {
      Names all;
      for (const Column& c : input->schema) all.insert(c.name);
      input = prune(std::move(input), all);
    }
    return plan;
  }
  if (auto* const project = std::get_if<ProjectPlan>(&plan->op))
    std::erase_if(project->items,
                  [&](const ProjectPlan::Item& item) { return !required.contains(item.name); });
  // All columns of dropDuplicates() are those that were there when it was written.
  if (auto* const dedup = std::get_if<DeduplicatePlan>(&plan->op); dedup != nullptr && dedup->columns.empty())
    for (const Column& c : plan->schema) dedup->columns.push_back(c.name);
  for (PlanPtr& input : plan->inputs) {
    input = prune(std::move(input), needed);
    if (sensitive) input = only(std::move(input), needed);
  }
  return make_plan(std::move(plan->op), std::move(plan->inputs));
}

}  // namespace

PlanPtr prune_columns(PlanPtr plan) {
  Names all;
  for (const Column& c : plan->schema) all.insert(c.name);
  return prune(std::move(plan), all);
}

}  // namespace wrackline::event_time::spark
