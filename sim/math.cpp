#include "sim/math.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace wrackline::sim::math {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// ln 2 in two parts; the first has 21 trailing zero bits, so that it times any binary exponent is exact.
constexpr double kLn2High = 0x1.62e42feep-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
constexpr double kSqrtHalf = 0.70710678118654752440;
constexpr double kPi = 3.14159265358979323846;

/// x = 2^exponent * mantissa with the mantissa in [sqrt(1/2), sqrt(2)); x positive and finite.
struct Split {
  int exponent;
  double mantissa;
};
Split split(double x) {
  int exponent = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    exponent = -54;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<int>(bits >> 52) - 1022;
  double mantissa = std::bit_cast<double>((bits & 0x000fffffffffffffU) | 0x3fe0000000000000U);
  if (mantissa < kSqrtHalf) {
    mantissa *= 2;
    --exponent;
  }
  return {exponent, mantissa};
}

/// x * 2^k without intermediate overflow.
double scale(double x, int k) {
  const auto power = [](int e) { return std::bit_cast<double>(static_cast<std::uint64_t>(e + 1023) << 52); };
  if (k > 1023) return x * power(1023) * power(k - 1023);
  if (k < -1022) return x * power(k + 54) * 0x1p-54;
  return x * power(k);
}

/// sum over n >= 1 of 2 s^(2n) / (2n + 1): the part of 2 atanh(s) / s beyond 2, for |s| <= 0.172.
double atanh_rest(double s) {
  const double z = s * s;
  double sum = 0;
  for (int n = 12; n >= 1; --n) sum = z * (sum + 2.0 / (2 * n + 1));
  return sum;
}

/// log(1 + f) = f - s (f - rest), s = f / (2 + f): f is exact, so only the small second term is rounded.
double log_correction(double f) {
  const double s = f / (2 + f);
  return s * (f - atanh_rest(s));
}

struct Pair {
  double high;
  double low;
};
Pair two_sum(double a, double b) {
  const double sum = a + b;
  const double b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}
Pair two_product(double a, double b) {
  const auto halves = [](double x) {
    const double t = 134217729.0 * x;
    const double high = t - (t - x);
    return Pair{high, x - high};
  };
  const double product = a * b;
  const Pair x = halves(a);
  const Pair y = halves(b);
  return {product, ((x.high * y.high - product) + x.high * y.low + x.low * y.high) + x.low * y.low};
}

/// Taylor polynomial of (e^r - 1 - r) / r^2 for |r| <= 0.35.
double exp_rest(double r) {
  double sum = 0;
  for (int n = 15; n >= 3; --n) sum = (sum + 1) * r / n;
  return (sum + 1) / 2;
}

double sin_small(double x) {  // |x| <= pi / 4
  const double z = x * x;
  double sum = 0;
  for (int n = 17; n >= 3; n -= 2) sum = -(sum + 1) * z / (n * (n - 1));
  return x + x * sum;
}
double cos_small(double x) {
  const double z = x * x;
  double sum = 0;
  for (int n = 18; n >= 4; n -= 2) sum = -(sum + 1) * z / (n * (n - 1));
  const double half = z / 2;
  return 1 - (half + half * sum);
}

template <int N>
double polynomial(const double (&coefficients)[N], double x) {
  double sum = coefficients[N - 1];
  for (int i = N - 2; i >= 0; --i) sum = sum * x + coefficients[i];
  return sum;
}

}  // namespace

double log(double x) {
  if (!(x > 0)) return x == 0 ? -kInfinity : kNan;
  if (x == kInfinity) return x;
  const auto [exponent, mantissa] = split(x);
  const double f = mantissa - 1;
  if (exponent == 0) return f - log_correction(f);
  return exponent * kLn2High + (f - (log_correction(f) - exponent * kLn2Low));
}

double exp(double x) {
  if (x != x) return x;
  if (x > 709.79) return kInfinity;
  if (x < -745.2) return 0;
  const double turns = x * 1.44269504088896340736;
  const int k = static_cast<int>(turns + (turns < 0 ? -0.5 : 0.5));
  const double high = x - k * kLn2High;
  const double r = high - k * kLn2Low;
  const double lost = (high - r) - k * kLn2Low;
  return scale(1 + (r + (r * r * exp_rest(r) + lost)), k);
}

double log1p(double x) {
  if (x <= -1 || x != x) return x == -1 ? -kInfinity : kNan;
  if (x > -0.25 && x < 0.4) return x - log_correction(x);
  const double u = 1 + x;
  if (u == kInfinity) return u;
  const double lost = x >= 1 ? 1 - (u - x) : x - (u - 1);
  return log(u) + lost / u;
}

double expm1(double x) {
  if (x > -0.35 && x < 0.35) return x + x * x * exp_rest(x);
  if (x < -40) return -1;
  return exp(x) - 1;
}

