// `tune`: which watermark fulfils a target on a recorded trace, what it costs, and whether the promise holds
// on the part of the trace that it was not chosen on.
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
#include "engine/replay/meaningless.hpp"
#include "engine/replay/report_json.hpp"
#include "engine/replay/tune.hpp"
#include "scenarios/units.hpp"

namespace wrackline::cli {

namespace {

namespace strategy = event_time::strategy;
using fit::duration_text;
using replay::TuneCandidate;
using replay::TuneQuestion;
using replay::TuneReport;

class Arguments {
 public:
  Arguments(const TuneCommandOptions& options, const Streams& streams)
      : options_{options}, streams_{streams} {}

  TuneQuestion question() {
    TuneQuestion question;
    question.window = window();
    question.allowed_lateness_ms = duration("--lateness", options_.lateness).value_or(0);
    question.aggregates =
        aggregates_of(options_.aggregates, options_.quantile,
                      [&](const std::string& where, const std::string& what) { complain(where, what); });
    question.late_rate = ratio("--late-rate", options_.late_rate);
    question.p99_ms = duration("--p99", options_.p99);
    question.holdout = ratio("--holdout", options_.holdout);
    question.level = ratio("--level", options_.level);
    question.grid.per_key = options_.per_key;
    question.grid.interval_ms = duration("--interval", options_.interval).value_or(200);
    question.grid.strategies = options_.strategies;
    question.max_future_skew_ms = duration("--max-future", options_.max_future_skew);
    question.max_age_ms = duration("--max-age", options_.max_age);
    if (good_) {
      for (const std::string& problem : question.problems()) complain("tune", problem);
    }
    return question;
  }
  bool good() const { return good_; }

 private:
  void complain(std::string_view where, const std::string& what) {
    streams_.err << fmt::format("{}: {}\n", where, what);
    good_ = false;
  }
  /// A bare duration is a tumbling window: it is the commonest.
  replay::WindowSpec window() {
    if (const auto ms = strategy::parse_duration_ms(options_.window))
      return replay::WindowSpec::tumbling(*ms);
    const replay::ParsedWindow parsed = replay::parse_window(options_.window);
    if (!parsed.window) complain("--window", parsed.error);
    return parsed.window.value_or(replay::WindowSpec{});
  }
  std::optional<std::int64_t> duration(std::string_view option, const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto ms = strategy::parse_duration_ms(text);
    if (!ms || *ms < 0)
      complain(option, fmt::format("\"{}\" is no duration: write it with a unit, like 3s", text));
    return ms;
  }
  double ratio(std::string_view option, const std::string& text) {
    const auto parsed = scenarios::parse_ratio(text);
    if (!parsed.value) complain(option, fmt::format("\"{}\" is no share: write 1% or 0.01", text));
    return parsed.value.value_or(0);
  }

