// spark.watermark, spark.dedup, spark.join, spark.chained, spark.join_static, spark.state: whole queries,
// micro-batch by micro-batch.
//
// A case recorded on several releases is replayed once for each: `also` names them, `differs` says what the
// other one calls differently. Messages of errors are not compared (the recordings' README says so);
// exception, cause and condition are.
//
// A query without a recording says `started` (false: its first `start` is a step) instead of its steps, and
// `messages`: errors with our sentence. It may ask for the `columns` of its rows.
#include <optional>
#include <set>

#include "engine/event_time/spark/processing_time_executor.hpp"
#include "scenarios/conform/spark_query.hpp"

namespace wrackline::conform {

namespace {

using namespace event_time::spark;

Version version_of(const std::string& release) {
  if (release.starts_with("3.5.")) return Version::v3_5;
  if (release.starts_with("4.0.")) return Version::v4_0;
  throw NotModelledError{"release " + release};
}

Json failure_json(const QueryFailure& failure, bool with_message) {
  Json out{{"exception", failure.exception}, {"cause", failure.cause}};
  if (failure.condition) out["condition"] = *failure.condition;
  if (with_message) out["message"] = failure.message;
  return out;
}

Json batch_json(const BatchProgress& progress, bool with_average, const SparkStrings& strings) {
  Json out{{"batchId", progress.batch_id},
           {"watermarkMs", progress.watermark_ms},
           {"nextWatermarkMs", progress.next_watermark_ms},
           {"rows", spark_rows(progress.rows, strings)},
           {"inputRows", progress.input_rows}};
  if (progress.event_time) {
    Json& times = out["eventTime"];
    times["watermark"] = progress.event_time->watermark_ms;
    if (const auto& stats = progress.event_time->stats) {
      times["min"] = stats->min_ms;
      times["max"] = stats->max_ms;
      if (with_average) times["avg"] = static_cast<std::int64_t>(stats->avg_ms);
    }
  }
  for (const OperatorProgress& op : progress.operators) {
    Json state{{"op", op.name},
               {"total", op.metrics.total},
               {"updated", op.metrics.updated},
               {"removed", op.metrics.removed},
               {"dropped", op.metrics.dropped}};
    if (op.deduplicates) state["dupDropped"] = op.metrics.duplicates;
    out["state"].push_back(std::move(state));
  }
  return out;
}

class Steps {
 public:
  Steps(const Json& recorded, Version version)
      : version_{version}, with_messages_{recorded.value("messages", false)} {
    const Json& config = recorded.at("config");
    for (const auto& [name, value] : config.items())
      if (!kConfig.contains(name)) throw NotModelledError{"config " + name};
    read_conf(config);
    read_clock(config);
    query_ = read_spark_query(config, strings_);
    with_average_ = query_.sources.size() == 1 && query_.sources.front().partitions == 1;
    for (const Column& column : query_.plan->schema) columns_.push_back(column.name);
    std::vector<StaticRelation*> statics;
    for (auto& [name, relation] : query_.statics) statics.push_back(relation.get());
    run_.emplace(std::move(query_.plan), std::vector<Schema>(query_.sources.size(), spark_source_schema()),
                 std::move(statics), conf_);
    bool starts_itself = !recorded.value("started", true);
    if (recorded.contains("steps"))
      for (const Json& step : recorded.at("steps"))
        starts_itself = starts_itself || step.at("in").contains("start");
    // Otherwise the query was started before the first step.
    if (!starts_itself && !illegal_conf_) start_failure_ = run_->start();
    running_ = !starts_itself;
  }

  Json operator()(const Json& in) {
    if (in.contains("columns")) return columns_;
    for (const auto& [name, value] : in.items())
      if (!kIn.contains(name)) throw NotModelledError{"step with " + name};
    if (in.contains("setConf")) {
      if (!illegal_conf_) throw NotModelledError{"setConf"};
      return {
          {"error", failure_json({"IllegalArgumentException", "IllegalArgumentException", {}, ""}, false)}};
    }
    if (illegal_conf_) throw NotModelledError{"a query with an illegal setting"};

    Json out{{"batches", Json::array()}};
    if (in.contains("writeStatic")) write_statics(in.at("writeStatic"));
    if (in.value("stop", false)) running_ = false;
    if (in.contains("delete")) delete_files(in.at("delete"));
    if (in.contains("add")) add(in.at("add"));
    std::string trigger;
    if (in.contains("start")) {
      trigger = start_trigger(in.at("start"));
      start_failure_ = run_->start();
      running_ = true;
    }
    if (start_failure_) {
      out["error"] = failure_json(*start_failure_, with_messages_);
      start_failure_.reset();
    } else if (running_ && trigger_) {
      fire(in, out);
    } else if (running_) {
      run_batches(in, trigger, out);
    }
    if (!trigger.empty()) running_ = false;
    if (in.value("sinkContents", false)) {
      for (Json* const sink : {&plain_sink_, &idempotent_sink_}) sort_spark_rows(*sink);
      out["plainSink"] = plain_sink_;
      out["idempotentSink"] = idempotent_sink_;
    }
    return out;
  }

