// Replay and tune on columns.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "analysis/python/arrays.hpp"
#include "analysis/python/bindings.hpp"
#include "analysis/python/waiting.hpp"
#include "engine/event_time/strategy/text.hpp"
#include "engine/replay/replay.hpp"
#include "engine/replay/report_json.hpp"
#include "engine/replay/tune.hpp"

namespace wrackline::python {

namespace {

namespace strategy = event_time::strategy;
using replay::ReplayConfig;
using replay::ReplayResult;

replay::WindowSpec window_of(const std::string& text, std::vector<std::string>& problems) {
  // A bare duration is a tumbling window: it is the commonest.
  if (const auto ms = strategy::parse_duration_ms(text)) return replay::WindowSpec::tumbling(*ms);
  const replay::ParsedWindow parsed = replay::parse_window(text);
  if (!parsed.window) problems.push_back("window: " + parsed.error);
  return parsed.window.value_or(replay::WindowSpec{});
}

replay::Aggregate aggregate_of(const std::string& name, std::vector<std::string>& problems) {
  const auto parsed = replay::parse_aggregate(name);
  if (!parsed) problems.push_back("aggregate: '" + name + "' is none of count, sum, min, max, mean");
  return parsed.value_or(replay::Aggregate::count);
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

py::dict rows_of(const std::vector<replay::WindowRow>& rows) {
  std::vector<std::int64_t> start;
  std::vector<std::int64_t> end;
  std::vector<std::int64_t> fired_at;
  std::vector<std::uint32_t> key;
  std::vector<std::uint8_t> late;
  std::vector<std::int64_t> count;
  std::vector<std::int64_t> sum;
  std::vector<std::int64_t> least;
  std::vector<std::int64_t> greatest;
  for (const replay::WindowRow& row : rows) {
    start.push_back(row.start_ms);
    end.push_back(row.end_ms);
    fired_at.push_back(row.fired_at_ms);
    key.push_back(row.key);
    late.push_back(row.timing == replay::PaneTiming::late ? 1 : 0);
    count.push_back(row.count);
    sum.push_back(row.sum);
    least.push_back(row.least);
    greatest.push_back(row.greatest);
  }
  py::dict out;
  out["start_ms"] = owned(std::move(start));
  out["end_ms"] = owned(std::move(end));
  out["fired_at_ms"] = owned(std::move(fired_at));
  out["key"] = owned(std::move(key));
  out["late"] = owned(std::move(late));
  out["count"] = owned(std::move(count));
  out["sum"] = owned(std::move(sum));
  out["least"] = owned(std::move(least));
  out["greatest"] = owned(std::move(greatest));
  return out;
}

py::dict result_of(const ReplayConfig& config, ReplayResult& result) {
  py::dict out;
  out["label"] = lenient(config.label);
  out["rows"] = rows_of(std::exchange(result.rows, {}));
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
  std::string aggregate;
  std::int64_t allowed_lateness_ms = 0;
  std::optional<std::int64_t> max_future_skew_ms;
  std::optional<std::int64_t> max_age_ms;
  bool per_key = false;
  unsigned threads = 1;
};

Common common_of(const py::dict& options) {
  return {options["window"].cast<std::string>(),
          options["aggregate"].cast<std::string>(),
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
  base.window = window_of(common.window, problems);
  base.aggregate = aggregate_of(common.aggregate, problems);
  base.allowed_lateness_ms = common.allowed_lateness_ms;
  base.max_future_skew_ms = common.max_future_skew_ms;
  base.max_age_ms = common.max_age_ms;
  base.early_every_ms = options["early_every_ms"].cast<std::int64_t>();
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
  question.window = window_of(common.window, problems);
  question.aggregate = aggregate_of(common.aggregate, problems);
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
