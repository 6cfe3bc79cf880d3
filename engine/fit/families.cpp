#include "engine/fit/families.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "engine/workload/delay_profiles.hpp"
#include "sim/math.hpp"

namespace wrackline::fit {
namespace {

namespace math = sim::math;

constexpr double kSmallest = 1e-9;

struct Logs {
  double mean = 0;
  double deviation = 0;
};

Logs logs_of(const Values& values) {
  const double n = count(values);
  double sum = 0;
  for (const Value& value : values) sum += value.n * math::log(value.x);
  const double middle = sum / n;
  double squares = 0;
  for (const Value& value : values) {
    const double off = math::log(value.x) - middle;
    squares += value.n * off * off;
  }
  return {middle, std::sqrt(squares / n)};
}

/// The least value, by half a step of the clock: what was seen may have been a little smaller.
double lower_end(const Sample& sample) { return std::max(sample.values.front().x - sample.half_ms, 0.0); }

Part lognormal_part(const Values& values, double weight) {
  const Logs logs = logs_of(values);
  return {weight, Shape::lognormal, math::exp(logs.mean), std::max(logs.deviation, 1e-3), 0};
}

Law single(Family family, Part part, int parameters) {
  Law law;
  law.family = family;
  law.parts = {part};
  law.parameters = parameters;
  return law;
}

Law fit_exponential_shift(const Sample& sample) {
  const double shift = lower_end(sample);
  const double rest = std::max(mean(sample.values) - shift, kSmallest);
  return single(Family::exponential_shift, {1, Shape::exponential, rest, 0, shift}, 2);
}

Law fit_pareto(const Sample& sample) {
  const double least = std::max(lower_end(sample), 0.5);
  double sum = 0;
  for (const Value& value : sample.values) sum += value.n * (math::log(value.x) - math::log(least));
  const double index = std::clamp(count(sample.values) / std::max(sum, kSmallest), 0.01, 100.0);
  return single(Family::pareto, {1, Shape::pareto, least, index, 0}, 2);
}

/// Zero of sum x^k ln x / sum x^k - 1/k - mean ln x, which rises with k.
Law fit_weibull(const Sample& sample) {
  const double middle = mean(sample.values);
  const double mean_log = logs_of(sample.values).mean - math::log(middle);
  double low = 0.05;
  double high = 60;
  const auto power_sums = [&](double k) {
    double powers = 0;
    double with_logs = 0;
    for (const Value& value : sample.values) {
      const double log_x = math::log(value.x / middle);
      const double power = value.n * math::exp(k * log_x);
      powers += power;
      with_logs += power * log_x;
    }
    return std::pair{powers, with_logs};
  };
  for (int i = 0; i < 50; ++i) {
    const double k = (low + high) / 2;
    const auto [powers, with_logs] = power_sums(k);
    (with_logs / powers - 1 / k - mean_log < 0 ? low : high) = k;
  }
  const double shape = (low + high) / 2;
  const double scale = middle * math::pow(power_sums(shape).first / count(sample.values), 1 / shape);
  return single(Family::weibull, {1, Shape::weibull, scale, shape, 0}, 2);
}

/// psi(x) by recurrence and the asymptotic series (Abramowitz and Stegun 6.3.18).
double digamma(double x) {
  double sum = 0;
  for (; x < 10; x += 1) sum -= 1 / x;
  const double z = 1 / (x * x);
  return sum + math::log(x) - 0.5 / x - z * (1.0 / 12 - z * (1.0 / 120 - z * (1.0 / 252 - z / 240)));
}

/// Zero of ln k - psi(k) = ln mean - mean ln; the left side falls with k.
Law fit_gamma(const Sample& sample) {
  const double middle = mean(sample.values);
  const double s = std::max(math::log(middle) - logs_of(sample.values).mean, 1e-6);
  double low = 1e-3;
  double high = 1000;
  for (int i = 0; i < 80; ++i) {
    const double k = std::sqrt(low * high);
    (math::log(k) - digamma(k) > s ? low : high) = k;
  }
  return single(Family::gamma, {1, Shape::gamma, middle, std::sqrt(low * high), 0}, 2);
}

/// What was emitted evenly waits evenly long for the next upload; one value in two hundred may be another
/// story on each side.
Law fit_batch_upload(const Sample& sample) {
  const double low = quantile(sample.values, 0.005);
  const double high = quantile(sample.values, 0.995);
  const double width = std::max((high - low) / 0.99, 2 * sample.half_ms);
  const double from = std::max((low + high) / 2 - width / 2, 0.0);
  return single(Family::batch_upload, {1, Shape::uniform, 0, width, from}, 2);
}

Law fit_lognormal_pareto(const Sample& sample) {
  Law best;
  double best_score = 0;
  for (const double body : {0.9, 0.95, 0.97, 0.98, 0.99, 0.995}) {
    const double from = quantile(sample.values, body);
    const Values below = between(sample.values, 0, from);
    const Values above = between(sample.values, from, 1e300);
    if (below.size() < 2 || above.empty()) continue;
    double sum = 0;
    for (const Value& value : above) sum += value.n * (math::log(value.x) - math::log(from - sample.half_ms));
    const double in_tail = count(above);
    const double share = in_tail / count(sample.values);
    const double index = std::clamp(in_tail / std::max(sum, kSmallest), 0.1, 50.0);
    Law law;
    law.family = Family::lognormal_pareto;
    const double start = std::max(from - sample.half_ms, 0.5);
    const Part whole_body = lognormal_part(below, 1);
    // What the body itself has beyond the start is not the tail's to give again.
    const double leaks = 1 - whole_body.cdf(start);
    const double tail = std::max((share - leaks) / std::max(1 - leaks, 1e-6), share / 20);
    law.parts = {whole_body, {tail, Shape::pareto, start, index, 0}};
    law.parts.front().weight = 1 - tail;
    law.parameters = 5;
    const double score = log_score(law, sample);
    if (!best.parts.empty() && score <= best_score) continue;
    best = law;
    best_score = score;
  }
  if (best.parts.empty()) {
    best = single(Family::lognormal_pareto, lognormal_part(sample.values, 1), 5);
  }
  return best;
}

/// Expectation-maximisation for exponential phases above a shift.
std::vector<Part> exponential_phases(const Sample& sample, double shift, std::vector<Part> phases) {
  constexpr int kRounds = 120;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> weights(phases.size(), 0);
    std::vector<double> sums(phases.size(), 0);
    std::vector<double> densities(phases.size(), 0);
    for (const Value& value : sample.values) {
      const double x = std::max(value.x - shift, sample.half_ms);
      double all = 0;
      for (std::size_t i = 0; i < phases.size(); ++i) {
        densities[i] = phases[i].weight / phases[i].a * math::exp(-x / phases[i].a);
        all += densities[i];
      }
      if (all <= 0) {
        // So far out that every phase underflows: it belongs to the slowest.
        densities.back() = all = 1;
      }
      for (std::size_t i = 0; i < phases.size(); ++i) {
        const double part = value.n * densities[i] / all;
        weights[i] += part;
        sums[i] += part * x;
      }
    }
    const double n = count(sample.values);
    for (std::size_t i = 0; i < phases.size(); ++i) {
      phases[i].weight = std::max(weights[i] / n, 1e-6);
      phases[i].a = std::max(sums[i] / std::max(weights[i], kSmallest), kSmallest);
    }
  }
  double sum = 0;
  for (const Part& phase : phases) sum += phase.weight;
  for (Part& phase : phases) {
    phase.weight /= sum;
    phase.shift = shift;
  }
  std::sort(phases.begin(), phases.end(), [](const Part& a, const Part& b) { return a.a < b.a; });
  return phases;
}

Law fit_hyper_exponential(const Sample& sample) {
  const double fast = std::max(quantile(sample.values, 0.25), sample.half_ms);
  const double middle = std::max(mean(sample.values), sample.half_ms);
  const double slow = std::max(quantile(sample.values, 0.98), middle);
  Law best;
  double best_aic = 0;
  for (const int phases : {2, 3}) {
    std::vector<Part> start{{0.6, Shape::exponential, fast, 0, 0}, {0.4, Shape::exponential, slow, 0, 0}};
    if (phases == 3) start.push_back({0.3, Shape::exponential, (fast + slow) / 3, 0, 0});
    Law law;
    law.family = Family::hyper_exponential;
    law.parts = exponential_phases(sample, 0, std::move(start));
    law.parameters = 2 * phases - 1;
    const double aic = 2 * law.parameters - 2 * log_score(law, sample) * count(sample.values);
    if (!best.parts.empty() && aic >= best_aic) continue;
    best = law;
    best_aic = aic;
  }
  return best;
}

/// The base goes through at once; what meets a stall waits for its end, exponentially long again.
Law fit_stall(const Sample& sample) {
  const double shift = lower_end(sample);
  const double rest = std::max(quantile(sample.values, 0.5) - shift, sample.half_ms);
  const double slow = std::max(quantile(sample.values, 0.98) - shift, 4 * rest);
  Law law;
  law.family = Family::stall;
  law.parts = exponential_phases(
      sample, shift, {{0.9, Shape::exponential, rest, 0, 0}, {0.1, Shape::exponential, slow, 0, 0}});
  law.parameters = 4;
  law.stall_share = law.parts[1].weight;
  law.mean_stall_ms = law.parts[1].a;
  return law;
}

Law fit_empirical(const Sample& sample) {
  Law law;
  law.family = Family::empirical;
  for (const double p : workload::profile_shares()) law.knots.push_back({p, quantile(sample.values, p)});
  // One absurdly small delay would spread a hundredth of the law down to it.
  const double small = quantile(sample.values, 0.001);
  if (law.knots.front().ms < small / 4) law.knots.front().ms = small;
  law.parameters = static_cast<int>(law.knots.size());
  return law;
}

}  // namespace

