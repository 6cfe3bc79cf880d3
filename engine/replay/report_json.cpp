#include "engine/replay/report_json.hpp"

#include <nlohmann/json.hpp>

#include "engine/event_time/strategy/text.hpp"
#include "engine/replay/meaningless.hpp"

namespace wrackline::replay {

namespace strategy = event_time::strategy;
using Json = nlohmann::ordered_json;

namespace {

Json or_null(const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(nullptr); }

Json spread_json(const Spread& spread, std::uint64_t missing) {
  return {{"mean_ms", spread.count() == 0 ? Json(nullptr) : Json(spread.mean())},
          {"p50_ms", or_null(spread.quantile(5000))},
          {"p95_ms", or_null(spread.quantile(9500))},
          {"p99_ms", or_null(spread.quantile(9900))},
          {"least_ms", or_null(spread.least())},
          {"greatest_ms", or_null(spread.greatest())},
          {"count", spread.count()},
          {"missing", missing}};
}

/// Of a quantity that windows of this kind do not have.
Json no_spread() {
  return {{"mean_ms", nullptr},  {"p50_ms", nullptr},      {"p95_ms", nullptr}, {"p99_ms", nullptr},
          {"least_ms", nullptr}, {"greatest_ms", nullptr}, {"count", 0},        {"missing", nullptr}};
}

Json errors_json(const AggregateList& aggregates, const WindowFigures& windows) {
  Json all = Json::array();
  const std::vector<SketchPair> pairs = aggregates.pairs();
  const auto ratio = [](std::optional<std::int64_t> ppm) {
    return ppm ? Json(static_cast<double>(*ppm) / 1e6) : Json(nullptr);
  };
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Spread none;
    const Spread& off = i < windows.sketch_errors_ppm.size() ? windows.sketch_errors_ppm[i] : none;
    all.push_back({{"sketch", std::string{name_of(aggregates.specs[pairs[i].sketch].function)}},
                   {"against", std::string{name_of(aggregates.specs[pairs[i].exact].function)}},
                   {"results", off.count()},
                   {"mean", off.count() == 0 ? Json(nullptr) : Json(off.mean() / 1e6)},
                   {"p50", ratio(off.quantile(5000))},
                   {"p99", ratio(off.quantile(9900))},
                   {"greatest", ratio(off.greatest())}});
  }
  return all;
}

Json pane_json(const PaneCount& panes) { return {{"panes", panes.panes}, {"records", panes.records}}; }

Json completeness_json(const WindowSpec& window, const ReplayResult& result) {
  return knows_completeness(window.kind) ? Json(result.completeness()) : Json(nullptr);
}

Json state_json(const ReplayResult& result) {
  const WindowFigures& windows = result.windows;
  return {{"peak_windows", windows.peak_windows},
          {"peak_slices", windows.peak_slices},
          {"peak_cells", windows.peak_cells},
          {"peak_records", windows.peak_records},
          {"bytes", result.state_bytes},
          {"slice_updates", windows.slice_updates},
          {"bucket_updates", windows.bucket_updates},
          {"combines", windows.combines},
          {"merges", windows.merges},
          {"strategy_bytes", result.strategy_bytes}};
}

std::string_view pane_name(PaneTiming timing) {
  switch (timing) {
    case PaneTiming::early:
      return "early";
    case PaneTiming::on_time:
      return "on_time";
    case PaneTiming::late:
      break;
  }
  return "late";
}

Json rows_json(const ReplayConfig& config, const ReplayResult& result) {
  Json rows = Json::array();
  std::size_t at = 0;
  for (const WindowRow& row : result.rows) {
    Json one{{"start_ms", row.start_ms},
             {"end_ms", row.end_ms},
             {"fired_at_ms", row.fired_at_ms},
             {"key", row.key},
             {"pane", std::string{pane_name(row.timing)}},
             {"count", row.count},
             {"sum", row.sum},
             {"least", row.least},
             {"greatest", row.greatest}};
    if (row.retraction) one["retraction"] = true;
    for (const AggregateSpec& spec : config.aggregates.specs) {
      if (!is_detailed(spec)) continue;
      const AggregateResult& value = result.row_results[at++];
      one[std::string{name_of(spec.function)}] = spec.is_sketch() ? Json(value.real) : Json(value.value);
    }
    rows.push_back(std::move(one));
  }
  return rows;
}

Json value_json(const strategy::Parameter& parameter, const strategy::ParameterValue& value) {
  switch (parameter.type) {
    case strategy::ParameterType::integer:
      return value.integer;
    case strategy::ParameterType::boolean:
      return value.integer != 0;
    case strategy::ParameterType::number:
    case strategy::ParameterType::ratio:
      return value.number;
    case strategy::ParameterType::duration:
      return strategy::format_duration_ms(value.integer);
    case strategy::ParameterType::choice:
      break;
  }
  return std::string{parameter.choices[static_cast<std::size_t>(value.integer)]};
}

}  // namespace

Json block_json(const strategy::Block& block) {
  const strategy::StrategyType& type = *block.spec.type;
  const strategy::Spec fallback = strategy::defaults(type);
  Json settings = Json::object();
  bool only_first = true;
  for (std::size_t i = 0; i < type.parameters.size(); ++i) {
    // The parameter that names the strategy's distance is always said; the others where they differ.
    if (i > 0 && block.spec.values[i] == fallback.values[i]) continue;
    settings[std::string{type.parameters[i].name}] = value_json(type.parameters[i], block.spec.values[i]);
    if (i > 0) only_first = false;
  }
  Json out = Json::object();
  const bool shorthand = only_first && settings.size() == 1;
  out[std::string{type.name}] = shorthand ? settings.begin().value() : settings;
  for (const strategy::OptionField& field : strategy::option_fields()) {
    if (field.parameter.name == "scope" && block.options.scope == type.default_scope) continue;
    const std::string text = field.text(block.options);
    if (!text.empty()) out[std::string{field.parameter.name}] = text;
  }
  return out;
}

