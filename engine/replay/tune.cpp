#include "engine/replay/tune.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "engine/event_time/strategy/text.hpp"

namespace wrackline::replay {

namespace strategy = event_time::strategy;
using strategy::format_duration_ms;

namespace {

/// Between the on-time pane and the end of its window, with those that are still to come.
Spread result_latency(const ReplayResult& result) {
  Spread all = result.windows.firing_delay;
  all.merge(result.windows.overdue);
  return all;
}

ReplayConfig config_of(const TuneQuestion& question, const strategy::Block& watermark) {
  ReplayConfig config;
  config.label = strategy::to_text(watermark);
  config.watermark = watermark;
  config.window = question.window;
  config.allowed_lateness_ms = question.allowed_lateness_ms;
  config.aggregates = question.aggregates;
  config.max_future_skew_ms = question.max_future_skew_ms;
  config.max_age_ms = question.max_age_ms;
  return config;
}

/// The clustering to assume where a configuration drops too few to show its own.
double pooled_clustering(const std::vector<TuneCandidate>& candidates) {
  std::uint64_t fewest = UINT64_MAX;
  double phi = kLeastPhi;
  for (const TuneCandidate& candidate : candidates) {
    const ReplayResult& first = candidate.first;
    if (first.dropped < kTellingDrops || first.dropped > fewest) continue;
    const double mine = clustering(first.drops, first.records);
    phi = first.dropped < fewest ? mine : std::max(phi, mine);
    fewest = first.dropped;
  }
  return phi;
}

void judge(TuneCandidate& candidate, const TuneQuestion& question, double pooled_phi) {
  const Spread latency = result_latency(candidate.first);
  candidate.p50_ms = latency.quantile(5000);
  candidate.p95_ms = latency.quantile(9500);
  candidate.p99_ms = latency.quantile(9900);
  candidate.held_out_p99_ms = result_latency(candidate.second).quantile(9900);
  const ReplayResult& first = candidate.first;
  const std::uint64_t next = candidate.second.records > 0 ? candidate.second.records : first.records;
  candidate.interval = predict_drops(first.drops, first.dropped, first.records, next, question.level,
                                     first.dropped < kTellingDrops ? pooled_phi : kLeastPhi);
  candidate.keeps_late_rate = candidate.interval.high <= question.late_rate;
  candidate.keeps_p99 = !question.p99_ms || (candidate.p99_ms && *candidate.p99_ms <= *question.p99_ms);
}

void find_worst(TuneCandidate& candidate) {
  const ReplayResult& second = candidate.second;
  candidate.worst_dropped = candidate.worst_records = 0;
  if (second.records == 0) return;
  const std::uint64_t wanted = std::max<std::uint64_t>(1, second.records / 100);
  for (const std::uint32_t dropped : second.drops.joined(second.records, wanted, candidate.worst_records))
    candidate.worst_dropped = std::max<std::uint64_t>(candidate.worst_dropped, dropped);
}

void mark_front(std::vector<TuneCandidate>& candidates) {
  for (TuneCandidate& mine : candidates) {
    mine.on_front =
        mine.p99_ms.has_value() &&
        std::none_of(candidates.begin(), candidates.end(), [&](const TuneCandidate& other) {
          if (!other.p99_ms) return false;
          const bool no_worse = other.first.dropped <= mine.first.dropped && *other.p99_ms <= *mine.p99_ms;
          const bool better = other.first.dropped < mine.first.dropped || *other.p99_ms < *mine.p99_ms;
          return no_worse && better;
        });
  }
}

std::string percent(double rate) { return fmt::format("{:.3g} %", rate * 100); }

class Choice {
 public:
  Choice(TuneReport& report, const TuneQuestion& question) : report_{report}, question_{question} {}

