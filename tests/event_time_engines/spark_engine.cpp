#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "engine/event_time/spark/micro_batch_execution.hpp"
#include "tests/event_time_engines/engines.hpp"

namespace wrackline::event_time::engines {

namespace {

using namespace spark;

Schema columns(const std::string& prefix) {
  return {{prefix + "ts", Value::Kind::timestamp},
          {prefix + "key", Value::Kind::string},
          {prefix + "n", Value::Kind::bigint}};
}

/// Runs every batch that is due; `row_text` says a row of the output.
template <typename RowText>
std::string batches(MicroBatchExecution& query, RowText&& row_text) {
  std::vector<std::string> said;
  for (;;) {
    const auto outcome = query.next_batch();
    assert(!outcome.failure);
    if (!outcome.batch) break;
    for (const auto& op : outcome.batch->operators) {
      if (op.metrics.dropped > 0) said.push_back("dropped");
    }
    // Spark defines no order inside a batch.
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < outcome.batch->rows.size(); ++i) {
      rows.push_back(row_text(outcome.batch->rows.row(i)));
    }
    std::sort(rows.begin(), rows.end());
    said.insert(said.end(), rows.begin(), rows.end());
  }
  return cell(said);
}

RowBatch one_row(std::int64_t seconds, const std::string& key, std::int64_t number) {
  RowBatch rows(3);
  const auto row = rows.append();
  row[0] = Value::timestamp(seconds * 1'000'000);
  row[1] = Value::string(key_number(key));
  row[2] = Value::bigint(number);
  return rows;
}

}  // namespace

Cells spark_counts(const std::vector<Arrival>& arrivals, const Setting& setting) {
  PlanPtr plan = make_plan(WatermarkPlan{"ts", setting.disorder_s * 1000}, source(0, columns("")));
  if (setting.windowing == Windowing::tumbling) {
    const std::int64_t size_us = setting.window_s * 1'000'000;
    plan = make_plan(WindowPlan{size_us, size_us, 0, "ts", "w"}, std::move(plan));
  } else {
    plan = make_plan(SessionPlan{setting.window_s * 1000, "ts", "w"}, std::move(plan));
  }
  plan = make_plan(AggregatePlan{{"w", "key"}, {{AggregateFunction::Kind::count, "", "count"}}},
                   std::move(plan));
  MicroBatchExecution query(std::move(plan), {columns("")}, {}, {});
  const auto refused = query.start();
  assert(!refused);
  Cells cells;
  for (const Arrival& arrival : arrivals) {
    query.add(0, one_row(arrival.seconds, arrival.key, 0), 1);
    cells.push_back(batches(query, [](Row row) {
      return count_text(key_text(row[1].a), row[0].a / 1000, row[0].b / 1000, false,
                        std::to_string(row[2].a));
    }));
  }
  return cells;
}

Cells spark_join(const std::vector<Arrival>& arrivals, std::int64_t within_s, std::int64_t disorder_s) {
  std::vector<PlanPtr> sides;
  sides.push_back(make_plan(WatermarkPlan{"l_ts", disorder_s * 1000}, source(0, columns("l_"))));
  sides.push_back(make_plan(WatermarkPlan{"r_ts", disorder_s * 1000}, source(1, columns("r_"))));
  JoinPlan join;
  join.type = JoinType::left_outer;
  join.equal = {{"l_key", "r_key"}};
  join.left_time = "l_ts";
  join.right_time = "r_ts";
  join.lower = TimeBound{-within_s * 1000};
  join.upper = TimeBound{within_s * 1000};
  MicroBatchExecution query(make_plan(std::move(join), std::move(sides)), {columns("l_"), columns("r_")}, {},
                            {});
  const auto refused = query.start();
  assert(!refused);
  Cells cells;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const Arrival& arrival = arrivals[i];
    query.add(arrival.right ? 1 : 0, one_row(arrival.seconds, arrival.key, static_cast<std::int64_t>(i)), 1);
    cells.push_back(batches(query, [&](Row row) {
      const auto name = [&](const Value& number) {
        return number.is_null() ? std::string("null")
                                : join_name(arrivals, static_cast<std::size_t>(number.a));
      };
      return name(row[2]) + "+" + name(row[5]);
    }));
  }
  return cells;
}

}  // namespace wrackline::event_time::engines
