#include "engine/event_time/spark/optimizer.hpp"

#include <algorithm>
#include <functional>

#include "engine/event_time/spark/column_pruning.hpp"

namespace wrackline::event_time::spark {

namespace {

using Conditions = std::vector<Condition>;

const std::string* right_column(const Condition& c) { return std::get_if<std::string>(&c.right); }

bool refers_only_to(const Condition& c, const std::function<bool(const std::string&)>& allowed) {
  return allowed(c.left) && (right_column(c) == nullptr || allowed(*right_column(c)));
}
bool in_schema(const Condition& c, const Schema& schema) {
  return refers_only_to(c, [&](const std::string& name) { return find_column(schema, name).has_value(); });
}

/// Splits off the conditions that `goes` accepts.
Conditions take(Conditions& from, const std::function<bool(const Condition&)>& goes) {
  Conditions taken;
  Conditions left;
  for (Condition& c : from) (goes(c) ? taken : left).push_back(std::move(c));
  from = std::move(left);
  return taken;
}

PlanPtr filtered(PlanPtr plan, Conditions conditions) {
  if (conditions.empty()) return plan;
  return make_plan(FilterPlan{std::move(conditions)}, std::move(plan));
}

Condition not_null(const std::string& column) { return {column, CompareOp::is_not_null, {}, 0}; }

PlanPtr push(PlanPtr plan, Conditions conditions);

/// Conditions on columns that the node only passes on go below it; the others stay above.
PlanPtr push_past(PlanPtr plan, Conditions conditions,
                  const std::function<bool(const std::string&)>& passed_on) {
  Conditions below = take(conditions, [&](const Condition& c) { return refers_only_to(c, passed_on); });
  plan->inputs[0] = push(std::move(plan->inputs[0]), std::move(below));
  return filtered(std::move(plan), std::move(conditions));
}

JoinType narrowed(JoinType type, bool rejects_null_left, bool rejects_null_right) {
  switch (type) {
    case JoinType::left_outer:
      return rejects_null_right ? JoinType::inner : type;
    case JoinType::right_outer:
      return rejects_null_left ? JoinType::inner : type;
    case JoinType::full_outer:
      if (rejects_null_left && rejects_null_right) return JoinType::inner;
      if (rejects_null_left) return JoinType::left_outer;
      return rejects_null_right ? JoinType::right_outer : type;
    default:
      return type;
  }
}

/// Every condition of the join, as conditions over the columns of both sides.
Conditions all_of(const JoinPlan& join) {
  Conditions all = join.extra;
  for (const auto& [l, r] : join.equal) all.push_back({l, CompareOp::eq, r, 0});
  if (join.lower) all.push_back({join.left_time, CompareOp::ge, join.right_time, join.lower->offset_ms});
  if (join.upper) all.push_back({join.left_time, CompareOp::le, join.right_time, join.upper->offset_ms});
  return all;
}

PlanPtr push_join(PlanPtr plan, Conditions above) {
  auto& join = std::get<JoinPlan>(plan->op);
  const Schema& left = plan->inputs[0]->schema;
  const Schema& right = plan->inputs[1]->schema;
  const auto on_left = [&](const Condition& c) { return in_schema(c, left); };
  const auto on_right = [&](const Condition& c) { return in_schema(c, right); };
  const auto names_one_of = [](const Condition& c, const Schema& schema) {
    return find_column(schema, c.left) ||
           (right_column(c) != nullptr && find_column(schema, *right_column(c)));
  };
  join.type = narrowed(
      join.type, std::ranges::any_of(above, [&](const Condition& c) { return names_one_of(c, left); }),
      std::ranges::any_of(above, [&](const Condition& c) { return names_one_of(c, right); }));

  const JoinType type = join.type;
  const bool both = type == JoinType::inner || type == JoinType::left_semi;
  const bool narrows_left = both || type == JoinType::right_outer;
  const bool narrows_right = both || type == JoinType::left_outer;

  Conditions to_left;
  Conditions to_right;
  if (type == JoinType::inner || type == JoinType::left_outer || type == JoinType::left_semi)
    to_left = take(above, on_left);
  if (type == JoinType::inner || type == JoinType::right_outer) to_right = take(above, on_right);
  if (type == JoinType::inner) {
    join.extra.insert(join.extra.end(), above.begin(), above.end());
    above.clear();
  }

  // What follows for one side from a condition on the other and the equality of columns.
  const Conditions all = all_of(join);
  Conditions inferred_left;
  Conditions inferred_right;
  for (const Condition& c : all) {
    for (const std::string* const name : {&c.left, right_column(c)}) {
      if (name == nullptr) continue;
      (find_column(left, *name) ? inferred_left : inferred_right).push_back(not_null(*name));
    }
    if (right_column(c) != nullptr) continue;
    for (const auto& [l, r] : join.equal) {
      Condition same = c;
      same.left = c.left == l ? r : l;
      if (c.left == l) inferred_right.push_back(same);
      if (c.left == r) inferred_left.push_back(same);
    }
  }
  const auto add = [](Conditions& to, const Conditions& more) {
    to.insert(to.end(), more.begin(), more.end());
  };
  if (narrows_left) {
    add(to_left, take(join.extra, on_left));
    add(to_left, inferred_left);
  }
  if (narrows_right) {
    add(to_right, take(join.extra, on_right));
    add(to_right, inferred_right);
  }
  plan->inputs[0] = push(std::move(plan->inputs[0]), std::move(to_left));
  plan->inputs[1] = push(std::move(plan->inputs[1]), std::move(to_right));
  return filtered(std::move(plan), std::move(above));
}

PlanPtr push_project(PlanPtr plan, Conditions conditions) {
  const auto& items = std::get<ProjectPlan>(plan->op).items;
  const auto item_of = [&](const std::string& name) {
    return std::ranges::find_if(items, [&](const ProjectPlan::Item& item) {
      return item.name == name && item.part == ProjectPlan::Part::whole;
    });
  };
  Conditions below = take(conditions, [&](const Condition& c) {
    return refers_only_to(c, [&](const std::string& name) { return item_of(name) != items.end(); });
  });
  for (Condition& c : below) {
    if (right_column(c) != nullptr) c.right = item_of(*right_column(c))->from;
    c.left = item_of(c.left)->from;
  }
  plan->inputs[0] = push(std::move(plan->inputs[0]), std::move(below));
  return filtered(std::move(plan), std::move(conditions));
}

PlanPtr push_union(PlanPtr plan, const Conditions& conditions) {
  for (PlanPtr& input : plan->inputs) {
    Conditions own = conditions;
    const auto renamed = [&](const std::string& name) {
      return input->schema[column_of(plan->schema, name)].name;
    };
    for (Condition& c : own) {
      if (right_column(c) != nullptr) c.right = renamed(*right_column(c));
      c.left = renamed(c.left);
    }
    input = push(std::move(input), std::move(own));
  }
  return plan;
}

PlanPtr push(PlanPtr plan, Conditions conditions) {
  if (auto* const filter = std::get_if<FilterPlan>(&plan->op)) {
    conditions.insert(conditions.end(), filter->conditions.begin(), filter->conditions.end());
    return push(std::move(plan->inputs[0]), std::move(conditions));
  }
  if (std::holds_alternative<SourcePlan>(plan->op)) return filtered(std::move(plan), std::move(conditions));
  if (std::holds_alternative<JoinPlan>(plan->op)) return push_join(std::move(plan), std::move(conditions));
  if (std::holds_alternative<ProjectPlan>(plan->op))
    return push_project(std::move(plan), std::move(conditions));
  if (std::holds_alternative<UnionPlan>(plan->op)) return push_union(std::move(plan), conditions);
  if (const auto* const watermark = std::get_if<WatermarkPlan>(&plan->op)) {
    const std::string column = watermark->column;
    return push_past(std::move(plan), std::move(conditions),
                     [&](const std::string& name) { return name != column; });
  }
  if (const auto* const aggregate = std::get_if<AggregatePlan>(&plan->op)) {
    const auto keys = aggregate->keys;
    return push_past(std::move(plan), std::move(conditions),
                     [&](const std::string& name) { return std::ranges::find(keys, name) != keys.end(); });
  }
  std::string made;  // the column that this node adds
  std::string on;    // and the one that must not be NULL for it
  if (const auto* const window = std::get_if<WindowPlan>(&plan->op)) {
    made = window->as;
    on = window->on;
  } else if (const auto* const session = std::get_if<SessionPlan>(&plan->op)) {
    made = session->as;
    on = session->on;
  } else if (const auto* const time = std::get_if<WindowTimePlan>(&plan->op)) {
    made = time->as;
  } else {
    // Deduplications and joins with a static side: nothing goes below.
    for (PlanPtr& input : plan->inputs) input = push(std::move(input), {});
    return filtered(std::move(plan), std::move(conditions));
  }
  if (!on.empty()) conditions.push_back(not_null(on));
  return push_past(std::move(plan), std::move(conditions),
                   [&](const std::string& name) { return name != made; });
}

}  // namespace

PlanPtr optimize(PlanPtr plan) { return prune_columns(push(std::move(plan), {})); }

}  // namespace wrackline::event_time::spark
