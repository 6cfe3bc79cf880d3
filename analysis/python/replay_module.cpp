// Replay and tune on columns.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "analysis/python/arrays.hpp"
#include "analysis/python/bindings.hpp"
#include "analysis/python/waiting.hpp"
#include "analysis/python/window_text.hpp"
#include "engine/event_time/strategy/text.hpp"
#include "engine/replay/replay.hpp"
#include "engine/replay/report_json.hpp"
#include "engine/replay/tune.hpp"

namespace wrackline::python {

namespace {

namespace strategy = event_time::strategy;
using replay::ReplayConfig;
using replay::ReplayResult;

replay::AggregateList aggregates_of(const py::dict& options, std::vector<std::string>& problems) {
  const auto names = options["aggregates"].cast<std::vector<std::string>>();
  auto quantile = options["quantile"].cast<std::optional<double>>();
  // It has a value without being asked for; who asks for no quantile need not know of it.
  const bool wanted = std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name.find("quantile") != std::string::npos;
  });
  if (!wanted) quantile.reset();
  replay::ParsedAggregates parsed = replay::parse_aggregates(names, quantile);
  for (const std::string& error : parsed.errors) problems.push_back("aggregate: " + error);
  return parsed.errors.empty() ? parsed.list : replay::AggregateList{};
}

/// The text form, or JSON if it is an object. Without a scope of its own a watermark is that of the task: the
/// keys of a trace are no partitions.
ReplayConfig with_watermark(const ReplayConfig& common, const std::string& text, bool json, bool per_key,
                            std::vector<std::string>& problems) {
  ReplayConfig config = common;
  config.label = text;
  strategy::ParsedBlock parsed;
  bool scoped = false;
  if (json) {
    const nlohmann::json value = nlohmann::json::parse(text);
    scoped = value.is_object() && value.contains("scope");
    parsed = strategy::parse_json(value);
  } else {
    scoped = text.find("scope=") != std::string::npos;
    parsed = strategy::parse_text(text);
  }
  for (const std::string& error : parsed.errors) problems.push_back("watermark " + text + ": " + error);
  if (!parsed.block) return config;
  config.watermark = *parsed.block;
  if (per_key) {
    config.watermark.options.scope = strategy::Scope::partition;
  } else if (!scoped) {
    config.watermark.options.scope = strategy::Scope::task;
  }
  for (const std::string& problem : config.problems())
    problems.push_back("watermark " + text + ": " + problem);
  return config;
}

/// A column an aggregate that is more than count, sum, least, greatest: whole numbers, but for means and
/// sketches.
void add_aggregates(const replay::AggregateList& list, const ReplayResult& result, py::dict& out) {
  using Function = replay::AggregateSpec::Function;
  std::size_t detailed = 0;
  for (const replay::AggregateSpec& spec : list.specs) detailed += replay::is_detailed(spec) ? 1 : 0;
  std::size_t place = 0;
  for (const replay::AggregateSpec& spec : list.specs) {
    const std::string name{replay::name_of(spec.function)};
    if (spec.function == Function::mean) {
      std::vector<double> means;
      for (const replay::WindowRow& row : result.rows)
        means.push_back(static_cast<double>(row.sum) / static_cast<double>(row.count));
      out[name.c_str()] = owned(std::move(means));
    }
    if (!replay::is_detailed(spec)) continue;
    std::vector<std::int64_t> whole;
    std::vector<double> real;
    for (std::size_t i = place++; i < result.row_results.size(); i += detailed) {
      whole.push_back(result.row_results[i].value);
      real.push_back(result.row_results[i].real);
    }
    out[name.c_str()] = spec.is_sketch() ? owned(std::move(real)) : owned(std::move(whole));
  }
}

py::dict rows_of(const replay::AggregateList& list, const ReplayResult& result) {
  const std::size_t rows = result.rows.size();
  std::vector<std::int64_t> start(rows), end(rows), fired_at(rows), count(rows), sum(rows), least(rows),
      greatest(rows);
  std::vector<std::uint32_t> key(rows);
  std::vector<std::uint8_t> late(rows), pane(rows), retraction(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const replay::WindowRow& row = result.rows[i];
    start[i] = row.start_ms;
    end[i] = row.end_ms;
    fired_at[i] = row.fired_at_ms;
    key[i] = row.key;
    late[i] = row.timing == replay::PaneTiming::late ? 1 : 0;
    pane[i] = static_cast<std::uint8_t>(row.timing);
    retraction[i] = row.retraction ? 1 : 0;
    count[i] = row.count;
    sum[i] = row.sum;
    least[i] = row.least;
    greatest[i] = row.greatest;
  }
  py::dict out;
  out["start_ms"] = owned(std::move(start));
  out["end_ms"] = owned(std::move(end));
  out["fired_at_ms"] = owned(std::move(fired_at));
  out["key"] = owned(std::move(key));
  out["late"] = owned(std::move(late));
  out["pane_code"] = owned(std::move(pane));
  out["retraction"] = owned(std::move(retraction));
  out["count"] = owned(std::move(count));
  out["sum"] = owned(std::move(sum));
  out["least"] = owned(std::move(least));
  out["greatest"] = owned(std::move(greatest));
  add_aggregates(list, result, out);
  return out;
}