  void make() {
    const auto& all = report_.candidates;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!all[i].p99_ms) continue;
      speaking_.push_back(i);
      if (all[i].keeps_late_rate) safe_.push_back(i);
      if (all[i].keeps_late_rate && all[i].keeps_p99) good_.push_back(i);
    }
    if (!good_.empty()) {
      choose_fastest(good_);
      report_.fulfilled = true;
      const std::string others = good_.size() == 1 ? std::string{"it is the only one"} : why();
      report_.reason = fmt::format(
          "of {} configurations, {} promise at most {} dropped{}; {}", all.size(), good_.size(),
          percent(question_.late_rate),
          question_.p99_ms ? fmt::format(" and results within {}", format_duration_ms(*question_.p99_ms))
                           : "",
          others);
    } else if (!safe_.empty()) {
      choose_fastest(safe_);
      report_.reason = fmt::format(
          "no configuration promises both: this one keeps to at most {} dropped, as {} do, with P99 {} "
          "instead of {}",
          percent(question_.late_rate), safe_.size(), format_duration_ms(*chosen().p99_ms),
          format_duration_ms(*question_.p99_ms));
    } else if (!speaking_.empty()) {
      const auto key = [&](std::size_t i) {
        const TuneCandidate& candidate = all[i];
        return std::tuple{candidate.interval.high, *candidate.p99_ms};
      };
      report_.recommended = *std::min_element(speaking_.begin(), speaking_.end(),
                                              [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
      report_.reason = fmt::format(
          "no configuration promises at most {} dropped: this one comes nearest, with {} dropped in {} "
          "records, which "
          "leaves up to {} open",
          percent(question_.late_rate), chosen().first.dropped, chosen().first.records,
          percent(chosen().interval.high));
    } else {
      report_.reason = "no window ended within the trace, so nothing can be chosen";
    }
  }

 private:
  const TuneCandidate& chosen() const { return report_.candidates[*report_.recommended]; }
  void choose_fastest(const std::vector<std::size_t>& among) {
    for (const std::size_t i : among) {
      if (!fastest_ || *report_.candidates[i].p99_ms < p99(*fastest_)) fastest_ = i;
    }
    const auto key = [&](std::size_t i) {
      const TuneCandidate& candidate = report_.candidates[i];
      return std::tuple{candidate.watermark.spec.type->uses_clock,
                        candidate.interval.high,
                        *candidate.p99_ms,
                        candidate.watermark.spec.type->adaptive,
                        result_latency(candidate.first).mean(),
                        candidate.first.windows.peak_cells};
    };
    std::optional<std::size_t> best;
    for (const std::size_t i : among) {
      if (p99(i) > p99(*fastest_) + question_.grid.interval_ms) continue;
      if (!best || key(i) < key(*best)) best = i;
    }
    report_.recommended = best;
  }
  std::int64_t p99(std::size_t i) const { return *report_.candidates[i].p99_ms; }
  std::string why() const {
    const std::string mine = format_duration_ms(*chosen().p99_ms);
    if (report_.recommended == fastest_) return fmt::format("it is the fastest of them, with P99 {}", mine);
    return fmt::format(
        "its P99, {}, is within one emission interval of the fastest ({}: {}), and it is the {} of those",
        mine, strategy::to_text(report_.candidates[*fastest_].watermark.spec),
        format_duration_ms(p99(*fastest_)),
        chosen().watermark.spec.type->uses_clock ? "safest" : "safest that goes by event time");
  }

  TuneReport& report_;
  const TuneQuestion& question_;
  std::vector<std::size_t> speaking_;
  std::vector<std::size_t> safe_;
  std::vector<std::size_t> good_;
  std::optional<std::size_t> fastest_;
};

}  // namespace

std::vector<std::string> TuneQuestion::problems() const {
  std::vector<std::string> found;
  if (ends_in_time(window.kind)) {
    found = config_of(*this, {strategy::defaults(*strategy::catalogue().front()), {}}).problems();
  } else {
    found.push_back(fmt::format(
        "window {}: such a window waits for no watermark, so there is none to choose: tumbling, hopping, "
        "cumulate, session and sliding windows do",
        to_text(window)));
  }
  if (!(late_rate > 0 && late_rate < 1)) found.emplace_back("the late-drop rate must lie between 0 and 1");
  if (!(holdout >= 0 && holdout <= 0.9)) found.emplace_back("the held-out share must lie between 0 and 0.9");
  if (!(level > 0.5 && level < 1)) found.emplace_back("the level of the interval must lie between 0.5 and 1");
  if (p99_ms && *p99_ms <= 0) found.emplace_back("the result latency must be longer than nothing");
  if (grid.interval_ms < 0) found.emplace_back("the watermark interval must not be negative");
  for (const std::string& name : grid.strategies) {
    const strategy::StrategyType* const type = strategy::find(name);
    if (type == nullptr) found.push_back(fmt::format("there is no watermark strategy \"{}\"", name));
    if (type != nullptr && type->needs_trace)
      found.push_back(fmt::format("{} needs the whole trace beforehand; no job can use it", name));
  }
  return found;
}

TuneReport tune(const TuneQuestion& question, const TracePass& pass, unsigned threads,
                const std::atomic<bool>* cancelled) {
  TuneReport report;
  const auto stopped = [&] { return cancelled != nullptr && cancelled->load(std::memory_order_relaxed); };
  report.error = pass([&](const Columns& columns) {
    if (report.records == 0) report.first_arrival_ms = columns.arrival_ms.front();
    report.records += columns.size();
    report.last_arrival_ms = columns.arrival_ms.back();
    return !stopped();
  });
  if (!report.error.empty()) return report;
  report.first_records =
      report.records - static_cast<std::uint64_t>(static_cast<double>(report.records) * question.holdout);
  if (report.first_records == 0) {
    report.error = "the trace has no records";
    return report;
  }
  TraceProfile profile;
  report.error = pass([&](const Columns& columns) {
    const std::uint64_t left = report.first_records - profile.records();
    profile.add(columns.slice(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, columns.size()))));
    return profile.records() < report.first_records && !stopped();
  });
  if (!report.error.empty()) return report;

  std::vector<ReplayConfig> configs;
  for (const strategy::Block& watermark : tune_grid(profile, question.grid))
    configs.push_back(config_of(question, watermark));
  Replay replay{configs, threads};
  replay.cancel_on(cancelled);
  std::vector<ReplayResult> first;
  std::string refused;
  const auto feed = [&](const Columns& columns) {
    if (auto problem = replay.feed(columns)) refused = std::move(*problem);
    return refused.empty() && !stopped();
  };
  report.error = pass([&](const Columns& columns) {
    const std::uint64_t left = report.first_records - std::min(report.first_records, replay.records());
    const auto before = static_cast<std::size_t>(std::min<std::uint64_t>(left, columns.size()));
    if (before > 0 && !feed(columns.slice(0, before))) return false;
    if (replay.records() < report.first_records || before == columns.size()) return true;
    if (first.empty()) {
      first = replay.cut();
      report.split_ms = columns.arrival_ms[before];
    }
    return feed(columns.slice(before, columns.size() - before));
  });
  if (report.error.empty()) report.error = refused;
  if (report.error.empty() && stopped()) report.error = "interrupted";
  if (!report.error.empty()) return report;
  std::vector<ReplayResult> rest = replay.finish();
  if (first.empty()) {
    first = std::move(rest);
    rest.assign(first.size(), ReplayResult{});
    report.split_ms = report.last_arrival_ms;
  }

  for (std::size_t i = 0; i < configs.size(); ++i) {
    TuneCandidate candidate{.watermark = configs[i].watermark,
                            .first = std::move(first[i]),
                            .second = std::move(rest[i]),
                            .interval = {},
                            .p50_ms = {},
                            .p95_ms = {},
                            .p99_ms = {},
                            .held_out_p99_ms = {}};
    report.candidates.push_back(std::move(candidate));
  }
  decide(report, question);
  return report;
}

