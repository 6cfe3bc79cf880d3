// The closed forms of science.md 4 that the simulator must match, computed from their definitions (libm and
// numerical integration are fine here: nothing of it reaches a result of a run).
#pragma once

#include <cmath>
#include <functional>

namespace wrackline::theory {

/// Simpson's rule over [from, to].
inline double integrate(const std::function<double(double)>& f, double from, double to, int steps = 8000) {
  const double h = (to - from) / steps;
  double sum = f(from) + f(to);
  for (int i = 1; i < steps; ++i) sum += f(from + i * h) * (i % 2 == 1 ? 4 : 2);
  return sum * h / 3;
}

/// A law of delays as the late-record formulas need it: density, and G(x), the integral of its distribution
/// function.
struct DelayLaw {
  std::function<double(double)> density;
  std::function<double(double)> g;
  double reach = 0;  ///< beyond it the density is negligible
};

inline DelayLaw exponential_delay(double mean) {
  return {[mean](double d) { return std::exp(-d / mean) / mean; },
          [mean](double x) { return x <= 0 ? 0 : x - mean * (1 - std::exp(-x / mean)); }, 40 * mean};
}

inline DelayLaw lognormal_delay(double mu, double sigma) {
  const auto phi = [](double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); };
  return {[=](double d) {
            if (d <= 0) return 0.0;
            const double z = (std::log(d) - mu) / sigma;
            return std::exp(-z * z / 2) / (d * sigma * std::sqrt(2 * 3.14159265358979323846));
          },
          [=](double x) {
            if (x <= 0) return 0.0;
            const double z = (std::log(x) - mu) / sigma;
            return x * phi(z) - std::exp(mu + sigma * sigma / 2) * phi(z - sigma);
          },
          std::exp(mu + 7 * sigma)};
}

/// 4.2: the probability that a record is behind a bounded watermark; Poisson event times of rate `rate`,
/// `partitions` equal partitions with min-combine, emission after every record.
inline double p_behind(const DelayLaw& law, double rate, double bound, int partitions = 1) {
  // Integrated in x = sqrt(d - bound), which is gentle to the steep start and the long tail alike.
  return integrate(
      [&](double x) {
        const double d = bound + x * x;
        const double one = 1 - std::exp(-(rate / partitions) * law.g(d - bound));
        return std::pow(one, partitions) * law.density(d) * 2 * x;
      },
      0, std::sqrt(law.reach), 20000);
}

/// ... with periodic emission every `period`, phase independent.
inline double p_behind_periodic(const DelayLaw& law, double rate, double bound, double period) {
  return integrate([&](double u) { return p_behind(law, rate, bound + u, 1); }, 0, period, 40) / period;
}

/// ... the probability of being dropped from a tumbling window.
inline double p_dropped(const DelayLaw& law, double rate, double bound, double window, double lateness) {
  return integrate([&](double r) { return p_behind(law, rate, bound + lateness + r); }, 0, window, 60) /
         window;
}

/// 4.3: P(L > x) and E L of the watermark's lag without its bound; `partitions` with min-combine.
inline double lag_exceeds(const DelayLaw& law, double rate, double x, int partitions = 1) {
  return 1 - std::pow(1 - std::exp(-(rate / partitions) * law.g(x)), partitions);
}
inline double mean_lag(const DelayLaw& law, double rate, int partitions = 1) {
  return integrate([&](double x) { return lag_exceeds(law, rate, x, partitions); }, 0, law.reach, 40000);
}

inline double harmonic(int n) {
  double sum = 0;
  for (int i = 1; i <= n; ++i) sum += 1.0 / i;
  return sum;
}

/// 4.5 sigma of a rate estimated from n correlated trials (science.md V07: 1.4 times the binomial spread).
inline double rate_tolerance(double p, double n) { return 4.5 * 1.4 * std::sqrt(p * (1 - p) / n); }

}  // namespace wrackline::theory