py::dict result_of(const ReplayConfig& config, ReplayResult& result) {
  py::dict out;
  out["label"] = lenient(config.label);
  out["rows"] = rows_of(config.aggregates, result);
  result.rows.clear();
  result.row_results.clear();
  out["rows_left_out"] = std::exchange(result.rows_left_out, 0);
  std::vector<std::uint8_t> fates(result.fates.size());
  for (std::size_t i = 0; i < fates.size(); ++i) fates[i] = static_cast<std::uint8_t>(result.fates[i]);
  out["fates"] = config.keep_fates ? py::object(owned(std::move(fates))) : py::none();
  out["met_watermark_ms"] =
      config.keep_fates ? py::object(owned(std::exchange(result.met_watermark_ms, {}))) : py::none();
  out["json"] = replay::to_json(config, result).dump();
  out["block"] = replay::block_json(config.watermark).dump();
  return out;
}

struct Common {
  std::string window;
  std::int64_t allowed_lateness_ms = 0;
  std::optional<std::int64_t> max_future_skew_ms;
  std::optional<std::int64_t> max_age_ms;
  bool per_key = false;
  unsigned threads = 1;
};

Common common_of(const py::dict& options) {
  return {options["window"].cast<std::string>(),
          options["allowed_lateness_ms"].cast<std::int64_t>(),
          options["max_future_skew_ms"].cast<std::optional<std::int64_t>>(),
          options["max_age_ms"].cast<std::optional<std::int64_t>>(),
          options["per_key"].cast<bool>(),
          options["threads"].cast<unsigned>()};
}

replay::Columns columns_of(const TraceArrays& arrays) {
  arrays.check();
  return {span_of(arrays.event_ms), span_of(arrays.arrival_ms), span_of(arrays.key), span_of(arrays.value)};
}

py::list run_replay(const Times& event_ms, const Times& arrival_ms, const std::optional<Keys>& key,
                    const std::optional<Times>& value,
                    const std::vector<std::pair<std::string, bool>>& watermarks, const py::dict& options) {
  const TraceArrays arrays{event_ms, arrival_ms, key, value};
  const replay::Columns columns = columns_of(arrays);
  const Common common = common_of(options);
  std::vector<std::string> problems;
  ReplayConfig base;
  base.window = window_spec(common.window, problems);
  base.aggregates = aggregates_of(options, problems);
  base.allowed_lateness_ms = common.allowed_lateness_ms;
  base.max_future_skew_ms = common.max_future_skew_ms;
  base.max_age_ms = common.max_age_ms;
  base.early_every_ms = options["early_every_ms"].cast<std::int64_t>();
  base.early_every_records = options["early_records"].cast<std::int64_t>();
  base.accumulation = accumulation_of(options["accumulation"].cast<std::string>(), problems);
  base.phase_ms = options["phase_ms"].cast<std::int64_t>();
  base.keep_fates = options["keep_fates"].cast<bool>();
  base.most_rows = options["most_rows"].cast<std::size_t>();
  const auto rows = options["rows"].cast<std::string>();
  base.rows = rows == "keys"      ? replay::RowsOf::keys
              : rows == "windows" ? replay::RowsOf::windows
                                  : replay::RowsOf::nothing;
  std::vector<ReplayConfig> configs;
  for (const auto& [text, json] : watermarks)
    configs.push_back(with_watermark(base, text, json, common.per_key, problems));
  refuse(problems);
  replay::ReplayOutcome outcome;
  interruptible([&](const std::atomic<bool>& stop) {
    outcome = replay::replay(configs, columns, common.threads, &stop);
  });
  if (!outcome.error.empty()) throw py::value_error(outcome.error);
  py::list all;
  for (std::size_t i = 0; i < configs.size(); ++i) all.append(result_of(configs[i], outcome.results[i]));
  return all;
}

py::object run_tune(const Times& event_ms, const Times& arrival_ms, const std::optional<Keys>& key,
                    const std::optional<Times>& value, const py::dict& options) {
  const TraceArrays arrays{event_ms, arrival_ms, key, value};
  const replay::Columns columns = columns_of(arrays);
  const Common common = common_of(options);
  std::vector<std::string> problems;
  replay::TuneQuestion question;
  question.window = window_spec(common.window, problems);
  question.aggregates = aggregates_of(options, problems);
  question.allowed_lateness_ms = common.allowed_lateness_ms;
  question.max_future_skew_ms = common.max_future_skew_ms;
  question.max_age_ms = common.max_age_ms;
  question.late_rate = options["late_rate"].cast<double>();
  question.p99_ms = options["p99_ms"].cast<std::optional<std::int64_t>>();
  question.holdout = options["holdout"].cast<double>();
  question.level = options["level"].cast<double>();
  question.grid.per_key = common.per_key;
  question.grid.interval_ms = options["interval_ms"].cast<std::int64_t>();
  question.grid.strategies = options["strategies"].cast<std::vector<std::string>>();
  if (problems.empty()) problems = question.problems();
  refuse(problems);
  replay::TuneReport report;
  interruptible([&](const std::atomic<bool>& stop) {
    report = replay::tune(question, columns, common.threads, &stop);
  });
  if (!report.error.empty()) throw py::value_error(report.error);
  return py::str(replay::to_json(question, report).dump());
}

}  // namespace

void bind_replay(py::module_& module) {
  module.def("replay", run_replay, py::arg("event_ms"), py::arg("arrival_ms"), py::arg("key").none(true),
             py::arg("value").none(true), py::arg("watermarks"), py::arg("options"));
  module.def("tune", run_tune, py::arg("event_ms"), py::arg("arrival_ms"), py::arg("key").none(true),
             py::arg("value").none(true), py::arg("options"));
  module.attr("MIN_TIMESTAMP") = event_time::kMinTimestamp;
  module.attr("MAX_TIMESTAMP") = event_time::kMaxTimestamp;
}

}  // namespace wrackline::python
