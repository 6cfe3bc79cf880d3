#include "engine/fit/fit.hpp"

#include <algorithm>
#include <cassert>

#include "engine/workload/delay_profiles.hpp"

namespace wrackline::fit {
namespace {

/// From here on neighbours are so alike that independent draws would mislead.
constexpr double kCorrelated = 0.5;
/// So many negative delays are a wrong clock; fewer are a curiosity that no law should bend for.
constexpr double kNegativeShare = 0.01;

Dependence dependence_of(double lag1, Choice& choice) {
  if (choice.law.knots.empty() && choice.law.parts.empty()) return Dependence::independent;
  if (lag1 < kCorrelated) return Dependence::independent;
  if (choice.parametric && choice.law.family == Family::batch_upload) return Dependence::batches;
  if (choice.parametric && choice.law.family == Family::stall) return Dependence::stalls;
  return Dependence::autoregressive;
}

}  // namespace

std::string_view name_of(Dependence dependence) {
  switch (dependence) {
    case Dependence::independent:
      return "independent";
    case Dependence::stalls:
      return "stalls";
    case Dependence::batches:
      return "batches";
    case Dependence::autoregressive:
      break;
  }
  return "autoregressive";
}

Report Fitter::finish() const {
  const Statistics& s = statistics_;
  assert(s.rows() > 0);
  Report report;
  report.rows = s.rows();
  report.negative = s.negative();
  report.stride = s.stride();
  report.first_arrival_ms = s.first_arrival_ms();
  report.last_arrival_ms = s.last_arrival_ms();
  report.smallest_delay_ms = s.smallest_delay_ms();
  report.largest_delay_ms = s.largest_delay_ms();
  report.mean_gap_ms = s.mean_gap_ms();
  report.gap_cv = s.gap_cv();
  report.behind = s.behind();
  report.largest_lateness_ms = s.largest_lateness_ms();
  report.lag1 = s.lag1_log_delay();
  report.repeats = s.repeats();

  std::vector<std::int64_t> delays;
  delays.reserve(s.sample().size());
  double sum = 0;
  for (const SampledRow& row : s.sample()) {
    delays.push_back(row.delay_ms());
    sum += static_cast<double>(delays.back());
  }
  report.mean_delay_ms = sum / static_cast<double>(delays.size());
  std::vector<std::int64_t> sorted = delays;
  std::sort(sorted.begin(), sorted.end());
  report.p50_ms = quantile(sorted, 0.5);
  report.p90_ms = quantile(sorted, 0.9);
  report.p95_ms = quantile(sorted, 0.95);
  report.p99_ms = quantile(sorted, 0.99);
  report.p999_ms = quantile(sorted, 0.999);
  for (const double p : workload::profile_shares()) report.knots.push_back({p, quantile(sorted, p)});
  // The ends are known exactly, whatever the sample is.
  report.knots.front().ms = static_cast<double>(report.smallest_delay_ms);
  report.knots.back().ms = static_cast<double>(report.largest_delay_ms);
  report.hill_index = hill_index(sorted, 0.01);

  const bool clock_ahead =
      static_cast<double>(report.negative) >= kNegativeShare * static_cast<double>(report.rows);
  // By all but the most extreme thousandth: one absurd row shall not move the rest.
  const std::int64_t shift_ms = clock_ahead ? 1 - sorted[sorted.size() / 1000] : 0;
  report.choice = choose_law(delays, shift_ms, report.lag1);
  report.dependence = dependence_of(report.lag1, report.choice);
  report.troubles = clock_trouble(s);
  report.sources = source_summaries(s);
  return report;
}

}  // namespace wrackline::fit
