#include "engine/fit/choose.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace wrackline::fit {
namespace {

constexpr std::size_t kFewest = 200;
constexpr double kGoodKs = 0.05;
constexpr double kGoodTail = 1.25;
constexpr double kEqualScores = 0.01;

/// The resolution of the clocks: the largest step of which all delays are multiples.
std::int64_t step_of(std::span<const std::int64_t> delays_ms) {
  std::int64_t step = 0;
  for (const std::int64_t delay : delays_ms) {
    step = std::gcd(step, delay);
    if (step == 1) return 1;
  }
  return std::max<std::int64_t>(step, 1);
}

Sample sample_of(std::span<const std::int64_t> delays_ms, std::int64_t shift_ms, std::int64_t step_ms) {
  return {values_of(delays_ms, shift_ms), static_cast<double>(step_ms) / 2};
}

double tail_error(const Candidate& candidate) {
  return candidate.p99_ratio >= 1 ? candidate.p99_ratio : 1 / std::max(candidate.p99_ratio, 1e-9);
}

std::string reason_of(const Choice& choice, const Candidate& best, const Candidate& knots) {
  if (choice.parametric)
    return fmt::format("on the second half of the trace: KS {:.3f}, P99 {:.0f} % of the one seen", best.ks,
                       best.p99_ratio * 100);
  return fmt::format(
      "no law fits: on the second half the best, {}, has KS {:.3f} and P99 {:.0f} % of the one seen; the "
      "knots "
      "have {:.3f} and {:.0f} %",
      name_of(best.law.family), best.ks, best.p99_ratio * 100, knots.ks, knots.p99_ratio * 100);
}

}  // namespace

Choice choose_law(std::span<const std::int64_t> delays_ms, std::int64_t shift_ms) {
  Choice choice;
  choice.shift_ms = shift_ms;
  choice.records = delays_ms.size();
  if (delays_ms.empty()) return choice;
  const std::int64_t step_ms = step_of(delays_ms);
  const Sample whole = sample_of(delays_ms, shift_ms, step_ms);
  if (delays_ms.size() < kFewest || whole.values.size() == 1) {
    choice.law = fit_family(Family::empirical, whole);
    choice.law.cap_ms = whole.values.back().x;
    choice.reason = whole.values.size() == 1 ? "all delays are the same"
                                             : fmt::format("fewer than {} records: no law is tried", kFewest);
    return choice;
  }
  const std::size_t half = delays_ms.size() / 2;
  const Sample first = sample_of(delays_ms.first(half), shift_ms, step_ms);
  const Sample second = sample_of(delays_ms.subspan(half), shift_ms, step_ms);
  choice.ks_of_halves = ks_distance(first.values, second.values);
  const double p99_seen = quantile(second.values, 0.99);

  for (std::size_t f = 0; f < kFamilies; ++f) {
    Candidate candidate;
    candidate.law = fit_family(static_cast<Family>(f), first);
    candidate.score = log_score(candidate.law, second);
    candidate.ks = ks_distance(second.values, second.half_ms, [&](double x) { return candidate.law.cdf(x); });
    candidate.p99_ratio = candidate.law.quantile(0.99) / p99_seen;
    candidate.aic =
        2 * candidate.law.parameters - 2 * log_score(candidate.law, first) * static_cast<double>(half);
    choice.candidates.push_back(std::move(candidate));
  }
  const Candidate knots = choice.candidates.back();
  for (Candidate& candidate : choice.candidates) {
    candidate.fits = candidate.law.family != Family::empirical &&
                     (candidate.ks <= kGoodKs || candidate.ks <= knots.ks) &&
                     (tail_error(candidate) <= kGoodTail || tail_error(candidate) <= tail_error(knots));
  }
  std::stable_sort(choice.candidates.begin(), choice.candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });

  const Candidate* best = nullptr;
  double top = 0;
  for (const Candidate& candidate : choice.candidates) {
    if (!candidate.fits) continue;
    if (best == nullptr) {
      best = &candidate;
      top = candidate.score;
    } else if (top - candidate.score <= kEqualScores && candidate.aic < best->aic) {
      best = &candidate;
    }
  }
  choice.parametric = best != nullptr;
  if (best == nullptr) {
    best = &*std::find_if(choice.candidates.begin(), choice.candidates.end(),
                          [](const Candidate& c) { return c.law.family != Family::empirical; });
    choice.law = fit_family(Family::empirical, whole);
    choice.ks = knots.ks;
  } else {
    choice.law = fit_family(best->law.family, whole);
    choice.ks = best->ks;
  }
  choice.law.cap_ms = whole.values.back().x;
  choice.reason = reason_of(choice, *best, knots);
  return choice;
}

}  // namespace wrackline::fit
