#include "engine/fit/choose.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace wrackline::fit {
namespace {

constexpr std::size_t kFewest = 200;
constexpr std::size_t kStretches = 40;
constexpr double kGoodKs = 0.05;
constexpr double kGoodKsCorrelated = 0.10;
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

/// One half to fit to, one to judge by, in turn.
std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>> halves_of(
    std::span<const std::int64_t> delays_ms) {
  std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>> halves;
  for (std::size_t stretch = 0; stretch < kStretches; ++stretch) {
    const std::size_t from = delays_ms.size() * stretch / kStretches;
    const std::size_t until = delays_ms.size() * (stretch + 1) / kStretches;
    auto& half = stretch % 2 == 0 ? halves.first : halves.second;
    half.insert(half.end(), delays_ms.begin() + static_cast<std::ptrdiff_t>(from),
                delays_ms.begin() + static_cast<std::ptrdiff_t>(until));
  }
  return halves;
}

double small_ks(std::size_t records, double lag1) {
  const double r = std::clamp(lag1, 0.0, 0.999);
  const double effective = static_cast<double>(records) * (1 - r) / (1 + r);
  return std::clamp(1.36 * std::sqrt(2 / std::max(effective, 1.0)), kGoodKs, kGoodKsCorrelated);
}

std::string reason_of(const Choice& choice, const Candidate& best, const Candidate& knots) {
  if (choice.parametric)
    return fmt::format("on what was held back: KS {:.3f}, P99 {:.0f} % of the one seen", best.ks,
                       best.p99_ratio * 100);
  return fmt::format(
      "no law fits: on what was held back the best, {}, has KS {:.3f} and P99 {:.3g} % of the one seen; the "
      "knots have {:.3f} and {:.0f} %",
      name_of(best.law.family), best.ks, best.p99_ratio * 100, knots.ks, knots.p99_ratio * 100);
}

}  // namespace

Choice choose_law(std::span<const std::int64_t> delays_ms, std::int64_t shift_ms, double lag1) {
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
  choice.ks_of_halves =
      ks_distance(values_of(delays_ms.first(half), shift_ms), values_of(delays_ms.subspan(half), shift_ms));
  const auto [fitted_to, held_back] = halves_of(delays_ms);
  const Sample first = sample_of(fitted_to, shift_ms, step_ms);
  const Sample second = sample_of(held_back, shift_ms, step_ms);
  choice.small_ks = small_ks(held_back.size(), lag1);
  const double p99_seen = quantile(second.values, 0.99);

  for (std::size_t f = 0; f < kFamilies; ++f) {
    Candidate candidate;
    candidate.law = fit_family(static_cast<Family>(f), first);
    candidate.score = log_score(candidate.law, second);
    candidate.ks = ks_distance(second.values, second.half_ms, [&](double x) { return candidate.law.cdf(x); });
    candidate.p99_ratio = candidate.law.quantile(0.99) / p99_seen;
    candidate.aic = 2 * candidate.law.parameters -
                    2 * log_score(candidate.law, first) * static_cast<double>(fitted_to.size());
    choice.candidates.push_back(std::move(candidate));
  }
  const Candidate knots = choice.candidates.back();
  for (Candidate& candidate : choice.candidates) {
    candidate.fits = candidate.law.family != Family::empirical && candidate.ks <= choice.small_ks &&
                     tail_error(candidate) <= std::max(kGoodTail, tail_error(knots));
  }
  std::sort(choice.candidates.begin(), choice.candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.law.family < b.law.family;
  });

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
