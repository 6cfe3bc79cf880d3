#include "scenarios/conform/spark_query.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace wrackline::conform {

namespace {

using namespace event_time::spark;

constexpr std::int64_t kUsPerMs = 1000;

CompareOp compare_op(const std::string& text) {
  if (text == "<") return CompareOp::lt;
  if (text == "<=") return CompareOp::le;
  if (text == ">") return CompareOp::gt;
  if (text == ">=") return CompareOp::ge;
  if (text == "=" || text == "==") return CompareOp::eq;
  if (text == "<>" || text == "!=") return CompareOp::ne;
  throw NotModelledError{"comparison " + text};
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : text + " ") {
    if (c != ' ') {
      word += c;
    } else if (!word.empty()) {
      out.push_back(std::move(word));
      word.clear();
    }
  }
  return out;
}

void only(const Json& object, const std::set<std::string>& known, const std::string& where) {
  for (const auto& [name, value] : object.items())
    if (!known.contains(name)) throw NotModelledError{where + " " + name};
}

class Reader {
 public:
  Reader(SparkQuery& query, SparkStrings& strings) : query_{query}, strings_{strings} {}

  PlanPtr read(const Json& q) {
    if (q.contains("src")) return read_source(q);
    const std::string op = q.at("op");
    if (op == "watermark") {
      only(q, {"op", "in", "col", "delayMs"}, op);
      PlanPtr in = read(q.at("in"));
      const std::string column = known(*in, q.value("col", "ts"));
      if (in->schema[column_of(in->schema, column)].type != Value::Kind::timestamp)
        throw NotModelledError{"withWatermark on a column that is no timestamp"};
      return make_plan(WatermarkPlan{column, q.at("delayMs")}, std::move(in));
    }
    if (op == "union") {
      std::vector<PlanPtr> inputs;
      for (const Json& input : q.at("in")) {
        inputs.push_back(read(input));
        if (inputs.back()->schema.size() != inputs.front()->schema.size())
          throw NotModelledError{"a union of inputs with different columns, which Spark refuses"};
      }
      return make_plan(UnionPlan{}, std::move(inputs));
    }
    if (op == "filter") {
      PlanPtr in = read(q.at("in"));
      FilterPlan filter{conditions(q.at("expr"), in->schema)};
      return make_plan(std::move(filter), std::move(in));
    }
    if (op == "select") return read_select(q);
    if (op == "agg") return read_aggregate(q);
    if (op == "window_time") {
      PlanPtr in = read(q.at("in"));
      WindowTimePlan time{known(*in, q.at("col")), q.at("as")};
      return make_plan(std::move(time), std::move(in));
    }
    if (op == "dropDuplicates" || op == "dropDuplicatesWithinWatermark") {
      PlanPtr in = read(q.at("in"));
      DeduplicatePlan dedup{q.at("cols"), op == "dropDuplicatesWithinWatermark"};
      for (const std::string& column : dedup.columns) known(*in, column);
      return make_plan(std::move(dedup), std::move(in));
    }
    if (op == "join") return read_join(q);
    if (op == "staticJoin") return read_static_join(q);
    if (op == "state") return read_groups(q);
    throw NotModelledError{"operator " + op};
  }

 private:
  static std::string known(const Plan& plan, const std::string& column) {
    if (!find_column(plan.schema, column)) throw NotModelledError{"column " + column};
    return column;
  }

  PlanPtr read_source(const Json& q) {
    only(q, {"src"}, "source with");
    const std::string name = q.at("src");
    const auto found = std::ranges::find(query_.sources, name, &SparkSource::name);
    if (found == query_.sources.end()) throw NotModelledError{"source " + name};
    return source(static_cast<std::size_t>(found - query_.sources.begin()), spark_source_schema());
  }

  std::vector<Condition> conditions(const std::string& text, const Schema& schema) {
    std::vector<Condition> out;
    std::vector<std::string> clause;
    for (const std::string& word : words(text + " AND")) {
      if (word != "AND" && word != "and") {
        clause.push_back(word);
        continue;
      }
      if (clause.size() != 3 || !find_column(schema, clause[0])) throw NotModelledError{"expression " + text};
      Condition condition{clause[0], compare_op(clause[1]), {}, 0};
      const std::string& right = clause[2];
      if (find_column(schema, right))
        condition.right = right;
      else if (right.size() >= 2 && right.front() == '\'' && right.back() == '\'')
        condition.right = Value::string(strings_.id(right.substr(1, right.size() - 2)));
      else if (right.find_first_not_of("-0123456789") == std::string::npos)
        condition.right = Value::bigint(std::stoll(right));
      else
        throw NotModelledError{"expression " + text};
      out.push_back(std::move(condition));
      clause.clear();
    }
    return out;
  }

