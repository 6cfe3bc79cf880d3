// Small worlds for the tests of engine/event_time/spark: times are milliseconds, keys are letters, rows come
// out as lines such as "[0,5000) a 2" ("-" is NULL), all batches of a step together and sorted.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/event_time/spark/micro_batch_execution.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::spark::tests {

using Lines = std::vector<std::string>;

struct Event {
  std::optional<std::int64_t> ts_ms;
  char key = 'a';
  std::int64_t value = 1;
  std::int64_t gap_ms = 0;
};
using Events = std::vector<Event>;

inline Schema event_schema() {
  return {{"ts", Value::Kind::timestamp},
          {"key", Value::Kind::string},
          {"value", Value::Kind::bigint},
          {"gap", Value::Kind::bigint}};
}

inline RowBatch rows_of(const Events& events) {
  RowBatch rows{4};
  for (const Event& event : events) {
    const auto row = rows.append();
    if (event.ts_ms) row[0] = Value::timestamp(*event.ts_ms * 1000);
    row[1] = Value::string(event.key);
    row[2] = Value::bigint(event.value);
    row[3] = Value::bigint(event.gap_ms);
  }
  return rows;
}

inline std::string text(const Value& value) {
  switch (value.kind) {
    case Value::Kind::null:
      return "-";
    case Value::Kind::bigint:
      return std::to_string(value.a);
    case Value::Kind::timestamp:
      return value.a % 1000 == 0 ? fmt::format("{}", value.a / 1000) : fmt::format("{}us", value.a);
    case Value::Kind::string:
      return std::string(1, static_cast<char>(value.a));
    case Value::Kind::window:
      return fmt::format("[{},{})", value.a / 1000, value.b / 1000);
  }
  return "?";
}

// The words that queries are written with.

inline PlanPtr stream(std::size_t index = 0) { return source(index, event_schema()); }
inline PlanPtr with_watermark(PlanPtr in, std::int64_t delay_ms, const std::string& column = "ts") {
  return make_plan(WatermarkPlan{column, delay_ms}, std::move(in));
}
inline PlanPtr marked(std::int64_t delay_ms, std::size_t index = 0) {
  return with_watermark(stream(index), delay_ms);
}
inline PlanPtr filter(PlanPtr in, std::vector<Condition> conditions) {
  return make_plan(FilterPlan{std::move(conditions)}, std::move(in));
}
inline PlanPtr select(PlanPtr in, const std::vector<std::string>& columns) {
  ProjectPlan project;
  for (const std::string& column : columns)
    project.items.push_back({column, ProjectPlan::Part::whole, column});
  return make_plan(std::move(project), std::move(in));
}
inline PlanPtr window(PlanPtr in, std::int64_t size_ms, std::int64_t slide_ms = 0,
                      const std::string& on = "ts", const std::string& as = "w") {
  return make_plan(WindowPlan{size_ms * 1000, (slide_ms == 0 ? size_ms : slide_ms) * 1000, 0, on, as},
                   std::move(in));
}
inline PlanPtr session(PlanPtr in, std::int64_t gap_ms) {
  return make_plan(SessionPlan{gap_ms, "ts", "w"}, std::move(in));
}
inline PlanPtr count_by(PlanPtr in, std::vector<std::string> keys, const std::string& sum_of = "") {
  AggregatePlan aggregate{std::move(keys), {{AggregateFunction::Kind::count, "", "cnt"}}};
  if (!sum_of.empty()) aggregate.items.push_back({AggregateFunction::Kind::sum, sum_of, "sum_" + sum_of});
  return make_plan(std::move(aggregate), std::move(in));
}
/// Windows of 5 s, counted: Q1 of the reference.
inline PlanPtr five_second_counts(std::int64_t delay_ms) {
  return count_by(window(marked(delay_ms), 5000), {"w"});
}
inline PlanPtr drop_duplicates(PlanPtr in, std::vector<std::string> columns, bool within_watermark = false) {
  return make_plan(DeduplicatePlan{std::move(columns), within_watermark}, std::move(in));
}