  const TuneCommandOptions& options_;
  const Streams& streams_;
  bool good_ = true;
};

/// What is shown unless all is asked for: the front, from the fewest drops to the fastest, and the chosen
/// one.
std::vector<std::size_t> shown_of(const TuneReport& report, bool all) {
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < report.candidates.size(); ++i) {
    if (all || report.candidates[i].on_front || report.recommended == i) shown.push_back(i);
  }
  if (all) return shown;
  std::stable_sort(shown.begin(), shown.end(), [&](std::size_t a, std::size_t b) {
    const TuneCandidate& first = report.candidates[a];
    const TuneCandidate& second = report.candidates[b];
    return std::pair{first.first.dropped, first.p99_ms} < std::pair{second.first.dropped, second.p99_ms};
  });
  // Several on one spot of the front are one choice: the first of the catalogue stands for them.
  std::vector<std::size_t> distinct;
  for (const std::size_t i : shown) {
    const auto same = [&](std::size_t other) {
      return report.candidates[other].first.dropped == report.candidates[i].first.dropped &&
             report.candidates[other].p99_ms == report.candidates[i].p99_ms;
    };
    if (distinct.empty() || !same(distinct.back())) {
      distinct.push_back(i);
    } else if (report.recommended == i) {
      distinct.back() = i;
    }
  }
  return distinct;
}

/// What late panes add to the on-time ones in the end.
double with_late(const replay::ReplayResult& result) {
  const replay::WindowFigures& w = result.windows;
  const std::uint64_t all = w.on_time.records + w.late.records + w.lost;
  return all == 0 ? 1 : static_cast<double>(w.on_time.records + w.late.records) / static_cast<double>(all);
}

void print_candidates(const TuneQuestion& question, const TuneReport& report,
                      const std::vector<std::size_t>& shown, std::ostream& out) {
  std::size_t width = 9;
  for (const std::size_t i : shown)
    width = std::max(width, strategy::to_text(report.candidates[i].watermark.spec).size());
  const bool held_out = report.first_records < report.records;
  const bool late_panes = question.allowed_lateness_ms > 0;
  const bool complete = replay::knows_completeness(question.window.kind);
  const auto late_column = [&](const std::string& text) {
    return late_panes ? fmt::format("  {:>9}", text) : std::string{};
  };
  out << fmt::format("\n    {:<{}}  {:>9}  {:>21}  {:>30}  {:>9}{}  {:>7}{}\n", "", width, "", "",
                     "result latency", late_panes ? "complete" : "", late_column(""), "",
                     held_out ? "   held out" : "");
  out << fmt::format("    {:<{}}  {:>9}  {:>21}  {:>9} {:>10} {:>9}  {:>9}{}  {:>7}{}\n", "watermark", width,
                     "dropped", "interval", "P50", "P95", "P99", late_panes ? "on time" : "complete",
                     late_column("with late"), "cells", held_out ? "    dropped" : "");
  for (const std::size_t i : shown) {
    const TuneCandidate& c = report.candidates[i];
    out << fmt::format(
        "{} {} {:<{}}  {:>9}  {:>21}  {:>9} {:>10} {:>9}  {:>9}{}  {:>7}{}\n",
        report.recommended == i ? ">" : " ", c.on_front ? "*" : " ", strategy::to_text(c.watermark.spec),
        width, percent(c.first.dropped_rate()),
        fmt::format("{:.3g} .. {}", c.interval.low * 100, percent(c.interval.high)), ms_text(c.p50_ms),
        ms_text(c.p95_ms), ms_text(c.p99_ms), complete ? percent(c.first.completeness()) : "-",
        late_column(complete ? percent(with_late(c.first)) : "-"), grouped(c.first.windows.peak_cells),
        held_out ? fmt::format("  {:>9}", percent(c.second.dropped_rate())) : "");
  }
  out << "  > recommended   * on the Pareto front of dropped and P99\n";
  for (const replay::Meaningless& what : replay::meaningless(question.window.kind)) {
    if (what.figure == "completeness") out << fmt::format("  - is {}.\n", what.why);
  }
}

void print_verdict(const TuneQuestion& question, const TuneReport& report, std::ostream& out) {
  if (!report.recommended) {
    out << fmt::format("\nNo recommendation: {}.\n", report.reason);
    return;
  }
  const TuneCandidate& chosen = report.candidates[*report.recommended];
  out << fmt::format("\nRecommended: {}: {}.\n", strategy::to_text(chosen.watermark.spec), report.reason);
  if (!report.caution.empty()) out << fmt::format("Mind: {}.\n", report.caution);
  if (chosen.second.records > 0) {
    out << fmt::format("Held out: {} of {} dropped ({}), stated at {:.3g} %: {} to {}. {} P99 there: {}.\n",
                       grouped(chosen.second.dropped), grouped(chosen.second.records),
                       percent(chosen.second.dropped_rate()), question.level * 100,
                       percent(chosen.interval.low), percent(chosen.interval.high),
                       !report.kept ? "NOT KEPT: the later part has stalls or delays that the first has not."
                       : report.within_interval ? "Kept."
                                                : "Kept, with less than stated.",
                       ms_text(chosen.held_out_p99_ms));
    out << fmt::format("Its worst {} records in a row there: {} dropped ({}).\n",
                       grouped(chosen.worst_records), grouped(chosen.worst_dropped),
                       percent(static_cast<double>(chosen.worst_dropped) /
                               static_cast<double>(std::max<std::uint64_t>(1, chosen.worst_records))));
  }
  out << fmt::format("\nTo paste into a job of a scenario:\n\n  \"watermark\": {},\n",
                     replay::block_json(chosen.watermark).dump());
}

}  // namespace

int tune_trace(const TuneCommandOptions& options, const Streams& streams) {
  Arguments arguments{options, streams};
  const TuneQuestion question = arguments.question();
  if (!arguments.good()) return kUsage;
  TracePass trace{options.file, options.read, streams};
  bool read = true;
  const TuneReport report = replay::tune(
      question,
      [&](const std::function<bool(const replay::Columns&)>& take) {
        read = trace.run(take);
        return std::string{read ? "" : "the trace is not as it should be"};
      },
      options.jobs);
  if (!read) return trace.exit_code();
  if (!report.error.empty()) {
    streams.err << fmt::format("{}: {}\n", options.file, report.error);
    return kBadInput;
  }
  const int code = report.fulfilled ? kPass : kFail;
  if (options.json) {
    streams.out << replay::to_json(question, report).dump(2) << "\n";
    return code;
  }
  streams.out << fmt::format(
      "{}: {} records in {}; chosen on the first {}{}\n",
      std::filesystem::path{options.file}.filename().string(), grouped(report.records),
      duration_text(static_cast<double>(report.last_arrival_ms - report.first_arrival_ms)),
      grouped(report.first_records), report.first_records < report.records ? ", judged on the rest" : "");
  for (const std::string& note : trace.counts().notes()) streams.out << fmt::format("  note: {}\n", note);
  streams.out << fmt::format(
      "{}, allowed lateness {}; at most {} dropped{}\n", replay::to_text(question.window),
      strategy::format_duration_ms(question.allowed_lateness_ms), percent(question.late_rate),
      question.p99_ms ? fmt::format(", P99 of the result latency at most {}",
                                    strategy::format_duration_ms(*question.p99_ms))
                      : "");
  const auto shown = shown_of(report, options.all);
  print_candidates(question, report, shown, streams.out);
  if (shown.size() < report.candidates.size())
    streams.out << fmt::format("  {} other configurations: --all\n", report.candidates.size() - shown.size());
  print_verdict(question, report, streams.out);
  return code;
}

}  // namespace wrackline::cli