  PlanPtr read_select(const Json& q) {
    PlanPtr in = read(q.at("in"));
    ProjectPlan project;
    for (const std::string text : q.at("exprs")) {
      const std::vector<std::string> parts = words(text);
      const bool named = parts.size() == 3 && (parts[1] == "as" || parts[1] == "AS");
      if (parts.size() != 1 && !named) throw NotModelledError{"expression " + text};
      ProjectPlan::Item item{parts[0], ProjectPlan::Part::whole, named ? parts[2] : parts[0]};
      if (const auto dot = parts[0].find('.'); dot != std::string::npos) {
        const std::string part = parts[0].substr(dot + 1);
        if (part != "start" && part != "end") throw NotModelledError{"expression " + text};
        item.part = part == "start" ? ProjectPlan::Part::start : ProjectPlan::Part::end;
        item.from = parts[0].substr(0, dot);
        if (!named) item.name = part;
      }
      known(*in, item.from);
      project.items.push_back(std::move(item));
    }
    return make_plan(std::move(project), std::move(in));
  }

  PlanPtr read_aggregate(const Json& q) {
    only(q, {"op", "in", "by", "aggs", "timeCol"}, "agg with");
    PlanPtr in = read(q.at("in"));
    AggregatePlan aggregate;
    for (const Json& by : q.at("by")) {
      const std::string on = by.contains("on") ? by.at("on").get<std::string>() : q.value("timeCol", "ts");
      const std::string as = by.value("as", "w");
      if (by.contains("col")) {
        aggregate.keys.push_back(known(*in, by.at("col")));
        continue;
      }
      known(*in, on);
      aggregate.keys.push_back(as);
      if (by.contains("window")) {
        in = make_plan(window(by.at("window"), on, as), std::move(in));
        continue;
      }
      SessionPlan session{{}, on, as};
      if (by.at("session").contains("gapCol"))
        session.gap_ms = known(*in, by.at("session").at("gapCol"));
      else
        session.gap_ms = by.at("session").at("gapMs").get<std::int64_t>();
      in = make_plan(std::move(session), std::move(in));
    }
    for (const std::string text : q.at("aggs")) {
      if (text == "count") {
        aggregate.items.push_back({AggregateFunction::Kind::count, "", "cnt"});
        continue;
      }
      const auto open = text.find('(');
      const std::string function = text.substr(0, open);
      if (open == std::string::npos || text.back() != ')') throw NotModelledError{"aggregate " + text};
      const std::string column = known(*in, text.substr(open + 1, text.size() - open - 2));
      AggregateFunction::Kind kind{};
      if (function == "sum")
        kind = AggregateFunction::Kind::sum;
      else if (function == "min")
        kind = AggregateFunction::Kind::min;
      else if (function == "max")
        kind = AggregateFunction::Kind::max;
      else
        throw NotModelledError{"aggregate " + text};
      aggregate.items.push_back({kind, column, function + "_" + column});
    }
    return make_plan(std::move(aggregate), std::move(in));
  }

  static WindowPlan window(const Json& spec, const std::string& on, const std::string& as) {
    only(spec, {"sizeMs", "slideMs", "startMs"}, "window with");
    const std::int64_t size = spec.at("sizeMs");
    const std::int64_t slide = spec.value("slideMs", size);
    if (size <= 0 || slide <= 0 || slide > size) throw NotModelledError{"a window that Spark refuses"};
    return {size * kUsPerMs, slide * kUsPerMs, spec.value("startMs", std::int64_t{0}) * kUsPerMs, on, as};
  }

  /// One side of a stream-stream join: prefixed, without gap, with its window where the join has one.
  PlanPtr side(const Json& q, const Json& join, const std::string& prefix) {
    PlanPtr in = read(q);
    const auto prefixed = [&](const Schema& schema, auto&& keep) {
      ProjectPlan project;
      for (const Column& c : schema)
        if (keep(c.name)) project.items.push_back({c.name, ProjectPlan::Part::whole, prefix + c.name});
      return project;
    };
    if (!join.contains("window")) {
      ProjectPlan project = prefixed(in->schema, [](const std::string& name) { return name != "gap"; });
      return make_plan(std::move(project), std::move(in));
    }
    WindowPlan windows = window(join.at("window"), known(*in, "ts"), "w");
    in = make_plan(std::move(windows), std::move(in));
    const bool keep_time = join.value("keepTs", false);
    ProjectPlan project = prefixed(
        in->schema, [&](const std::string& name) { return name != "gap" && (name != "ts" || keep_time); });
    return make_plan(std::move(project), std::move(in));
  }