 private:
  void read_conf(const Json& config) {
    const std::string mode = config.at("outputMode");
    if (mode == "update")
      conf_.execution.mode = OutputMode::update;
    else if (mode == "complete")
      conf_.execution.mode = OutputMode::complete;
    else if (mode != "append")
      throw NotModelledError{"output mode " + mode};
    conf_.execution.version = version_;
    if (!config.contains("conf")) return;
    for (const auto& [name, value] : config.at("conf").items()) {
      const auto text = value.get<std::string>();
      if (name == "spark.sql.streaming.noDataMicroBatches.enabled")
        conf_.no_data_batches = text == "true";
      else if (name == "spark.sql.streaming.statefulOperator.allowMultiple")
        conf_.execution.allow_multiple = text == "true";
      else if (name == "spark.sql.streaming.sessionWindow.merge.sessions.in.local.partition")
        conf_.execution.merge_sessions_in_partition = text == "true";
      else if (name == "spark.sql.streaming.multipleWatermarkPolicy") {
        const auto policy = parse_policy(text);
        illegal_conf_ = !policy;
        if (policy) conf_.policy = *policy;
      } else if (name != "spark.sql.shuffle.partitions") {
        // How many partitions the state has changes no decision: one key is always in one of them.
        throw NotModelledError{"setting " + name};
      }
    }
  }

  /// A processing-time trigger on a clock that the steps set.
  void read_clock(const Json& config) {
    if (config.contains("trigger")) {
      if (config.at("trigger") != "manualClock") throw NotModelledError{"trigger of the case"};
      trigger_.emplace(config.at("triggerIntervalMs").get<std::int64_t>());
      clock_ms_ = config.value("clockStartMs", std::int64_t{0});
      target_ms_ = trigger_->next_batch_time_ms(clock_ms_);
    } else if (config.at("query").value("timeout", "") == "ProcessingTimeTimeout") {
      throw NotModelledError{"processing-time timeouts on the machine's clock"};
    }
  }

  std::string start_trigger(const Json& start) {
    if (start.contains("clockMs") && trigger_) {
      clock_ms_ = start.at("clockMs");
      target_ms_ = clock_ms_;
    }
    for (const auto& [name, value] : start.items())
      if (name != "trigger" && !(name == "clockMs" && trigger_)) throw NotModelledError{"start with " + name};
    const std::string trigger = start.value("trigger", "");
    if (!trigger.empty() && trigger != "once" && trigger != "availableNow" && trigger != "default")
      throw NotModelledError{"trigger " + trigger};
    return trigger == "default" ? "" : trigger;
  }

  void write_statics(const Json& writes) {
    for (const auto& [name, write] : writes.items()) {
      const std::string mode = write.at("mode");
      StaticRelation::Write how = StaticRelation::Write::append;
      if (mode == "overwrite")
        how = StaticRelation::Write::overwrite;
      else if (mode == "overwriteInPlace")
        how = StaticRelation::Write::overwrite_in_place;
      else if (mode != "append")
        throw NotModelledError{"write " + mode};
      query_.statics.at(name)->write(how, read_static_rows(write.at("rows"), strings_));
    }
  }

  void delete_files(const Json& names) {
    const Json newest = Json::array({"commits/" + std::to_string(run_->last_batch_id())});
    if (run_->last_batch_id() < 0 || names != newest || run_->keeps_state() || run_->has_watermark())
      throw NotModelledError{"lost checkpoint files other than the newest commit of a stateless query"};
    run_->lose_last_commit();
  }

  void add(const Json& chunk) {
    for (const auto& [name, rows] : chunk.items()) {
      std::size_t at = 0;
      while (at < query_.sources.size() && query_.sources[at].name != name) ++at;
      if (at == query_.sources.size()) throw NotModelledError{"data for source " + name};
      run_->add(at, read_spark_rows(rows, strings_), query_.sources[at].partitions);
    }
  }

  /// On the manual clock: at most one firing a step, and at most one batch a firing.
  void fire(const Json& in, Json& out) {
    if (in.contains("burst")) throw NotModelledError{"a burst on a manual clock"};
    if (in.contains("advanceTo")) clock_ms_ = in.at("advanceTo");
    if (clock_ms_ < target_ms_) return;
    target_ms_ = trigger_->next_batch_time_ms(clock_ms_);
    auto outcome = run_->next_batch(clock_ms_);
    if (outcome.failure) out["error"] = failure_json(*outcome.failure, with_messages_);
    if (!outcome.batch) return;
    out["batches"].push_back(batch_json(*outcome.batch, with_average_, strings_));
    out["batches"].back()["batchTimestampMs"] = clock_ms_;
    remember(*outcome.batch);
  }