/// One side of a join: its columns with a prefix; `window_ms` puts a window in the place of the time.
inline PlanPtr side(PlanPtr in, const std::string& prefix, std::int64_t window_ms = 0,
                    bool keep_time = false) {
  std::vector<std::string> columns{"ts", "key", "value"};
  if (window_ms != 0) {
    in = window(std::move(in), window_ms);
    if (!keep_time) columns.erase(columns.begin());
    columns.emplace_back("w");
  }
  ProjectPlan project;
  for (const std::string& column : columns)
    project.items.push_back({column, ProjectPlan::Part::whole, prefix + column});
  return make_plan(std::move(project), std::move(in));
}
inline PlanPtr join(PlanPtr left, PlanPtr right, JoinPlan how) {
  std::vector<PlanPtr> sides;
  sides.push_back(std::move(left));
  sides.push_back(std::move(right));
  return make_plan(std::move(how), std::move(sides));
}
inline JoinPlan on_key(JoinType type) {
  JoinPlan plan;
  plan.type = type;
  plan.equal = {{"l_key", "r_key"}};
  return plan;
}
inline JoinPlan on_window(JoinType type) {
  JoinPlan plan = on_key(type);
  plan.equal.emplace_back("l_w", "r_w");
  return plan;
}
inline JoinPlan in_range(JoinType type, std::optional<TimeBound> lower, std::optional<TimeBound> upper) {
  JoinPlan plan = on_key(type);
  plan.left_time = "l_ts";
  plan.right_time = "r_ts";
  plan.lower = lower;
  plan.upper = upper;
  return plan;
}

/// A started query with as many sources as it takes.
class Query {
 public:
  explicit Query(PlanPtr plan, const QueryConf& conf = {})
      : execution_{std::move(plan), {event_schema(), event_schema()}, {}, conf},
        refused_{execution_.start()} {}

  /// One step: the rows, then every batch that is due.
  Lines add(const Events& events) { return burst({events}); }
  Lines add(const Events& left, const Events& right) {
    if (!left.empty()) execution_.add(0, rows_of(left), 1);
    if (!right.empty()) execution_.add(1, rows_of(right), 1);
    return settle({});
  }
  /// Every chunk after the first arrives while the batch before runs, so no batch without data comes in
  /// between.
  Lines burst(const std::vector<Events>& chunks) {
    execution_.add(0, rows_of(chunks.front()), 1);
    return settle({chunks.begin() + 1, chunks.end()});
  }
  /// The next data batch only, then nothing: Trigger.Once, in a run of its own.
  Lines once(const Events& events) {
    refused_ = execution_.start();
    execution_.add(0, rows_of(events), 1);
    batches_.clear();
    auto outcome = execution_.next_batch();
    if (outcome.batch) batches_.push_back(std::move(*outcome.batch));
    return lines();
  }

  const std::optional<QueryFailure>& refused() const { return refused_; }
  const std::optional<QueryFailure>& failure() const { return failure_; }
  const std::vector<BatchProgress>& batches() const { return batches_; }
  std::int64_t watermark_ms() const { return batches_.back().next_watermark_ms; }
  /// Sums over the step, of the n-th stateful operator counted from the end of the query; `total` is the last
  /// one.
  OperatorMetrics metrics(std::size_t n = 0) const {
    OperatorMetrics sum;
    for (const BatchProgress& batch : batches_) {
      const OperatorMetrics& m = batch.operators[n].metrics;
      sum.total = m.total;
      sum.updated += m.updated;
      sum.removed += m.removed;
      sum.dropped += m.dropped;
      sum.duplicates += m.duplicates;
    }
    return sum;
  }

 private:
  Lines settle(std::vector<Events> chunks) {
    batches_.clear();
    std::size_t next = 0;
    while (true) {
      auto outcome = execution_.next_batch();
      if (outcome.failure) failure_ = std::move(outcome.failure);
      if (!outcome.batch) return lines();
      batches_.push_back(std::move(*outcome.batch));
      if (next < chunks.size()) execution_.add(0, rows_of(chunks[next++]), 1);
    }
  }
  Lines lines() const {
    Lines out;
    for (const BatchProgress& batch : batches_) {
      for (std::size_t i = 0; i < batch.rows.size(); ++i) {
        std::string line;
        for (const Value& value : batch.rows.row(i)) line += (line.empty() ? "" : " ") + text(value);
        out.push_back(std::move(line));
      }
    }
    std::ranges::sort(out);
    return out;
  }

  MicroBatchExecution execution_;
  std::optional<QueryFailure> refused_;
  std::optional<QueryFailure> failure_;
  std::vector<BatchProgress> batches_;
};

inline QueryConf output(OutputMode mode) {
  QueryConf conf;
  conf.execution.mode = mode;
  return conf;
}
inline QueryConf single_watermark(OutputMode mode = OutputMode::append) {
  QueryConf conf = output(mode);
  conf.execution.allow_multiple = false;
  return conf;
}
inline QueryConf without_no_data_batches(OutputMode mode = OutputMode::append) {
  QueryConf conf = output(mode);
  conf.no_data_batches = false;
  return conf;
}

}  // namespace wrackline::event_time::spark::tests