  static JoinType join_type(const std::string& how) {
    if (how == "inner") return JoinType::inner;
    if (how == "left_outer") return JoinType::left_outer;
    if (how == "right_outer") return JoinType::right_outer;
    if (how == "full_outer") return JoinType::full_outer;
    if (how == "left_semi") return JoinType::left_semi;
    if (how == "left_anti") return JoinType::left_anti;
    throw NotModelledError{"join " + how};
  }

  PlanPtr read_join(const Json& q) {
    only(q, {"op", "left", "right", "how", "window", "keepTs", "equi", "range", "rangeForm", "extra"},
         "join with");
    std::vector<PlanPtr> sides;
    sides.push_back(side(q.at("left"), q, "l_"));
    sides.push_back(side(q.at("right"), q, "r_"));
    JoinPlan join;
    join.type = join_type(q.at("how"));
    std::vector<std::string> equal = q.value("equi", std::vector<std::string>{});
    if (q.contains("window")) equal.emplace_back("w");
    if (equal.empty()) throw NotModelledError{"join without an equality"};
    for (const std::string& name : equal)
      join.equal.emplace_back(known(*sides[0], "l_" + name), known(*sides[1], "r_" + name));
    if (q.contains("range")) read_range(q, join, sides);
    if (q.contains("extra")) {
      Schema both = sides[0]->schema;
      both.insert(both.end(), sides[1]->schema.begin(), sides[1]->schema.end());
      join.extra = conditions(q.at("extra"), both);
    }
    return make_plan(std::move(join), std::move(sides));
  }

  static void read_range(const Json& q, JoinPlan& join, const std::vector<PlanPtr>& sides) {
    const Json& range = q.at("range");
    only(range, {"lowerMs", "lowerOp", "upperMs", "upperOp"}, "range with");
    join.left_time = known(*sides[0], "l_ts");
    join.right_time = known(*sides[1], "r_ts");
    const std::string lower = range.value("lowerOp", ">=");
    const std::string upper = range.value("upperOp", "<=");
    if ((lower != ">" && lower != ">=") || (upper != "<" && upper != "<="))
      throw NotModelledError{"range with " + lower + " and " + upper};
    if (range.contains("lowerMs")) join.lower = TimeBound{range.at("lowerMs"), lower == ">="};
    if (range.contains("upperMs")) join.upper = TimeBound{range.at("upperMs"), upper == "<="};
    join.literal_bounds = q.value("rangeForm", "literal") != "function";
  }

  PlanPtr read_static_join(const Json& q) {
    only(q, {"op", "in", "static", "how"}, "staticJoin with");
    PlanPtr in = read(q.at("in"));
    ProjectPlan project;
    for (const Column& c : in->schema)
      if (c.name != "gap") project.items.push_back({c.name, ProjectPlan::Part::whole, c.name});
    in = make_plan(std::move(project), std::move(in));
    const auto found = query_.statics.find(q.at("static"));
    if (found == query_.statics.end()) throw NotModelledError{"static side"};
    StaticJoinPlan join{join_type(q.at("how")), found->second.get(), known(*in, "key"), "s_key",
                        Schema{{"s_key", Value::Kind::string}, {"s_value", Value::Kind::bigint}}};
    return make_plan(std::move(join), std::move(in));
  }

  PlanPtr read_groups(const Json& q) {
    only(q,
         {"op", "in", "variant", "opMode", "timeout", "setTimeout", "deltaMs", "base", "onTimeout",
          "removeAtCount"},
         "state with");
    PlanPtr in = read(q.at("in"));
    GroupStatePlan groups;
    groups.key = known(*in, "key");
    groups.map = q.value("variant", "flatMap") == "map";
    const std::string mode = q.value("opMode", "update");
    if (mode != "update" && mode != "append") throw NotModelledError{"opMode " + mode};
    groups.mode = mode == "append" ? OutputMode::append : OutputMode::update;
    const std::string timeout = q.value("timeout", "NoTimeout");
    if (timeout == "EventTimeTimeout")
      groups.timeout = GroupStateTimeout::event_time;
    else if (timeout == "ProcessingTimeTimeout")
      groups.timeout = GroupStateTimeout::processing_time;
    else if (timeout != "NoTimeout")
      throw NotModelledError{"timeout " + timeout};
    groups.state_width = 3;
    groups.schema = {{"key", Value::Kind::string}, {"what", Value::Kind::string},
                     {"n", Value::Kind::bigint},   {"count", Value::Kind::bigint},
                     {"sum", Value::Kind::bigint}, {"maxMs", Value::Kind::bigint}};
    groups.function = recorded_function(q, groups.timeout, known(*in, "ts"), in->schema);
    return make_plan(std::move(groups), std::move(in));
  }

