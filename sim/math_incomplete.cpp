// The incomplete gamma function and, from it, the normal distribution function (Abramowitz and Stegun 6.5.29,
// 6.5.31, 7.1.22).
#include <cmath>

#include "sim/math.hpp"

namespace wrackline::sim::math {
namespace {

constexpr double kTiny = 1e-300;
constexpr double kEnough = 1e-16;
constexpr int kMostTerms = 10'000;

/// x^a e^-x / Gamma(a)
double front(double a, double x) { return exp(a * log(x) - x - log_gamma(a)); }

double lower_by_series(double a, double x) {
  double term = 1 / a;
  double sum = term;
  for (int n = 1; n < kMostTerms && term > sum * kEnough; ++n) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * front(a, x);
}

/// 1 - P(a, x) by Lentz's method.
double upper_by_fraction(double a, double x) {
  double b = x + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / b;
  double value = d;
  for (int n = 1; n < kMostTerms; ++n) {
    const double an = -n * (n - a);
    b += 2;
    d = an * d + b;
    if (std::fabs(d) < kTiny) d = kTiny;
    c = b + an / c;
    if (std::fabs(c) < kTiny) c = kTiny;
    d = 1 / d;
    const double step = d * c;
    value *= step;
    if (std::fabs(step - 1) < kEnough * 4) break;
  }
  return value * front(a, x);
}

}  // namespace

double gamma_p(double a, double x) {
  if (!(x > 0)) return 0;
  if (x < a + 1) return lower_by_series(a, x);
  return 1 - upper_by_fraction(a, x);
}

double normal_cdf(double x) {
  const double square = x * x / 2;
  if (square == 0) return 0.5;
  const double beyond =
      square < 1.5 ? 0.5 - 0.5 * lower_by_series(0.5, square) : 0.5 * upper_by_fraction(0.5, square);
  return x < 0 ? beyond : 1 - beyond;
}

}  // namespace wrackline::sim::math