Json to_json(const ReplayConfig& config, const ReplayResult& result) {
  const WindowFigures& windows = result.windows;
  Json json{{"watermark", strategy::to_text(config.watermark)},
            {"window", to_text(config.window)},
            {"allowed_lateness_ms", config.allowed_lateness_ms},
            {"aggregate", config.aggregates.text()},
            {"records", result.records},
            {"rejected_future", result.rejected_future},
            {"rejected_old", result.rejected_old},
            {"behind", result.behind},
            {"behind_rate", result.behind_rate()},
            {"dropped", result.dropped},
            {"dropped_rate", result.dropped_rate()},
            {"no_window", result.no_window},
            {"lag", spread_json(result.lag, result.before_first_watermark)},
            {"mean_lag_over_time_ms", result.mean_lag_over_time_ms},
            {"watermark_messages", result.watermark_messages},
            {"adaptations", result.strategy.adaptations},
            {"fallbacks", result.strategy.fallbacks},
            {"slack_ms", result.slack_ms},
            {"monotonicity_violations", result.monotonicity_violations},
            {"result_latency", ends_in_time(config.window.kind)
                                   ? spread_json(windows.firing_delay, windows.overdue.count())
                                   : no_spread()},
            {"record_latency", spread_json(windows.record_latency, result.without_result())},
            {"completeness", completeness_json(config.window, result)},
            {"early", pane_json(windows.early)},
            {"on_time", pane_json(windows.on_time)},
            {"late", pane_json(windows.late)},
            {"retractions", windows.retractions},
            {"partly_late", windows.partly_late},
            {"lost", knows_completeness(config.window.kind) ? Json(windows.lost) : Json(nullptr)},
            {"unfired", windows.unfired},
            {"unfired_windows", windows.unfired_windows},
            {"results", windows.results},
            {"state", state_json(result)},
            {"first_arrival_ms", result.first_arrival_ms},
            {"last_arrival_ms", result.last_arrival_ms}};
  if (const auto p = config.aggregates.quantile()) json["quantile"] = *p;
  if (!config.aggregates.pairs().empty()) json["sketch_errors"] = errors_json(config.aggregates, windows);
  for (const Meaningless& what : meaningless(config.window.kind))
    json["not_applicable"][std::string{what.figure}] = std::string{what.why};
  if (!result.rows.empty() || result.rows_left_out > 0) {
    json["rows"] = rows_json(config, result);
    json["rows_left_out"] = result.rows_left_out;
  }
  return json;
}

Json to_json(const TuneQuestion& question, const TuneReport& report) {
  Json candidates = Json::array();
  for (const TuneCandidate& candidate : report.candidates) {
    const ReplayResult& first = candidate.first;
    Json one{{"watermark", strategy::to_text(candidate.watermark)},
             {"strategy", std::string{candidate.watermark.spec.type->name}},
             {"block", block_json(candidate.watermark)},
             {"dropped", first.dropped},
             {"dropped_rate", first.dropped_rate()},
             {"interval", {candidate.interval.low, candidate.interval.high}},
             {"clustering", candidate.interval.phi},
             {"behind_rate", first.behind_rate()},
             {"partly_late", first.windows.partly_late},
             {"p50_ms", or_null(candidate.p50_ms)},
             {"p95_ms", or_null(candidate.p95_ms)},
             {"p99_ms", or_null(candidate.p99_ms)},
             {"overdue_windows", first.windows.overdue.count()},
             {"completeness", completeness_json(question.window, first)},
             {"early", pane_json(first.windows.early)},
             {"on_time", pane_json(first.windows.on_time)},
             {"late", pane_json(first.windows.late)},
             {"state", state_json(first)},
             {"front", candidate.on_front},
             {"keeps_late_rate", candidate.keeps_late_rate},
             {"keeps_p99", candidate.keeps_p99}};
    if (candidate.second.records > 0) {
      one["held_out"] = {
          {"records", candidate.second.records},
          {"dropped", candidate.second.dropped},
          {"dropped_rate", candidate.second.dropped_rate()},
          {"p99_ms", or_null(candidate.held_out_p99_ms)},
          {"completeness", completeness_json(question.window, candidate.second)},
          {"worst_stretch", {{"records", candidate.worst_records}, {"dropped", candidate.worst_dropped}}}};
    }
    candidates.push_back(std::move(one));
  }
  Json json{{"window", to_text(question.window)},
            {"allowed_lateness_ms", question.allowed_lateness_ms},
            {"late_rate", question.late_rate},
            {"p99_ms", or_null(question.p99_ms)},
            {"level", question.level},
            {"records", report.records},
            {"chosen_on", report.first_records},
            {"split_ms", report.split_ms},
            {"fulfilled", report.fulfilled},
            {"reason", report.reason},
            {"caution", report.caution},
            {"recommended", nullptr},
            {"kept", report.kept},
            {"within_interval", report.within_interval},
            {"candidates", std::move(candidates)}};
  if (report.recommended) json["recommended"] = *report.recommended;
  return json;
}

}  // namespace wrackline::replay
