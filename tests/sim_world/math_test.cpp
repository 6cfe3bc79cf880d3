#include "sim/math.hpp"

#include <cmath>
#include <cstdlib>
#include <string>

#include "sim/random.hpp"
#include "tests/support/catch.hpp"

namespace m = wrackline::sim::math;
using wrackline::sim::Stream;

namespace {

/// Distance in units of the last place of the true value, which comes from the wider libm functions.
double ulp_error(double got, long double truth) {
  const double rounded = static_cast<double>(truth);
  if (got == rounded) return 0;
  const double ulp = std::fabs(std::nextafter(rounded, INFINITY) - rounded);
  return static_cast<double>(std::fabs(static_cast<long double>(got) - truth) /
                             static_cast<long double>(ulp));
}

template <class Ours, class Truth>
double worst(double low, double high, int count, Ours ours, Truth truth) {
  Stream stream{1, "math", "test"};
  double result = 0;
  for (int i = 0; i < count; ++i) {
    const double x = low + (high - low) * stream.unit();
    const double error = ulp_error(ours(x), truth(static_cast<long double>(x)));
    if (error > result) result = error;
  }
  return result;
}

}  // namespace

TEST_CASE("log, exp and log1p are within 2 ulp, expm1 within 4") {
  const auto log_truth = [](long double x) { return std::log(x); };
  const auto exp_truth = [](long double x) { return std::exp(x); };
  CHECK(worst(1e-300, 1e-290, 20'000, m::log, log_truth) < 2);
  CHECK(worst(0.5, 2.0, 50'000, m::log, log_truth) < 2);
  CHECK(worst(0.999, 1.001, 50'000, m::log, log_truth) < 2);
  CHECK(worst(1, 1e15, 50'000, m::log, log_truth) < 2);
  CHECK(worst(-1, 1, 50'000, m::exp, exp_truth) < 2);
  CHECK(worst(-700, 700, 50'000, m::exp, exp_truth) < 2);
  const auto log1p_truth = [](long double x) { return std::log1p(x); };
  CHECK(worst(-0.9, 1, 50'000, m::log1p, log1p_truth) < 2);
  CHECK(worst(-1e-9, 1e-9, 20'000, m::log1p, log1p_truth) < 2);
  CHECK(worst(1, 1e9, 20'000, m::log1p, log1p_truth) < 2);
  const auto expm1_truth = [](long double x) { return std::expm1(x); };
  CHECK(worst(-2, 2, 50'000, m::expm1, expm1_truth) < 4);
  CHECK(worst(-1e-9, 1e-9, 20'000, m::expm1, expm1_truth) < 2);
}

TEST_CASE("sin and cos of turns are within 2 ulp") {
  constexpr long double kTwoPi = 6.283185307179586476925286766559L;
  const auto sin_truth = [](long double x) { return std::sin(kTwoPi * x); };
  const auto cos_truth = [](long double x) { return std::cos(kTwoPi * x); };
  CHECK(worst(0.001, 0.499, 50'000, m::sin_turns, sin_truth) < 2);
  CHECK(worst(0.251, 0.749, 50'000, m::cos_turns, cos_truth) < 2);
  CHECK(m::sin_turns(0.25) == 1);
  CHECK(m::sin_turns(1000.75) == -1);
  CHECK(m::sin_turns(0.5) == 0);
  CHECK(m::cos_turns(-3.0) == 1);
}

TEST_CASE("pow is within 2 + |y| / 4 ulp") {
  for (const double y : {-0.37, 0.5, 1.5, -1.0, 3.0, 20.0, -80.0}) {
    const double error = worst(
        1e-3, 50, 20'000, [y](double x) { return m::pow(x, y); },
        [y](long double x) { return std::pow(x, static_cast<long double>(y)); });
    INFO("exponent " << y << ": " << error);
    CHECK(error < 2 + std::fabs(y) / 4);
  }
  CHECK(m::pow(0, 2) == 0);
  CHECK(m::pow(7, 0) == 1);
  CHECK(std::isinf(m::pow(10, 400)));
}

TEST_CASE("the normal quantile inverts the normal distribution") {
  for (const double p : {1e-12, 1e-6, 0.001, 0.02, 0.075, 0.3, 0.5, 0.7, 0.925, 0.99}) {
    const double z = m::normal_quantile(p);
    const long double back = std::erfc(-static_cast<long double>(z) / std::sqrt(2.0L)) / 2;
    INFO("p = " << p);
    CHECK(static_cast<double>(back) == Approx(p).epsilon(5e-14));
  }
  CHECK(m::normal_quantile(0.99) == Approx(2.3263478740408411).epsilon(1e-15));
  CHECK(m::normal_quantile(0.01) == Approx(-2.3263478740408411).epsilon(1e-14));
}

TEST_CASE("gamma and log gamma") {
  for (const double x : {0.1, 0.5, 1.0, 1.5, 2.4285714285714284, 5.0, 14.2, 33.3, 100.0}) {
    INFO("x = " << x);
    CHECK(m::gamma(x) ==
          Approx(static_cast<double>(std::tgamma(static_cast<long double>(x)))).epsilon(4e-14));
    CHECK(m::log_gamma(x) ==
          Approx(static_cast<double>(std::lgamma(static_cast<long double>(x)))).epsilon(1e-14).margin(4e-14));
  }
}

TEST_CASE("the functions give these bits on every machine") {
  CHECK(m::log(3.7) == 0x1.4eeee650ae55p+0);
  CHECK(m::exp(-2.6) == 0x1.30397dd6330b7p-4);
  CHECK(m::pow(1.7, -0.3) == 0x1.b4a6de53c1333p-1);
  CHECK(m::normal_quantile(0.123) == -0x1.28fd9ddce9e7cp+0);
  CHECK(m::gamma(3.3) == 0x1.577ae04a2e957p+1);
}

TEST_CASE("special values and saturation") {
  CHECK(std::isinf(m::log(0)));
  CHECK(std::isnan(m::log(-1)));
  CHECK(m::exp(-800) == 0);
  CHECK(std::isinf(m::exp(710)));
  CHECK(m::exp(-740) > 0);
  CHECK(m::round_to_int(-2.5) == -2);
  CHECK(m::round_to_int(1e30) == 9223372036854775807LL);
}
