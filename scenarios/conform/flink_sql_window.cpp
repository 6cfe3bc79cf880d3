// flink.sql_window: queries over window table functions, parallelism 1, UTC.
#include <algorithm>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "engine/event_time/flink/sql_window.hpp"
#include "scenarios/conform/flink_common.hpp"

namespace wrackline::conform {

namespace {

using flink::model::SliceAssigner;
using flink::model::SqlAccumulator;
using flink::model::SqlAggregateRow;
using flink::model::SqlRankedRow;
using flink::model::SqlRanking;
using flink::model::SqlRow;
using flink::model::SqlSessionWindows;
using flink::model::SqlWindowAggregate;
using flink::model::SqlWindowRank;
using flink::model::TimeWindow;

constexpr const char* kPhases = "table.optimizer.agg-phase-strategy";

struct Query {
  bool aggregate = true;
  bool by_key = true;
  bool two_phase = false;
  SqlRanking ranking;
};

Query query_of(const Json& config) {
  Query query;
  const std::string kind = config.at("query_kind");
  const std::string sql = config.at("sql");
  query.aggregate = kind == "aggregate" || kind == "aggregate_without_key";
  query.by_key = kind != "aggregate_without_key";
  const Json settings = config.value("table_config", Json::object());
  flink::only(settings, "setting", {kPhases});
  const std::string phases = settings.value(kPhases, "ONE_PHASE");
  if (phases != "ONE_PHASE" && phases != "TWO_PHASE") throw NotModelledError{"plan " + phases};
  query.two_phase = phases == "TWO_PHASE";
  if (query.aggregate) {
    if (sql.find("COUNT(*), SUM(v)") == std::string::npos) throw NotModelledError{"query " + sql};
  } else if (kind == "top_n") {
    std::smatch order;
    if (!std::regex_search(sql, order, std::regex{R"(ORDER BY v (ASC|DESC), id (ASC|DESC)\))"}))
      throw NotModelledError{"query " + sql};
    query.ranking = {SqlRanking::Kind::top_n, config.at("n"), order[1] == "DESC", order[2] == "DESC"};
  } else if (kind == "deduplicate_keep_first_row") {
    query.ranking.kind = SqlRanking::Kind::keep_first;
  } else if (kind == "deduplicate_keep_last_row") {
    query.ranking.kind = SqlRanking::Kind::keep_last;
  } else {
    throw NotModelledError{"query kind " + kind};
  }
  return query;
}

SliceAssigner assigner_of(const Json& config) {
  const std::string window = config.at("window");
  SliceAssigner assigner;
  assigner.offset_ms = config.value("offset", std::int64_t{0});
  if (window == "tumble") {
    assigner.size_ms = assigner.step_ms = config.at("size");
  } else if (window == "hop") {
    assigner.kind = SliceAssigner::Kind::hop;
    assigner.size_ms = config.at("size");
    assigner.step_ms = config.at("slide");
  } else if (window == "cumulate") {
    assigner.kind = SliceAssigner::Kind::cumulate;
    assigner.size_ms = config.at("max_size");
    assigner.step_ms = config.at("step");
  } else {
    throw NotModelledError{"window " + window};
  }
  if (assigner.size_ms <= 0 || assigner.step_ms <= 0) throw NotModelledError{"a window without a length"};
  return assigner;
}

class Steps {
 public:
  Steps(const Json& config, const Query& query) : query_{query} {
    if (config.at("window") == "session") {
      sessions_.emplace(config.at("gap").get<std::int64_t>());
    } else if (query.aggregate) {
      aggregate_.emplace(assigner_of(config), query.two_phase);
    } else {
      rank_.emplace(assigner_of(config), query.ranking);
    }
  }

  Json operator()(const Json& in) {
    flink::only(in, "operation", {"row", "watermark", "end_of_input"});
    if (in.contains("row")) {
      add(in.at("row"));
      return Json::object();
    }
    const std::int64_t watermark =
        in.contains("watermark") ? in.at("watermark").get<std::int64_t>() : event_time::kMaxTimestamp;
    std::vector<Json> rows = advance(watermark);
    // The order of rows that one watermark fires is not defined: the recordings sort them.
    std::sort(rows.begin(), rows.end());
    return {{"rows", rows}};
  }

 private:
  void add(const Json& in) {
    flink::only(in, "column", {"k", "id", "v", "ts"});
    const SqlRow row{query_.by_key ? keys_.id(in.at("k")) : 0, in.at("id"), in.at("v"), in.at("ts")};
    if (sessions_) sessions_->add(row);
    if (aggregate_) aggregate_->add(row.key, row.ts, row.value);
    if (rank_) rank_->add(row);
  }

  std::vector<Json> advance(std::int64_t watermark) {
    std::vector<SqlAggregateRow> aggregates;
    std::vector<SqlRankedRow> ranked;
    if (aggregate_) aggregate_->advance_watermark(watermark, aggregates);
    if (rank_) rank_->advance_watermark(watermark, ranked);
    if (sessions_) {
      std::vector<SqlSessionWindows::Session> fired;
      sessions_->advance_watermark(watermark, fired);
      for (SqlSessionWindows::Session& session : fired) {
        if (query_.aggregate) {
          SqlAggregateRow row{session.rows.front().key, session.window, {}};
          for (const SqlRow& one : session.rows) row.value.add(one.value);
          aggregates.push_back(row);
        } else {
          query_.ranking.apply(session.rows);
          std::int64_t rank = 0;
          for (const SqlRow& row : session.rows) ranked.push_back({row, session.window, ++rank});
        }
      }
    }
    std::vector<Json> rows;
    for (const SqlAggregateRow& row : aggregates) {
      Json out = head(row.key, row.window);
      out.push_back(row.value.count);
      out.push_back(row.value.sum);
      rows.push_back(std::move(out));
    }
    for (const SqlRankedRow& row : ranked) {
      Json out = head(row.row.key, row.window);
      out.push_back(row.row.id);
      out.push_back(row.row.value);
      if (query_.ranking.kind == SqlRanking::Kind::top_n) out.push_back(row.rank);
      rows.push_back(std::move(out));
    }
    return rows;
  }

  Json head(std::uint32_t key, const TimeWindow& window) const {
    Json out = Json::array({"+I"});
    if (query_.by_key) out.push_back(keys_.name(key));
    out.push_back(window.start);
    out.push_back(window.end);
    return out;
  }

  Query query_;
  flink::Names keys_;
  std::optional<SqlWindowAggregate> aggregate_;
  std::optional<SqlWindowRank> rank_;
  std::optional<SqlSessionWindows> sessions_;
};

}  // namespace

Session open_flink_sql_window(const Json& recorded_case) {
  flink::version_of(recorded_case);
  const Json& config = recorded_case.at("config");
  flink::only(config, "setting",
              {"window", "size", "slide", "step", "max_size", "gap", "offset", "n", "query_kind", "sql",
               "table_config"});
  const Query query = query_of(config);
  if (query.aggregate && config.at("window") != "session")
    for (const std::string& problem : assigner_of(config).aggregate_problems())
      return {flink::error("org.apache.flink.table.api.TableException", problem), {}};
  return {{}, steps_of<Steps>(config, query)};
}

}  // namespace wrackline::conform
