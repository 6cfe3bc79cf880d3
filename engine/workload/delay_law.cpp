#include "engine/workload/delay_law.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "sim/math.hpp"

namespace wrackline::workload {
namespace {

/// A device that can not upload gives up at last; nothing waits for ever.
constexpr int kMostRetries = 1000;

sim::Distribution independent_part(const DelayLaw& law) {
  const auto* const plain = std::get_if<sim::Distribution>(&law.law());
  return plain != nullptr ? *plain : sim::Distribution{};
}

}  // namespace

bool DelayLaw::is_zero() const {
  if (const auto* plain = std::get_if<sim::Distribution>(&law_)) return plain->is_zero();
  if (const auto* dependent = std::get_if<Autoregressive>(&law_)) return dependent->marginal.is_zero();
  return false;
}

std::vector<std::string> DelayLaw::problems() const {
  std::vector<std::string> found;
  if (const auto* batch = std::get_if<BatchUpload>(&law_)) {
    if (batch->period <= sim::Duration::zero())
      found.push_back("batch upload: the period must be longer than 0");
    if (!batch->fails.is_probability() || !batch->fails_again.is_probability())
      found.push_back("batch upload: the shares of failures must lie between 0 and 1");
    if (!batch->fails.is_zero() && batch->retry <= sim::Duration::zero())
      found.push_back("batch upload: the time until a failed upload is repeated must be longer than 0");
  }
  if (const auto* dependent = std::get_if<Autoregressive>(&law_)) {
    if (!(dependent->lag1 > -1 && dependent->lag1 < 1))
      found.push_back(fmt::format("autoregressive: lag1 must lie between -1 and 1, not {}", dependent->lag1));
    if (!dependent->marginal.quantile(0.5))
      found.push_back(
          "autoregressive: the law has no quantile function; a mixture, a gamma law or stalls can not be it");
  }
  return found;
}

DelayProcess::DelayProcess(const DelayLaw& law, std::uint64_t seed, const std::string& entity)
    : law_{law},
      plain_{std::holds_alternative<sim::Distribution>(law.law())},
      independent_{independent_part(law), sim::Stream{seed, entity, "delays"}},
      draws_{seed, entity, "delays"},
      uploads_{seed, entity, "uploads"} {
  assert(law.problems().empty());
  if (const auto* batch = std::get_if<BatchUpload>(&law_.law())) {
    sim::Stream phase{seed, entity, "upload phase"};
    phase_ns_ = static_cast<std::int64_t>(phase.below(static_cast<std::uint64_t>(batch->period.count())));
  }
}

sim::Duration DelayProcess::upload_after(const BatchUpload& law, sim::Time created) {
  const std::int64_t period_ns = law.period.count();
  const std::int64_t since_ns = sim::to_ns(created) - phase_ns_;
  // The first upload at or after it.
  const std::int64_t number = since_ns <= 0 ? 0 : (since_ns + period_ns - 1) / period_ns;
  sim::Stream draws = uploads_.stream(static_cast<std::uint64_t>(number));
  std::int64_t delay_ns = number * period_ns - since_ns;
  const auto fails = [&](sim::Ratio share) {
    return !share.is_zero() && draws.below(share.denominator) < share.numerator;
  };
  if (fails(law.fails)) {
    delay_ns += law.retry.count();
    for (int i = 1; i < kMostRetries && fails(law.fails_again); ++i) delay_ns += law.retry.count();
  }
  return sim::Duration{delay_ns} + law.transfer.sample_duration(draws);
}

sim::Duration DelayProcess::next_dependent(sim::Time created) {
  if (const auto* batch = std::get_if<BatchUpload>(&law_.law())) return upload_after(*batch, created);
  const auto& law = std::get<Autoregressive>(law_.law());
  const double fresh = unit_normal_.sample(draws_);
  score_ = any_ ? law.lag1 * score_ + std::sqrt(1 - law.lag1 * law.lag1) * fresh : fresh;
  any_ = true;
  constexpr double kInside = 1e-12;
  const double p = std::clamp(sim::math::normal_cdf(score_), kInside, 1 - kInside);
  constexpr double kFarNs = 0x1p60;  // 36 years, as any other law's
  const double ns = std::clamp(*law.marginal.quantile(p), 0.0, kFarNs);
  return sim::Duration{sim::math::round_to_int(ns)};
}

}  // namespace wrackline::workload
