// `replay`: a recorded trace under one or several watermarks: what is behind and dropped, how far the
// watermark lags, when results come and how complete they are.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/aggregate_option.hpp"
#include "cli/commands.hpp"
#include "cli/number_text.hpp"
#include "cli/trace_pass.hpp"
#include "engine/event_time/strategy/text.hpp"
#include "engine/replay/drop_interval.hpp"
#include "engine/replay/meaningless.hpp"
#include "engine/replay/replay.hpp"
#include "engine/replay/report_json.hpp"

namespace wrackline::cli {

namespace {

namespace strategy = event_time::strategy;
using fit::duration_text;
using replay::ReplayConfig;
using replay::ReplayResult;
using replay::Spread;

/// Collects everything that is wrong with the arguments, so that all of it is said at once.
class Arguments {
 public:
  Arguments(const ReplayCommandOptions& options, const Streams& streams)
      : options_{options}, streams_{streams} {}

  std::vector<ReplayConfig> configs() {
    ReplayConfig common;
    common.window = window_of(options_.window);
    common.allowed_lateness_ms = duration("--lateness", options_.lateness).value_or(0);
    common.early_every_ms = duration("--early", options_.early).value_or(0);
    common.phase_ms = duration("--phase", options_.phase).value_or(0);
    common.max_future_skew_ms = duration("--max-future", options_.max_future_skew);
    common.max_age_ms = duration("--max-age", options_.max_age);
    common.early_every_records = options_.early_records;
    using Accumulation = event_time::window::PanePolicy::Accumulation;
    common.accumulation = options_.accumulation == "discarding"   ? Accumulation::discarding
                          : options_.accumulation == "retracting" ? Accumulation::retracting
                                                                  : Accumulation::accumulating;
    common.aggregates =
        aggregates_of(options_.aggregates, options_.quantile,
                      [&](const std::string& where, const std::string& what) { complain(where, what); });
    common.rows = replay::RowsOf::windows;
    common.most_rows = static_cast<std::size_t>(options_.rows);
    std::vector<ReplayConfig> all;
    for (const std::string& text : options_.watermarks) {
      strategy::ParsedBlock parsed = strategy::parse_text(text);
      for (const std::string& error : parsed.errors) complain("--watermark " + text, error);
      if (!parsed.block) continue;
      ReplayConfig config = common;
      config.watermark = *parsed.block;
      if (options_.per_key) {
        config.watermark.options.scope = strategy::Scope::partition;
      } else if (text.find("scope=") == std::string::npos) {
        config.watermark.options.scope = strategy::Scope::task;
      }
      config.label = text;
      for (const std::string& problem : config.problems()) complain("--watermark " + text, problem);
      all.push_back(std::move(config));
    }
    return all;
  }
  bool good() const { return good_; }

 private:
  void complain(const std::string& where, const std::string& what) {
    streams_.err << fmt::format("{}: {}\n", where, what);
    good_ = false;
  }
  replay::WindowSpec window_of(const std::string& text) {
    const replay::ParsedWindow parsed = replay::parse_window(text);
    if (!parsed.window) complain("--window", parsed.error);
    return parsed.window.value_or(replay::WindowSpec{});
  }
  std::optional<std::int64_t> duration(const std::string& option, const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto ms = strategy::parse_duration_ms(text);
    if (!ms || *ms < 0)
      complain(option, fmt::format("\"{}\" is no duration: write it with a unit, like 500ms", text));
    return ms;
  }

