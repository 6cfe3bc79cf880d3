// `fit`: how late a recorded trace is, which law describes it, which clocks are not to be trusted, and the
// block that makes a scenario's source as late.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/trace_arguments.hpp"
#include "engine/fit/delay_block.hpp"
#include "engine/fit/duration_text.hpp"
#include "engine/fit/report_json.hpp"

namespace wrackline::cli {

namespace {

using Json = nlohmann::json;
using fit::duration_text;

constexpr std::size_t kChunk = 65'536;
constexpr std::size_t kTroublesShown = 12;
constexpr std::size_t kSourcesShown = 20;

std::string grouped(std::uint64_t n) {
  std::string digits = fmt::format("{}", n);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

struct Read {
  const FitCommandOptions& options;
  const fit::Report& report;
  const workload::TraceKeys& keys;
  const workload::TraceCounts& counts;
  std::uint64_t left_out = 0;  ///< rows of the sources that the user named
};

std::string times(std::initializer_list<std::pair<const char*, double>> named) {
  std::string text;
  for (const auto& [name, ms] : named)
    text += fmt::format("{}{} {}", text.empty() ? "" : "   ", name, duration_text(ms));
  return text;
}

void print_summary(const Read& read, std::ostream& out) {
  const fit::Report& r = read.report;
  out << fmt::format("{}: {} rows of {} source{} in {}{}\n", read.options.file, grouped(r.rows),
                     grouped(read.keys.size()), read.keys.size() == 1 ? "" : "s",
                     duration_text(static_cast<double>(r.last_arrival_ms - r.first_arrival_ms)),
                     r.stride > 1 ? fmt::format(" (quantiles and laws from every {}th row)", r.stride) : "");
  out << "  delay       "
      << times({{"P50", r.p50_ms}, {"P95", r.p95_ms}, {"P99", r.p99_ms}, {"P99.9", r.p999_ms}}) << "\n";
  out << "              "
      << times({{"least", static_cast<double>(r.smallest_delay_ms)},
                {"mean", r.mean_delay_ms},
                {"greatest", static_cast<double>(r.largest_delay_ms)}})
      << "\n";
  const std::uint64_t dropped = read.counts.negative_dropped + read.counts.absurd_dropped +
                                read.counts.duplicates_dropped + read.left_out;
  out << fmt::format("  missing     {} rows left out; {} negative delays in it ({:.3g} %)\n",
                     grouped(dropped), grouped(r.negative),
                     100 * static_cast<double>(r.negative) / static_cast<double>(r.rows));
  out << fmt::format("  arrivals    one every {}, coefficient of variation {:.3g}\n",
                     duration_text(r.mean_gap_ms), r.gap_cv);
  out << fmt::format("  disorder    {} rows behind the greatest event time ({:.4g} %), by at most {}\n",
                     grouped(r.behind), 100 * static_cast<double>(r.behind) / static_cast<double>(r.rows),
                     duration_text(static_cast<double>(r.largest_lateness_ms)));
  out << fmt::format("  dependence  lag-1 of log delay {:+.3f}: {}; tail index (Hill, top 1 %) {}\n", r.lag1,
                     r.dependence == fit::Dependence::independent ? "neighbours are nearly independent"
                                                                  : "neighbours hang together",
                     r.hill_index <= 0     ? "none"
                     : r.hill_index > 1000 ? "above 1000"
                                           : fmt::format("{:.2f}", r.hill_index));
  for (const std::string& note : read.counts.notes()) out << fmt::format("  note        {}\n", note);
}

void print_laws(const fit::Report& r, std::ostream& out) {
  if (!r.choice.candidates.empty()) {
    out << fmt::format("\n  {:<24}  {:>9}  {:>6}  {:>7}   fitted to one half, judged on the other\n", "law",
                       "log score", "KS", "P99");
    for (const fit::Candidate& candidate : r.choice.candidates) {
      const bool knots = candidate.law.family == fit::Family::empirical;
      out << fmt::format("  {:<24}  {:>9.3f}  {:>6.3f}  {:>5.4g} %   {}{}\n", name_of(candidate.law.family),
                         candidate.score, candidate.ks, candidate.p99_ratio * 100,
                         knots            ? ""
                         : candidate.fits ? "fits: "
                                          : "",
                         candidate.law.describe());
    }
    out << fmt::format("  First and second half of the time differ by KS {:.3f}{}.\n  ",
                       r.choice.ks_of_halves,
                       r.choice.ks_of_halves > 0.1 ? ": what holds in one does not hold in the other" : "");
  } else {
    out << "\n  ";
  }
  const std::string reason = r.choice.reason;
  if (r.choice.parametric) {
    out << fmt::format("Chosen: {}.\n", r.choice.law.describe());
  } else {
    out << fmt::format("Chosen: the empirical knots;\n  {}.\n", reason);
  }
  if (r.choice.shift_ms != 0)
    out << fmt::format("  The law is of delay + {}: so far ahead is the clock of the sources.\n",
                       duration_text(static_cast<double>(r.choice.shift_ms)));
}

void print_troubles(const Read& read, std::ostream& out) {
  const auto& troubles = read.report.troubles;
  if (troubles.empty()) {
    out << "\n  clocks      nothing stands out\n";
    return;
  }
  out << "\n";
  for (std::size_t i = 0; i < std::min(troubles.size(), kTroublesShown); ++i)
    out << fmt::format("  {}{}: {}\n", i == 0 ? "clocks      " : "            ",
                       read.keys.name_of(troubles[i].key), troubles[i].text);
  if (troubles.size() > kTroublesShown)
    out << fmt::format("              and {} more: --json lists all\n", troubles.size() - kTroublesShown);
  std::string without;
  for (const fit::Trouble& trouble : troubles) {
    const bool far =
        trouble.kind == fit::TroubleKind::far_behind || trouble.kind == fit::TroubleKind::far_ahead;
    if (far) without += fmt::format(" --without {}", read.keys.name_of(trouble.key));
  }
  if (!without.empty())
    out << fmt::format("              Clocks so far off are in the law, too; to leave their rows out:{}\n",
                       without);
}

void print_sources(const Read& read, std::ostream& out) {
  const auto& sources = read.report.sources;
  out << fmt::format("\n  {:<20}  {:>9}  {:>10}  {:>10}  {:>10}  {:>9}  {:>9}\n", "source", "rows", "P50",
                     "P95", "P99", "negative", "behind");
  for (std::size_t i = 0; i < std::min(sources.size(), kSourcesShown); ++i) {
    const fit::SourceSummary& source = sources[i];
    out << fmt::format(
        "  {:<20}  {:>9}  {:>10}  {:>10}  {:>10}  {:>9}  {:>9}\n", read.keys.name_of(source.key),
        grouped(source.counts.rows), duration_text(source.p50_ms), duration_text(source.p95_ms),
        duration_text(source.p99_ms), grouped(source.counts.negative), grouped(source.counts.behind));
  }
  if (sources.size() > kSourcesShown)
    out << fmt::format("  and {} more: --json lists all\n", sources.size() - kSourcesShown);
}

Json to_json(const Read& read) {
  Json json = fit::to_json(read.report, [&](std::uint32_t key) { return Json(read.keys.name_of(key)); });
  json["trace"] = read.options.file;
  json["notes"] = read.counts.notes();
  return json;
}

}  // namespace

namespace {

/// Takes the rows of some sources out of a chunk; how many.
std::uint64_t leave_out(const std::vector<std::string>& names, const workload::TraceKeys& keys,
                        workload::TraceColumns& chunk) {
  if (names.empty()) return 0;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    if (std::find(names.begin(), names.end(), keys.name_of(chunk.key[i])) != names.end()) continue;
    chunk.event_ms[kept] = chunk.event_ms[i];
    chunk.arrival_ms[kept] = chunk.arrival_ms[i];
    chunk.key[kept] = chunk.key[i];
    if (!chunk.value.empty()) chunk.value[kept] = chunk.value[i];
    ++kept;
  }
  const std::uint64_t out = chunk.size() - kept;
  chunk.event_ms.resize(kept);
  chunk.arrival_ms.resize(kept);
  chunk.key.resize(kept);
  if (!chunk.value.empty()) chunk.value.resize(kept);
  return out;
}

}  // namespace

int fit_trace(const FitCommandOptions& options, const Streams& streams) {
  const auto input = open_trace(options.file, options.read, streams);
  if (input == nullptr) return options.read.problems().empty() ? kBadInput : kUsage;
  workload::TraceKeys keys;
  workload::TraceProblems problems;
  workload::TraceReader reader{*input, keys, problems, options.read};
  fit::Fitter fitter;
  workload::TraceColumns chunk;
  std::uint64_t left_out = 0;
  while (reader.read(chunk, kChunk)) {
    left_out += leave_out(options.without, keys, chunk);
    fitter.add({chunk.event_ms, chunk.arrival_ms, chunk.key, chunk.value});
    chunk.clear();
  }
  if (report_problems(problems, options.file, streams)) return kBadInput;
  for (const std::string& name : options.without) {
    // number_of() would add a name that is not there.
    const std::size_t known = keys.size();
    if (keys.number_of(name) < known) continue;
    streams.err << fmt::format("{}: there is no source \"{}\"\n", options.file, name);
    return kUsage;
  }
  if (fitter.statistics().rows() == 0) {
    streams.err << fmt::format("{}: there is no row that can be used\n", options.file);
    return kBadInput;
  }
  const fit::Report report = fitter.finish();
  const Read read{options, report, keys, reader.counts(), left_out};
  if (options.json) {
    streams.out << to_json(read).dump(2) << "\n";
    return kPass;
  }
  print_summary(read, streams.out);
  if (!options.by.empty()) print_sources(read, streams.out);
  print_laws(report, streams.out);
  print_troubles(read, streams.out);
  streams.out << "\nTo paste into a source of a scenario:\n\n" << fit::delay_block(report);
  return kPass;
}

}  // namespace wrackline::cli
