// `replay`: a recorded trace under one or several watermarks: what is behind and dropped, how far the
// watermark lags, when results come and how complete they are.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/number_text.hpp"
#include "cli/trace_pass.hpp"
#include "engine/event_time/strategy/text.hpp"
#include "engine/replay/drop_interval.hpp"
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
    if (const auto aggregate = replay::parse_aggregate(options_.aggregate)) common.aggregate = *aggregate;
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

void print_one(const ReplayConfig& config, const ReplayResult& r, std::ostream& out) {
  const replay::WindowFigures& w = r.windows;
  const auto line = [&](std::string_view name, const std::string& text) {
    out << fmt::format("  {:<10}  {}\n", name, text);
  };
  out << fmt::format("\n{} over {}, allowed lateness {}, {}\n", strategy::to_text(config.watermark),
                     replay::to_text(config.window), strategy::format_duration_ms(config.allowed_lateness_ms),
                     to_string(config.aggregate));
  if (r.rejected_future + r.rejected_old > 0)
    line("rejected",
         fmt::format("{} from the future, {} too old", grouped(r.rejected_future), grouped(r.rejected_old)));
  line("behind", counted(r.behind, r.records) + " met a watermark that was past them");
  const replay::DropInterval interval = replay::predict_drops(r.drops, r.dropped, r.records, r.records, 0.95);
  line("dropped", fmt::format("{}; a stretch as long would drop {} to {} (95 %, clustering {:.2g})",
                              counted(r.dropped, r.records), percent(interval.low), percent(interval.high),
                              interval.phi));
  line("lag", spread_text(r.lag));
  line("", fmt::format("{} over the clock; before the first watermark {} records",
                       duration_text(r.mean_lag_over_time_ms), grouped(r.before_first_watermark)));
  line("watermark", fmt::format("{} messages, {} adaptations, {} forced by silence; bound {} at the end",
                                grouped(r.watermark_messages), grouped(r.strategy.adaptations),
                                grouped(r.strategy.fallbacks), ms_text(r.slack_ms)));
  line("windows",
       fmt::format("{} fired, {} not yet ({} overdue); {} results by key, {} late panes{}",
                   grouped(w.on_time.panes), grouped(w.unfired_windows), grouped(w.overdue.count()),
                   grouped(w.results), grouped(w.late.panes),
                   config.early_every_ms > 0 ? fmt::format(", {} early panes", grouped(w.early.panes)) : ""));
  const auto all =
      static_cast<double>(std::max<std::uint64_t>(w.on_time.records + w.late.records + w.lost, 1));
  line("complete", fmt::format("{} on time, {} in late panes, {} lost{}", percent(r.completeness()),
                               percent(static_cast<double>(w.late.records) / all),
                               percent(static_cast<double>(w.lost) / all),
                               config.early_every_ms > 0
                                   ? fmt::format("; {} in early panes already",
                                                 percent(static_cast<double>(w.early.records) / all))
                                   : ""));
  line("result", spread_text(w.firing_delay));
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
  if (r.monotonicity_violations > 0)
    line("BROKEN", fmt::format("{} watermarks went backwards", grouped(r.monotonicity_violations)));
}

void print_rows(const ReplayResult& r, std::ostream& out) {
  if (r.rows.empty()) return;
  out << fmt::format("\n  {:>15}  {:>10}  {:>12}  {:>8}  {:>10}\n", "window start", "length", "fired after",
                     "pane", "records");
  for (const replay::WindowRow& row : r.rows) {
    out << fmt::format("  {:>15}  {:>10}  {:>12}  {:>8}  {:>10}\n", row.start_ms,
                       strategy::format_duration_ms(row.end_ms - row.start_ms),
                       duration_text(static_cast<double>(row.fired_at_ms - row.end_ms)),
                       row.timing == replay::PaneTiming::late ? "late" : "on time",
                       grouped(static_cast<std::uint64_t>(row.count)));
  }
  if (r.rows_left_out > 0) out << fmt::format("  and {} more panes\n", grouped(r.rows_left_out));
}

void print_table(const std::vector<ReplayConfig>& configs, const std::vector<ReplayResult>& results,
                 std::ostream& out) {
  std::size_t width = 9;
  for (const ReplayConfig& config : configs)
    width = std::max(width, strategy::to_text(config.watermark).size());
  out << fmt::format("\n{}, allowed lateness {}, {}\n\n", replay::to_text(configs.front().window),
                     strategy::format_duration_ms(configs.front().allowed_lateness_ms),
                     to_string(configs.front().aggregate));
  out << fmt::format("  {:<{}}  {:>9}  {:>9}  {:>9}  {:>30}  {:>8}  {:>9}\n", "", width, "", "", "",
                     "result latency", "", "");
  out << fmt::format("  {:<{}}  {:>9}  {:>9}  {:>9}  {:>9} {:>10} {:>9}  {:>8}  {:>9}\n", "watermark", width,
                     "behind", "dropped", "lag P50", "P50", "P95", "P99", "missing", "complete");
  for (std::size_t i = 0; i < configs.size(); ++i) {
    const ReplayResult& r = results[i];
    const Spread& delay = r.windows.firing_delay;
    out << fmt::format(
        "  {:<{}}  {:>9}  {:>9}  {:>9}  {:>9} {:>10} {:>9}  {:>8}  {:>9}\n",
        strategy::to_text(configs[i].watermark), width, percent(r.behind_rate()), percent(r.dropped_rate()),
        ms_text(r.lag.quantile(5000)), ms_text(delay.quantile(5000)), ms_text(delay.quantile(9500)),
        ms_text(delay.quantile(9900)), grouped(r.windows.unfired_windows), percent(r.completeness()));
  }
  out << "  Result latency: from the end of a window to its on-time pane; missing: windows that have not "
         "fired.\n";
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
  if (configs.size() == 1) {
    print_one(configs.front(), any, streams.out);
    print_rows(any, streams.out);
  } else {
    print_table(configs, results, streams.out);
  }
  return broken ? kInternal : kPass;
}

}  // namespace wrackline::cli