  const ReplayCommandOptions& options_;
  const Streams& streams_;
  bool good_ = true;
};

std::string spread_text(const Spread& spread) {
  if (spread.count() == 0) return "nothing";
  return fmt::format("mean {}   P50 {}   P95 {}   P99 {}   most {}", duration_text(spread.mean()),
                     ms_text(spread.quantile(5000)), ms_text(spread.quantile(9500)),
                     ms_text(spread.quantile(9900)), ms_text(spread.greatest()));
}

std::string counted(std::uint64_t part, std::uint64_t all) {
  return fmt::format("{} ({})", grouped(part),
                     percent(all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all)));
}

std::string setting_text(const ReplayConfig& config) {
  std::string out = replay::to_text(config.window);
  if (ends_in_time(config.window.kind))
    out += fmt::format(", allowed lateness {}", strategy::format_duration_ms(config.allowed_lateness_ms));
  out += ", " + config.aggregates.text();
  if (const auto p = config.aggregates.quantile()) out += fmt::format(" of {}", *p);
  return out;
}

/// Why a figure is none for windows of this kind; nothing if it is one.
std::optional<std::string_view> why_not(const ReplayConfig& config, std::string_view figure) {
  for (const replay::Meaningless& what : replay::meaningless(config.window.kind))
    if (what.figure == figure) return what.why;
  return std::nullopt;
}

/// What the windows said, in one line; by kind, as what there is to say differs.
std::string windows_text(const ReplayConfig& config, const ReplayResult& r) {
  const replay::WindowFigures& w = r.windows;
  if (config.window.kind == replay::WindowKind::count)
    return fmt::format("{} spoke; {} key{} wait with {} record{} for more", grouped(w.on_time.panes),
                       grouped(w.unfired_windows), w.unfired_windows == 1 ? "" : "s", grouped(w.unfired),
                       w.unfired == 1 ? "" : "s");
  if (config.window.kind == replay::WindowKind::global)
    return fmt::format("{} early panes{}; {} record{} of {} key{} in none", grouped(w.early.panes),
                       w.retractions > 0 ? fmt::format(", {} retractions", grouped(w.retractions)) : "",
                       grouped(w.unfired), w.unfired == 1 ? "" : "s", grouped(w.unfired_windows),
                       w.unfired_windows == 1 ? "" : "s");
  return fmt::format(
      "{} fired, {} not yet ({} overdue); {} results by key, {} late panes{}", grouped(w.on_time.panes),
      grouped(w.unfired_windows), grouped(w.overdue.count()), grouped(w.results), grouped(w.late.panes),
      config.early_every_ms > 0 ? fmt::format(", {} early panes", grouped(w.early.panes)) : "");
}

std::string completeness_text(const ReplayConfig& config, const ReplayResult& r) {
  const replay::WindowFigures& w = r.windows;
  const auto all =
      static_cast<double>(std::max<std::uint64_t>(w.on_time.records + w.late.records + w.lost, 1));
  return fmt::format(
      "{} on time, {} in late panes, {} lost{}", percent(r.completeness()),
      percent(static_cast<double>(w.late.records) / all), percent(static_cast<double>(w.lost) / all),
      config.early_every_ms > 0
          ? fmt::format("; {} in early panes already", percent(static_cast<double>(w.early.records) / all))
          : "");
}

/// How far the sketches are off what they stand for.
std::vector<std::string> sketch_texts(const ReplayConfig& config, const ReplayResult& r) {
  std::vector<std::string> texts;
  const auto pairs = config.aggregates.pairs();
  const auto ratio = [](std::optional<std::int64_t> ppm) {
    return percent(static_cast<double>(ppm.value_or(0)) / 1e6);
  };
  for (std::size_t i = 0; i < r.windows.sketch_errors_ppm.size(); ++i) {
    const Spread& off = r.windows.sketch_errors_ppm[i];
    const auto name = [&](std::size_t place) {
      return replay::name_of(config.aggregates.specs[place].function);
    };
    texts.push_back(fmt::format("{} is off {} by {} (mean), P99 {}, most {}; {} results",
                                name(pairs[i].sketch), name(pairs[i].exact), percent(off.mean() / 1e6),
                                ratio(off.quantile(9900)), ratio(off.greatest()), grouped(off.count())));
  }
  return texts;
}

void print_one(const ReplayConfig& config, const ReplayResult& r, std::ostream& out) {
  const replay::WindowFigures& w = r.windows;
  const auto line = [&](std::string_view name, const std::string& text) {
    out << fmt::format("  {:<10}  {}\n", name, text);
  };
  const auto unless_none = [&](std::string_view name, std::string_view figure, const auto& text) {
    const auto why = why_not(config, figure);
    line(name, why ? std::string{*why} : text());
    return !why;
  };
  out << fmt::format("\n{} over {}\n", strategy::to_text(config.watermark), setting_text(config));
  if (r.rejected_future + r.rejected_old > 0)
    line("rejected",
         fmt::format("{} from the future, {} too old", grouped(r.rejected_future), grouped(r.rejected_old)));
  line("behind", counted(r.behind, r.records) + " met a watermark that was past them");
  unless_none("dropped", "dropped", [&] {
    const replay::DropInterval interval =
        replay::predict_drops(r.drops, r.dropped, r.records, r.records, 0.95);
    return fmt::format("{}; a stretch as long would drop {} to {} (95 %, clustering {:.2g})",
                       counted(r.dropped, r.records), percent(interval.low), percent(interval.high),
                       interval.phi);
  });
  line("lag", spread_text(r.lag));
  line("", fmt::format("{} over the clock; before the first watermark {} records",
                       duration_text(r.mean_lag_over_time_ms), grouped(r.before_first_watermark)));
  line("watermark", fmt::format("{} messages, {} adaptations, {} forced by silence; bound {} at the end",
                                grouped(r.watermark_messages), grouped(r.strategy.adaptations),
                                grouped(r.strategy.fallbacks), ms_text(r.slack_ms)));
  line("windows", windows_text(config, r));
  unless_none("complete", "completeness", [&] { return completeness_text(config, r); });
  if (config.window.kind == replay::WindowKind::sliding)
    line("", fmt::format("{} records came too late for some of their windows, and not for all",
                         counted(w.partly_late, r.records)));
  if (unless_none("result", "result_latency", [&] { return spread_text(w.firing_delay); }))
    line("", fmt::format("from the end of a window to its result; windows missing: {}",
                         grouped(w.unfired_windows)));
  line("record", spread_text(w.record_latency));
  line("", fmt::format("from a record's event to its first result; records missing: {}",
                       grouped(r.without_result())));
  line("state", fmt::format("at most {} windows, {} slices, {} cells ({} B), {} records",
                            grouped(w.peak_windows), grouped(w.peak_slices), grouped(w.peak_cells),
                            grouped(r.state_bytes), grouped(w.peak_records)));
  line("work", fmt::format("{} updates with slices, {} with buckets; {} combines", grouped(w.slice_updates),
                           grouped(w.bucket_updates), grouped(w.combines)));
  for (const std::string& text : sketch_texts(config, r)) line("sketch", text);
  if (r.monotonicity_violations > 0)
    line("BROKEN", fmt::format("{} watermarks went backwards", grouped(r.monotonicity_violations)));
}

/// The results of a row beyond its number of records, in the order of the aggregates.
std::vector<std::string> values_of(const ReplayConfig& config, const replay::WindowRow& row,
                                   const replay::AggregateResult* detailed) {
  using Function = replay::AggregateSpec::Function;
  std::vector<std::string> values;
  for (const replay::AggregateSpec& spec : config.aggregates.specs) {
    switch (spec.function) {
      case Function::count:
        break;
      case Function::sum:
        values.push_back(fmt::format("{}", row.sum));
        break;
      case Function::min:
        values.push_back(fmt::format("{}", row.least));
        break;
      case Function::max:
        values.push_back(fmt::format("{}", row.greatest));
        break;
      case Function::mean:
        values.push_back(
            fmt::format("{:.6g}", static_cast<double>(row.sum) / static_cast<double>(row.count)));
        break;
      case Function::distinct:
      case Function::quantile:
        values.push_back(fmt::format("{}", (detailed++)->value));
        break;
      case Function::distinct_sketch:
      case Function::quantile_sketch:
      case Function::quantile_t_digest:
        values.push_back(fmt::format("{:.6g}", (detailed++)->real));
        break;
    }
  }
  return values;
}

std::string pane_text(replay::WindowKind kind, const replay::WindowRow& row) {
  if (row.retraction) return "retracts";
  if (kind == replay::WindowKind::count) return "-";
  switch (row.timing) {
    case replay::PaneTiming::early:
      return "early";
    case replay::PaneTiming::on_time:
      return "on time";
    case replay::PaneTiming::late:
      break;
  }
  return "late";
}

/// Windows without an end in event time are told by the moment when they spoke.
void print_rows(const ReplayConfig& config, const ReplayResult& r, std::ostream& out) {
  if (r.rows.empty()) return;
  const bool ends = ends_in_time(config.window.kind);
  out << (ends ? fmt::format("\n  {:>15}  {:>10}  {:>12}  ", "window start", "length", "fired after")
               : fmt::format("\n  {:>15}  ", "fired at"))
      << fmt::format("{:>8}  {:>10}", "pane", "records");
  std::vector<std::size_t> widths;
  std::size_t detailed = 0;
  for (const replay::AggregateSpec& spec : config.aggregates.specs) {
    if (replay::is_detailed(spec)) ++detailed;
    if (spec.function == replay::AggregateSpec::Function::count) continue;
    widths.push_back(std::max<std::size_t>(replay::name_of(spec.function).size(), 10));
    out << fmt::format("  {:>{}}", replay::name_of(spec.function), widths.back());
  }
  out << "\n";
  for (std::size_t i = 0; i < r.rows.size(); ++i) {
    const replay::WindowRow& row = r.rows[i];
    out << (ends ? fmt::format("  {:>15}  {:>10}  {:>12}  ", row.start_ms,
                               strategy::format_duration_ms(row.end_ms - row.start_ms),
                               duration_text(static_cast<double>(row.fired_at_ms - row.end_ms)))
                 : fmt::format("  {:>15}  ", row.fired_at_ms))
        << fmt::format("{:>8}  {:>10}", pane_text(config.window.kind, row),
                       grouped(static_cast<std::uint64_t>(row.count)));
    const auto values = values_of(config, row, r.row_results.data() + i * detailed);
    for (std::size_t v = 0; v < values.size(); ++v) out << fmt::format("  {:>{}}", values[v], widths[v]);
    out << "\n";
  }
  if (r.rows_left_out > 0) out << fmt::format("  and {} more panes\n", grouped(r.rows_left_out));
}

void print_table(const std::vector<ReplayConfig>& configs, const std::vector<ReplayResult>& results,
                 std::ostream& out) {
  std::size_t width = 9;
  for (const ReplayConfig& config : configs)
    width = std::max(width, strategy::to_text(config.watermark).size());
  const ReplayConfig& common = configs.front();
  const bool ends = ends_in_time(common.window.kind);
  const bool complete = replay::knows_completeness(common.window.kind);
  out << fmt::format("\n{}\n\n", setting_text(common));
  out << fmt::format("  {:<{}}  {:>9}  {:>9}  {:>9}  {:>30}  {:>8}  {:>9}\n", "", width, "", "", "",
                     ends ? "result latency" : "record latency", "", "");
  out << fmt::format("  {:<{}}  {:>9}  {:>9}  {:>9}  {:>9} {:>10} {:>9}  {:>8}  {:>9}\n", "watermark", width,
                     "behind", "dropped", "lag P50", "P50", "P95", "P99", "missing", "complete");
  for (std::size_t i = 0; i < configs.size(); ++i) {
    const ReplayResult& r = results[i];
    const Spread& delay = ends ? r.windows.firing_delay : r.windows.record_latency;
    out << fmt::format("  {:<{}}  {:>9}  {:>9}  {:>9}  {:>9} {:>10} {:>9}  {:>8}  {:>9}\n",
                       strategy::to_text(configs[i].watermark), width, percent(r.behind_rate()),
                       ends ? percent(r.dropped_rate()) : "-", ms_text(r.lag.quantile(5000)),
                       ms_text(delay.quantile(5000)), ms_text(delay.quantile(9500)),
                       ms_text(delay.quantile(9900)),
                       grouped(ends ? r.windows.unfired_windows : r.without_result()),
                       complete ? percent(r.completeness()) : "-");
  }
  out << (ends ? "  Result latency: from the end of a window to its on-time pane; missing: windows that have "
                 "not "
                 "fired.\n"
               : "  Record latency: from a record's event to its first result; missing: records without "
                 "one.\n");
  for (const replay::Meaningless& what : replay::meaningless(common.window.kind)) {
    if (what.figure == "completeness") out << fmt::format("  - is {}.\n", what.why);
  }
}

}  // namespace