  /// The function that was recorded: it keeps (count, sum, latest time in ms).
  GroupFunction recorded_function(const Json& q, GroupStateTimeout timeout, const std::string& time,
                                  const Schema& schema) {
    const std::size_t at = column_of(schema, time);
    if (!find_column(schema, "value")) throw NotModelledError{"column value"};
    const std::size_t number = column_of(schema, "value");
    const std::string sets = q.value("setTimeout", "never");
    const std::string on_timeout = q.value("onTimeout", "remove");
    const bool from_watermark = q.value("base", "maxTs") == "watermark";
    const std::int64_t delta_ms = q.value("deltaMs", std::int64_t{0});
    const std::int64_t remove_at = q.value("removeAtCount", std::int64_t{0});
    const auto word = [&](const char* text) { return Value::string(strings_.id(text)); };
    const Value fresh = word("new");
    const Value update = word("update");
    const Value removed = word("remove");
    const Value timed_out = word("timeout");
    return [=](const Value& key, const std::vector<Row>& rows, GroupState& state, RowBatch& output) {
      const bool existed = state.exists();
      std::int64_t count = existed ? state.get()[0].a : 0;
      std::int64_t sum = existed ? state.get()[1].a : 0;
      std::int64_t latest_ms = existed ? state.get()[2].a : std::numeric_limits<std::int64_t>::min();
      const auto kept = [&] {
        return std::vector{Value::bigint(count), Value::bigint(sum), Value::bigint(latest_ms)};
      };
      const auto arm = [&] {
        if (timeout == GroupStateTimeout::processing_time)
          state.set_timeout_duration(delta_ms);
        else
          state.set_timeout_timestamp((from_watermark ? state.current_watermark_ms() : latest_ms) + delta_ms);
      };
      const auto emit = [&](const Value& what) {
        const auto out = output.append();
        const Value cells[] = {key,
                               what,
                               Value::bigint(static_cast<std::int64_t>(rows.size())),
                               Value::bigint(count),
                               Value::bigint(sum),
                               Value::bigint(latest_ms)};
        std::ranges::copy(cells, out.begin());
      };
      if (state.has_timed_out()) {
        emit(timed_out);
        if (on_timeout == "remove") {
          state.remove();
        } else if (on_timeout == "rearm") {
          arm();
        } else {
          count = 0;
          state.update(kept());
        }
        return;
      }
      for (const Row row : rows) {
        ++count;
        sum += row[number].a;
        latest_ms = std::max(latest_ms, us_to_ms(row[at].a));
      }
      if (remove_at > 0 && count >= remove_at) {
        state.remove();
        emit(removed);
        return;
      }
      state.update(kept());
      if (timeout != GroupStateTimeout::none && (sets == "always" || (sets == "first" && !existed))) arm();
      emit(existed ? update : fresh);
    };
  }

  SparkQuery& query_;
  SparkStrings& strings_;
};

}  // namespace

SparkQuery read_spark_query(const Json& config, SparkStrings& strings) {
  SparkQuery query;
  for (const Json& s : config.at("sources")) {
    if (s.is_string()) {
      query.sources.push_back({s.get<std::string>()});
      continue;
    }
    only(s, {"name", "numPartitions"}, "source with");
    query.sources.push_back({s.at("name"), s.value("numPartitions", std::uint32_t{1})});
  }
  if (config.contains("statics")) {
    for (const auto& [name, side] : config.at("statics").items()) {
      const std::string kind = side.at("kind");
      StaticRelation::Kind made = StaticRelation::Kind::values;
      if (kind == "files")
        made = StaticRelation::Kind::files;
      else if (kind == "catalogTable")
        made = StaticRelation::Kind::catalog_table;
      else if (kind != "values")
        throw NotModelledError{"static side of kind " + kind};
      query.statics[name] =
          std::make_unique<StaticRelation>(made, read_static_rows(side.at("rows"), strings));
    }
  }
  query.plan = Reader{query, strings}.read(config.at("query"));
  return query;
}

}  // namespace wrackline::conform