Law fit_family(Family family, const Sample& sample) {
  assert(!sample.values.empty());
  switch (family) {
    case Family::exponential_shift:
      return fit_exponential_shift(sample);
    case Family::lognormal:
      return single(Family::lognormal, lognormal_part(sample.values, 1), 2);
    case Family::pareto:
      return fit_pareto(sample);
    case Family::weibull:
      return fit_weibull(sample);
    case Family::gamma:
      return fit_gamma(sample);
    case Family::batch_upload:
      return fit_batch_upload(sample);
    case Family::lognormal_pareto:
      return fit_lognormal_pareto(sample);
    case Family::hyper_exponential:
      return fit_hyper_exponential(sample);
    case Family::stall:
      return fit_stall(sample);
    case Family::empirical:
      break;
  }
  return fit_empirical(sample);
}

double log_score(const Law& law, const Sample& sample) {
  double sum = 0;
  for (const Value& value : sample.values) {
    const double share = law.cdf(value.x + sample.half_ms) - law.cdf(value.x - sample.half_ms);
    sum += value.n * math::log(std::max(share, 1e-12));
  }
  return sum / count(sample.values);
}

double hill_index(std::span<const std::int64_t> sorted, double share) {
  const auto k = static_cast<std::size_t>(static_cast<double>(sorted.size()) * share);
  if (k < 2 || sorted.size() < k + 1) return 0;
  const std::int64_t base = sorted[sorted.size() - k - 1];
  if (base <= 0) return 0;
  double sum = 0;
  for (std::size_t i = sorted.size() - k; i < sorted.size(); ++i)
    sum += math::log(static_cast<double>(sorted[i]) / static_cast<double>(base));
  return sum > 0 ? static_cast<double>(k) / sum : 0;
}

}  // namespace wrackline::fit