void decide(TuneReport& report, const TuneQuestion& question) {
  const double phi = pooled_clustering(report.candidates);
  for (TuneCandidate& candidate : report.candidates) {
    judge(candidate, question, phi);
    find_worst(candidate);
  }
  mark_front(report.candidates);
  report.recommended.reset();
  report.fulfilled = report.kept = report.within_interval = false;
  report.reason.clear();
  report.caution.clear();
  Choice{report, question}.make();
  if (!report.recommended) return;
  const TuneCandidate& chosen = report.candidates[*report.recommended];
  const double rate = chosen.second.dropped_rate();
  report.kept = chosen.second.records > 0 && rate <= chosen.interval.high;
  report.within_interval = report.kept && rate >= chosen.interval.low;
  std::vector<std::string> cautions;
  if (chosen.watermark.spec.type->name == "processing_time_lag")
    cautions.emplace_back(
        "it goes by the processor's clock alone: a stall or a clock error longer than the lag makes all "
        "records late");
  if (chosen.watermark.spec.type->lag_by_records)
    cautions.emplace_back(
        "its lag is counted in records: at twice the rate of this trace it is half as long, and more is "
        "late");
  if (chosen.watermark.options.scope == strategy::Scope::task)
    cautions.emplace_back(
        "one watermark for all (scope=task) waits for no partition: what stalls for longer than its lag "
        "comes "
        "late; --per-key judges watermarks that wait");
  if (question.window.kind == WindowKind::sliding && chosen.first.windows.partly_late > 0)
    cautions.push_back(
        fmt::format("dropped are the records that come too late for all their windows, by more than the "
                    "difference; {} came "
                    "too late for some of them, and those lack it",
                    percent(static_cast<double>(chosen.first.windows.partly_late) /
                            static_cast<double>(chosen.first.records))));
  const std::int64_t interval_ms = question.grid.interval_ms;
  if (interval_ms > 0 && by_timestamp(question.window.kind) && question.window.step_ms % interval_ms == 0)
    cautions.push_back(fmt::format(
        "windows and emission share a lattice ({} is a multiple of {}), so all results come at one phase of "
        "it: a job that starts at another moment answers up to {} sooner or later",
        format_duration_ms(question.window.step_ms), format_duration_ms(interval_ms),
        format_duration_ms(interval_ms)));
  report.caution = fmt::format("{}", fmt::join(cautions, "; "));
}

TuneReport tune(const TuneQuestion& question, const Columns& columns, unsigned threads,
                const std::atomic<bool>* cancelled) {
  constexpr std::size_t kRows = 65'536;
  return tune(
      question,
      [&](const std::function<bool(const Columns&)>& take) {
        for (std::size_t at = 0; at < columns.size(); at += kRows) {
          if (!take(columns.slice(at, std::min(kRows, columns.size() - at)))) break;
        }
        return std::string{};
      },
      threads, cancelled);
}

}  // namespace wrackline::replay
