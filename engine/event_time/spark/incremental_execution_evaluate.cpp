// The evaluation of one batch, operator by operator.
#include <algorithm>
#include <cassert>

#include "engine/event_time/spark/incremental_execution.hpp"
#include "engine/event_time/spark/incremental_execution_batch.hpp"
#include "engine/event_time/spark/narrow_operators.hpp"

namespace wrackline::event_time::spark {

namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

void join_with_static(const StaticJoinPlan& plan, std::size_t stream_column, std::size_t static_column,
                      const RowBatch& input, RowBatch& output) {
  const RowBatch& other = plan.relation->visible();
  const bool pairs = plan.type != JoinType::left_semi && plan.type != JoinType::left_anti;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const Row row = input.row(i);
    bool matched = false;
    for (std::size_t j = 0; j < other.size(); ++j) {
      const Row right = other.row(j);
      if (row[stream_column].is_null() || row[stream_column] != right[static_column]) continue;
      matched = true;
      if (!pairs) break;
      const auto out = output.append(input.partition(i));
      std::ranges::copy(right, std::ranges::copy(row, out.begin()).out);
    }
    const bool alone = matched ? plan.type == JoinType::left_semi
                               : plan.type == JoinType::left_anti || plan.type == JoinType::left_outer;
    if (alone) std::ranges::copy(row, output.append(input.partition(i)).begin());
  }
}

}  // namespace

RowBatch IncrementalExecution::evaluate(std::size_t at, Batch& batch) {
  Node& node = nodes_[at];
  if (auto* const join = std::get_if<SymmetricHashJoin>(&node.op)) {
    RowBatch output{node.width};
    const RowBatch left = evaluate(node.inputs[0], batch);
    const RowBatch right = evaluate(node.inputs[1], batch);
    join->process(left, right, batch.watermarks[at], output, batch.metrics[at]);
    return output;
  }
  if (const auto* const scan = std::get_if<Scan>(&node.op)) {
    RowBatch output = batch.sources[scan->source];
    batch.input_rows += output.size();
    return output;
  }
  RowBatch output{node.width};
  if (std::holds_alternative<Concatenate>(node.op)) {
    std::uint32_t before = 0;
    for (const std::size_t i : node.inputs) {
      const RowBatch input = evaluate(i, batch);
      std::uint32_t used = 0;
      for (std::size_t r = 0; r < input.size(); ++r) {
        output.append(input.row(r), before + input.partition(r));
        used = std::max(used, input.partition(r) + 1);
      }
      before += used;
    }
    return output;
  }

  RowBatch input = evaluate(node.inputs.front(), batch);
  const auto extended = [&](std::size_t i) {
    const auto out = output.append(input.partition(i));
    std::ranges::copy(input.row(i), out.begin());
    return out.subspan(input.width());
  };
  bool passes_on = false;
  std::visit(
      Overloaded{
          [&](MarkEventTime& op) {
            EventTimeStats& stats = batch.stats[at];
            for (std::size_t i = 0; i < input.size(); ++i) {
              // A NULL reads as 0.
              const Value& value = input.row(i)[op.column];
              stats.add(value.is_null() ? 0 : us_to_ms(value.a));
            }
            passes_on = true;
          },
          [&](Filter& op) {
            for (std::size_t i = 0; i < input.size(); ++i)
              if (all_hold(op.conditions, input.row(i))) output.append(input.row(i), input.partition(i));
          },
          [&](Project& op) {
            for (std::size_t i = 0; i < input.size(); ++i) {
              const auto out = output.append(input.partition(i));
              for (std::size_t c = 0; c < op.items.size(); ++c) {
                const Value& value = input.row(i)[op.items[c].first];
                out[c] = value;
                if (op.items[c].second == ProjectPlan::Part::whole || value.is_null()) continue;
                out[c] = Value::timestamp(op.items[c].second == ProjectPlan::Part::start ? value.a : value.b);
              }
            }
          },
          [&](AssignWindows& op) {
            for (std::size_t i = 0; i < input.size(); ++i) {
              const Value& on = input.row(i)[op.on];
              if (on.is_null()) continue;
              assign_windows(
                  time_of(on), op.spec.size_us, op.spec.slide_us, op.spec.start_us,
                  [&](std::int64_t start, std::int64_t end) { extended(i)[0] = Value::window(start, end); });
            }
          },
          [&](AssignSession& op) {
            for (std::size_t i = 0; i < input.size(); ++i) {
              const Value& on = input.row(i)[op.on];
              std::int64_t gap_ms = op.gap_ms;
              // A gap that is NULL or not positive makes no session.
              if (op.gap_column) gap_ms = input.row(i)[*op.gap_column].a;
              if (on.is_null() || gap_ms <= 0) continue;
              const std::int64_t t = time_of(on);
              extended(i)[0] = Value::window(t, t + gap_ms * 1000);
            }
          },
          [&](TimeOfWindow& op) {
            for (std::size_t i = 0; i < input.size(); ++i) {
              const Value& window = input.row(i)[op.window];
              extended(i)[0] = window.is_null() ? Value{} : Value::timestamp(window.b - 1);
            }
          },
          [&](StaticJoin& op) {
            join_with_static(op.plan, op.stream_column, op.static_column, input, output);
          },
          [&](auto& op) {
            if constexpr (requires { op.process(input, batch.watermarks[at], output, batch.metrics[at]); })
              op.process(input, batch.watermarks[at], output, batch.metrics[at]);
            else
              assert(false && "operators with other inputs have had their turn");
          },
      },
      node.op);
  return passes_on ? input : output;
}

}  // namespace wrackline::event_time::spark