  /// Chunks of a burst after the first come from inside the sink call of the batch before.
  void run_batches(const Json& in, const std::string& trigger, Json& out) {
    const Json burst = in.value("burst", Json::array());
    std::size_t next_chunk = 0;
    if (!burst.empty()) add(burst.at(next_chunk++));
    while (true) {
      auto outcome = run_->next_batch();
      if (outcome.failure) out["error"] = failure_json(*outcome.failure, with_messages_);
      if (!outcome.batch) break;
      out["batches"].push_back(batch_json(*outcome.batch, with_average_, strings_));
      remember(*outcome.batch);
      if (trigger == "once") break;
      if (next_chunk < burst.size()) add(burst.at(next_chunk++));
    }
  }

  void remember(const BatchProgress& progress) {
    const Json rows = spark_rows(progress.rows, strings_);
    plain_sink_.insert(plain_sink_.end(), rows.begin(), rows.end());
    if (progress.batch_id <= in_sink_) return;
    in_sink_ = progress.batch_id;
    idempotent_sink_.insert(idempotent_sink_.end(), rows.begin(), rows.end());
  }

  static inline const std::set<std::string> kConfig{
      "outputMode", "sources", "conf", "query", "statics", "trigger", "triggerIntervalMs", "clockStartMs"};
  static inline const std::set<std::string> kIn{
      "add", "burst", "start", "stop", "delete", "writeStatic", "sinkContents", "setConf", "advanceTo"};

  Version version_;
  SparkStrings strings_;
  QueryConf conf_;
  bool illegal_conf_ = false;
  SparkQuery query_;
  Json columns_ = Json::array();
  std::optional<MicroBatchExecution> run_;
  std::optional<ProcessingTimeExecutor> trigger_;  ///< set: a manual clock
  std::int64_t clock_ms_ = 0;
  std::int64_t target_ms_ = 0;
  std::optional<QueryFailure> start_failure_;
  bool running_ = false;
  bool with_average_ = false;
  bool with_messages_;
  Json plain_sink_ = Json::array();
  Json idempotent_sink_ = Json::array();
  std::int64_t in_sink_ = -1;
};

/// steps[0].out.error -> /steps/0/out/error
Json::json_pointer pointer(const std::string& at) {
  std::string path = "/";
  for (const char c : at) {
    if (c == '.' || c == '[')
      path += '/';
    else if (c != ']')
      path += c;
  }
  return Json::json_pointer{path};
}

/// Operators that the other release calls by another name.
void rename_operators(Json& recorded, const Json& here, const Json& is) {
  for (Json& step : recorded.at("steps")) {
    if (!step.at("out").contains("batches")) continue;
    for (Json& batch : step["out"]["batches"]) {
      if (!batch.contains("state")) continue;
      for (Json& op : batch["state"])
        if (op.at("op") == here) op["op"] = is;
    }
  }
}

/// The case as `release` gave it; nothing where the recording describes the difference in a way not known
/// here.
std::optional<Json> as_recorded_on(const Json& recorded, const std::string& release) {
  Json seen = recorded;
  if (recorded.contains("differs") && recorded.at("differs").contains(release)) {
    for (const Json& place : recorded.at("differs").at(release)) {
      const std::string at = place.at("at");
      if (at == "state[].op")
        rename_operators(seen, place.at("here"), place.at("is"));
      else if (at.find("[]") == std::string::npos && seen.contains(pointer(at)))
        seen[pointer(at)] = place.value("is", Json{});
      else
        return std::nullopt;
    }
  }
  for (Json& step : seen.at("steps"))
    if (step.at("out").contains("error")) step["out"]["error"].erase("message");
  return seen;
}

}  // namespace

Session open_spark_query(const Json& recorded_case) {
  return {{}, steps_of<Steps>(recorded_case, version_of(recorded_case.at("version")))};
}

Outcome spark_query(const Json& recorded_case) {
  std::vector<std::string> releases = recorded_case.value("also", std::vector<std::string>{});
  releases.insert(releases.begin(), recorded_case.at("version"));
  Outcome outcome = Agree{};
  for (const std::string& release : releases) {
    std::optional<Json> seen = as_recorded_on(recorded_case, release);
    if (!seen) continue;
    (*seen)["version"] = release;
    outcome = judge(*seen, open_spark_query);
    if (!std::holds_alternative<Agree>(outcome)) break;
  }
  return outcome;
}

}  // namespace wrackline::conform