int replay_trace(const ReplayCommandOptions& options, const Streams& streams) {
  Arguments arguments{options, streams};
  const std::vector<ReplayConfig> configs = arguments.configs();
  if (!arguments.good()) return kUsage;
  replay::Replay running{configs, options.jobs};
  TracePass trace{options.file, options.read, streams};
  std::optional<std::string> refused;
  const bool read = trace.run([&](const replay::Columns& columns) {
    refused = running.feed(columns);
    return !refused;
  });
  if (!read) return trace.exit_code();
  if (refused) {
    streams.err << fmt::format("{}: {}\n", options.file, *refused);
    return kBadInput;
  }
  const std::vector<ReplayResult> results = running.finish();
  const bool broken = std::any_of(results.begin(), results.end(),
                                  [](const ReplayResult& r) { return r.monotonicity_violations > 0; });
  if (options.json) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < configs.size(); ++i) all.push_back(replay::to_json(configs[i], results[i]));
    streams.out << nlohmann::ordered_json{{"trace", options.file},
                                          {"keys", trace.keys()},
                                          {"replays", std::move(all)}}
                       .dump(2)
                << "\n";
    return broken ? kInternal : kPass;
  }
  const ReplayResult& any = results.front();
  streams.out << fmt::format("{}: {} records of {} key{} in {}\n",
                             std::filesystem::path{options.file}.filename().string(), grouped(any.records),
                             grouped(trace.keys()), trace.keys() == 1 ? "" : "s",
                             duration_text(static_cast<double>(any.last_arrival_ms - any.first_arrival_ms)));
  for (const std::string& note : trace.counts().notes()) streams.out << fmt::format("  note: {}\n", note);
  if (!trace.counts().values && !configs.front().aggregates.counts_only())
    streams.out << "  note: the trace has no values: each record counts as 1\n";
  if (configs.size() == 1) {
    print_one(configs.front(), any, streams.out);
    print_rows(configs.front(), any, streams.out);
  } else {
    print_table(configs, results, streams.out);
  }
  return broken ? kInternal : kPass;
}

}  // namespace wrackline::cli
