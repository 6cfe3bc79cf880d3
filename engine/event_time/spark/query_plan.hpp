// A streaming query as the user wrote it: a tree of operators with the schema of each one's output.
//
// Modelled: sources, withWatermark, filters of simple comparisons, projections, window / session_window /
// window_time, unions, grouped aggregations, the two deduplications, stream-stream joins (key equality, time
// range, one more condition), joins with a static side. Where the rules come from: Dataset, TimeWindowing,
// SessionWindowing, ResolveWindowTime. Columns are addressed by name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/event_time/spark/aggregate_function.hpp"
#include "engine/event_time/spark/comparison.hpp"
#include "engine/event_time/spark/flat_map_groups_with_state.hpp"
#include "engine/event_time/spark/join_state_watermark.hpp"
#include "engine/event_time/spark/row.hpp"
#include "engine/event_time/spark/static_relation.hpp"
#include "engine/event_time/spark/symmetric_hash_join.hpp"

namespace wrackline::event_time::spark {

/// `left op right`, NULL being false; `right` is a column, a number, or nothing for IS NOT NULL.
struct Condition {
  std::string left;
  CompareOp op = CompareOp::is_not_null;
  std::variant<std::monostate, std::string, Value> right{};
  std::int64_t right_plus = 0;
};

struct Plan;
using PlanPtr = std::unique_ptr<Plan>;

struct SourcePlan {
  std::size_t source = 0;  ///< index of the source
};
struct WatermarkPlan {
  std::string column;
  std::int64_t delay_ms = 0;
};
struct FilterPlan {
  std::vector<Condition> conditions;
};
struct ProjectPlan {
  enum class Part : std::uint8_t { whole, start, end };
  struct Item {
    std::string from;
    Part part = Part::whole;  ///< w.start, w.end
    std::string name;
  };
  std::vector<Item> items;
};
/// Adds the column `as`: window(on, size, slide, start).
struct WindowPlan {
  std::int64_t size_us = 0;
  std::int64_t slide_us = 0;
  std::int64_t start_us = 0;
  std::string on;
  std::string as;
};
/// Adds the column `as`: session_window(on, gap); the gap in ms is fixed or a column.
struct SessionPlan {
  std::variant<std::int64_t, std::string> gap_ms;
  std::string on;
  std::string as;
};
/// Adds the column `as`: window_time(window) = end - 1 microsecond.
struct WindowTimePlan {
  std::string window;
  std::string as;
};
struct UnionPlan {};
struct AggregatePlan {
  struct Item {
    AggregateFunction::Kind kind = AggregateFunction::Kind::count;
    std::string column;
    std::string name;
  };
  std::vector<std::string> keys;
  std::vector<Item> items;
};
struct DeduplicatePlan {
  std::vector<std::string> columns;  ///< empty: all
  bool within_watermark = false;
};
struct JoinPlan {
  JoinType type = JoinType::inner;
  std::vector<std::pair<std::string, std::string>> equal;  ///< left column, right column
  std::string left_time;                                   ///< of the time range
  std::string right_time;
  std::optional<TimeBound> lower;
  std::optional<TimeBound> upper;
  /// The bounds are interval literals. Others are folded later than the checker looks (surprise 11).
  bool literal_bounds = true;
  std::vector<Condition> extra;
};
/// The static side has the columns given by `schema`; joined on equality of one column each.
struct StaticJoinPlan {
  JoinType type = JoinType::inner;
  StaticRelation* relation = nullptr;
  std::string stream_column;
  std::string static_column;
  Schema schema;
};

/// flatMapGroupsWithState (mapGroupsWithState) over one key column; `schema` is that of the function's rows.
struct GroupStatePlan {
  std::string key;
  GroupStateTimeout timeout = GroupStateTimeout::none;
  OutputMode mode = OutputMode::update;  ///< the operator's own
  bool map = false;
  std::size_t state_width = 0;
  GroupFunction function;
  Schema schema;
};

struct Plan {
  std::variant<SourcePlan, WatermarkPlan, FilterPlan, ProjectPlan, WindowPlan, SessionPlan, WindowTimePlan,
               UnionPlan, AggregatePlan, DeduplicatePlan, JoinPlan, StaticJoinPlan, GroupStatePlan>
      op;
  std::vector<PlanPtr> inputs;
  Schema schema;  ///< of the output
};

PlanPtr source(std::size_t index, Schema schema);
/// Wraps `inputs` and works out the schema; the columns named must exist.
PlanPtr make_plan(decltype(Plan::op) op, std::vector<PlanPtr> inputs);
PlanPtr make_plan(decltype(Plan::op) op, PlanPtr input);

/// The column's place; the plan must have it.
std::size_t column_of(const Schema& schema, std::string_view name);

}  // namespace wrackline::event_time::spark
