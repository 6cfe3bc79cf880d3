#include "engine/event_time/spark/query_plan.hpp"

#include <cassert>

namespace wrackline::event_time::spark {

namespace {

Column derived(const Column& from, std::string name, Value::Kind type) {
  return {std::move(name), type, from.watermark_delay_ms, false};
}

struct OutputSchema {
  const std::vector<PlanPtr>& inputs;
  const Schema& in() const { return inputs.front()->schema; }
  const Column& column(std::string_view name) const { return in()[column_of(in(), name)]; }
  Schema with(Column added) const {
    Schema out = in();
    out.push_back(std::move(added));
    return out;
  }

  Schema operator()(const SourcePlan&) const { return {}; }
  Schema operator()(const FilterPlan&) const { return in(); }
  Schema operator()(const UnionPlan&) const { return in(); }
  Schema operator()(const DeduplicatePlan&) const { return in(); }
  Schema operator()(const WatermarkPlan& plan) const {
    Schema out = in();
    for (Column& c : out) {
      // A new mark takes the place of older ones on the branch (EventTimeWatermark.updateEventTimeColumn).
      if (c.name == plan.column)
        c.watermark_delay_ms = plan.delay_ms;
      else
        c.watermark_delay_ms.reset();
    }
    return out;
  }
  Schema operator()(const ProjectPlan& plan) const {
    Schema out;
    for (const ProjectPlan::Item& item : plan.items) {
      Column made = column(item.from);
      if (item.part != ProjectPlan::Part::whole) made = {item.name, Value::Kind::timestamp};
      made.name = item.name;
      out.push_back(std::move(made));
    }
    return out;
  }
  Schema operator()(const WindowPlan& plan) const {
    return with(derived(column(plan.on), plan.as, Value::Kind::window));
  }
  Schema operator()(const SessionPlan& plan) const {
    Column made = derived(column(plan.on), plan.as, Value::Kind::window);
    made.session_window = true;
    return with(std::move(made));
  }
  Schema operator()(const WindowTimePlan& plan) const {
    return with(derived(column(plan.window), plan.as, Value::Kind::timestamp));
  }
  Schema operator()(const AggregatePlan& plan) const {
    Schema out;
    for (const std::string& key : plan.keys) out.push_back(column(key));
    for (const AggregatePlan::Item& item : plan.items) {
      const bool number =
          item.kind == AggregateFunction::Kind::count || item.kind == AggregateFunction::Kind::sum;
      out.push_back({item.name, number ? Value::Kind::bigint : column(item.column).type});
    }
    return out;
  }
  Schema operator()(const JoinPlan& plan) const {
    Schema out = in();
    if (plan.type == JoinType::left_semi || plan.type == JoinType::left_anti) return out;
    for (const Column& c : inputs[1]->schema) out.push_back(c);
    return out;
  }
  Schema operator()(const GroupStatePlan& plan) const { return plan.schema; }
  Schema operator()(const StaticJoinPlan& plan) const {
    Schema out = in();
    if (plan.type == JoinType::left_semi || plan.type == JoinType::left_anti) return out;
    for (const Column& c : plan.schema) out.push_back(c);
    return out;
  }
};

}  // namespace

std::size_t column_of(const Schema& schema, std::string_view name) {
  const auto found = find_column(schema, name);
  assert(found && "a column that the input does not have");
  return *found;
}

PlanPtr source(std::size_t index, Schema schema) {
  return std::make_unique<Plan>(Plan{SourcePlan{index}, {}, std::move(schema)});
}

PlanPtr make_plan(decltype(Plan::op) op, std::vector<PlanPtr> inputs) {
  assert(!inputs.empty());
  auto plan = std::make_unique<Plan>(Plan{std::move(op), std::move(inputs), {}});
  plan->schema = std::visit(OutputSchema{plan->inputs}, plan->op);
  return plan;
}

PlanPtr make_plan(decltype(Plan::op) op, PlanPtr input) {
  std::vector<PlanPtr> inputs;
  inputs.push_back(std::move(input));
  return make_plan(std::move(op), std::move(inputs));
}

}  // namespace wrackline::event_time::spark