double pow(double base, double exponent) {
  if (exponent == 0 || base == 1) return 1;
  if (!(base > 0)) return base == 0 ? (exponent > 0 ? 0 : kInfinity) : kNan;
  if (base == kInfinity) return exponent > 0 ? kInfinity : 0;
  const auto [k, mantissa] = split(base);
  const double f = mantissa - 1;
  // log(base) as a pair: k ln2 and f are exact up to the small terms.
  const Pair head = two_sum(k * kLn2High, f);
  const Pair logarithm = two_sum(head.high, head.low + (k * kLn2Low - log_correction(f)));
  const Pair product = two_product(exponent, logarithm.high);
  if (!(product.high < 710)) return kInfinity;
  if (product.high < -746) return 0;
  const double rest = product.low + exponent * logarithm.low;
  const double power = exp(product.high);
  return power + power * rest;
}

double sin_turns(double turns) {
  double x = turns - std::floor(turns);  // [0, 1]
  double sign = 1;
  if (x >= 0.5) {
    x -= 0.5;
    sign = -1;
  }
  if (x > 0.25) x = 0.5 - x;
  return sign * (x <= 0.125 ? sin_small(2 * kPi * x) : cos_small(2 * kPi * (0.25 - x)));
}

double cos_turns(double turns) {
  double x = turns - std::floor(turns);
  if (x > 0.5) x = 1 - x;
  double sign = 1;
  if (x > 0.25) {
    x = 0.5 - x;
    sign = -1;
  }
  return sign * (x <= 0.125 ? cos_small(2 * kPi * x) : sin_small(2 * kPi * (0.25 - x)));
}

double normal_quantile(double p) {
  if (!(p > 0 && p < 1)) return p == 0 ? -kInfinity : p == 1 ? kInfinity : kNan;
  static constexpr double a[] = {3.3871328727963666080,   1.3314166789178437745e2, 1.9715909503065514427e3,
                                 1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                                 3.3430575583588128105e4, 2.5090809287301226727e3};
  static constexpr double b[] = {1.0,
                                 4.2313330701600911252e1,
                                 6.8718700749205790830e2,
                                 5.3941960214247511077e3,
                                 2.1213794301586595867e4,
                                 3.9307895800092710610e4,
                                 2.8729085735721942674e4,
                                 5.2264952788528545610e3};
  static constexpr double c[] = {1.42343711074968357734,    4.63033784615654529590,
                                 5.76949722146069140550,    3.64784832476320460504,
                                 1.27045825245236838258,    2.41780725177450611770e-1,
                                 2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double d[] = {1.0,
                                 2.05319162663775882187,
                                 1.67638483018380384940,
                                 6.89767334985100004550e-1,
                                 1.48103976427480074590e-1,
                                 1.51986665636164571966e-2,
                                 5.47593808499534494600e-4,
                                 1.05075007164441684324e-9};
  static constexpr double e[] = {6.65790464350110377720,    5.46378491116411436990,
                                 1.78482653991729133580,    2.96560571828504891230e-1,
                                 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                 2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double g[] = {1.0,
                                 5.99832206555887937690e-1,
                                 1.36929880922735805310e-1,
                                 1.48753612908506148525e-2,
                                 7.86869131145613259100e-4,
                                 1.84631831751005468180e-5,
                                 1.42151175831644588870e-7,
                                 2.04426310338993978564e-15};
  const double q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  const double tail = std::sqrt(-log(q < 0 ? p : 1 - p));
  const double z = tail <= 5 ? polynomial(c, tail - 1.6) / polynomial(d, tail - 1.6)
                             : polynomial(e, tail - 5) / polynomial(g, tail - 5);
  return q < 0 ? -z : z;
}

double log_gamma(double x) {
  if (!(x > 0)) return kNan;
  double shifted = 1;
  while (x < 15) {
    shifted *= x;
    x += 1;
  }
  const double z = 1 / (x * x);
  static constexpr double series[] = {1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
                                      1.0 / 1188, -691.0 / 360360, 1.0 / 156};
  constexpr double kHalfLogTwoPi = 0.91893853320467274178;
  return (x - 0.5) * log(x) - x + kHalfLogTwoPi + polynomial(series, z) / x - log(shifted);
}

double gamma(double x) {
  if (!(x > 0)) return kNan;
  if (x >= 15) return exp(log_gamma(x));
  double shifted = 1;
  while (x >= 2) {
    x -= 1;
    shifted *= x;
  }
  // Gamma(x) = Gamma(x + 15) / (x (x + 1) ... (x + 14)), the large one by Stirling with an exact-ish power.
  double below = 1;
  for (int i = 0; i < 15; ++i) below *= x + i;
  return shifted * exp(log_gamma(x + 15)) / below;
}

long long round_to_int(double x) {
  if (!(x > -9.2e18)) return x != x ? 0 : std::numeric_limits<long long>::min();
  if (x > 9.2e18) return std::numeric_limits<long long>::max();
  // The floor, without a call.
  const double above = x + 0.5;
  const auto whole = static_cast<long long>(above);
  return whole - (static_cast<double>(whole) > above ? 1 : 0);
}

}  // namespace wrackline::sim::math
