#include "sim/distribution.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "sim/math.hpp"
#include "sim/ziggurat.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::sim;
using namespace std::chrono_literals;

namespace {

std::vector<double> draws(const Distribution& law, int count, const char* name = "law") {
  Stream stream{2024, name, "test"};
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) values.push_back(law.sample(stream));
  return values;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

/// Kolmogorov-Smirnov distance times sqrt(n) against the closed quantile function: below 1.95 at p = 0.001.
double kolmogorov(std::vector<double> values, const std::function<double(double)>& quantile) {
  std::sort(values.begin(), values.end());
  const double n = static_cast<double>(values.size());
  double worst = 0;
  for (int i = 1; i < 2'000; ++i) {
    const double p = i / 2'000.0;
    const auto at_most = std::upper_bound(values.begin(), values.end(), quantile(p)) - values.begin();
    worst = std::max(worst, std::fabs(static_cast<double>(at_most) / n - p));
  }
  return worst * std::sqrt(n);
}

}  // namespace

TEST_CASE("samples follow the closed forms of their law") {
  const std::vector<std::pair<const char*, Distribution>> laws = {
      {"uniform", Distribution::uniform(-3, 7)},
      {"exponential", Distribution::exponential(250e6)},
      {"normal", Distribution::normal(10, 3)},
      {"lognormal", Distribution::lognormal(4, 1.5)},
      {"lognormal median p99", Distribution::lognormal_median_p99(100e6, 300e6)},
      {"pareto", Distribution::pareto(300e6, 2.5)},
      {"weibull", Distribution::weibull(0.7, 1e9)},
      {"weibull steep", Distribution::weibull(3.5, 1e9)},
      {"knots", Distribution::empirical({{0, 22}, {.1, 67}, {.5, 107}, {.9, 201}, {.99, 306}, {1, 4673}})},
      {"shifted", Distribution::exponential(5).scaled(2).shifted(100)},
  };
  for (const auto& [name, law] : laws) {
    INFO(name << ": " << law.describe());
    const auto values = draws(law, 200'000, name);
    CHECK(kolmogorov(values, [&l = law](double p) { return *l.quantile(p); }) < 1.95);
    const double heavy = std::string{name} == "lognormal" ? 0.05 : 0.012;
    CHECK(mean_of(values) == Approx(*law.mean()).epsilon(heavy));
  }
}

TEST_CASE("a draw is the quantile of its bits, to 3 parts in 10 000, in the middle and in both tails") {
  for (const Distribution& law : {Distribution::lognormal(4, 1.5), Distribution::pareto(300e6, 1),
                                  Distribution::weibull(0.7, 1e9), Distribution::weibull(3.5, 1e9)}) {
    INFO(law.describe());
    Stream drawn{11, "law", "test"};
    Stream bits = drawn;
    double worst = 0;
    for (int i = 0; i < 200'000; ++i) {
      const double exact = *law.quantile(bits.open_unit());
      worst = std::max(worst, std::fabs(law.sample(drawn) / exact - 1));
    }
    CHECK(worst < 3e-4);
  }
}

TEST_CASE("the far tail is exact, not clipped by the table") {
  const auto law = Distribution::lognormal(0, 1);
  const auto values = draws(law, 1'000'000);
  int beyond = 0;
  const double limit = *law.quantile(0.9999);
  for (const double v : values) beyond += v > limit ? 1 : 0;
  CHECK(beyond == Approx(100).margin(35));
  const auto pareto = Distribution::pareto(1, 1.1);
  const auto heavy = draws(pareto, 1'000'000);
  CHECK(*std::max_element(heavy.begin(), heavy.end()) > *pareto.quantile(0.999'99));
}

TEST_CASE("gamma has its mean and variance, for shapes on both sides of 1") {
  for (const double shape : {0.4, 1.0, 2.5, 30.0}) {
    const auto values = draws(Distribution::gamma(shape, 2), 300'000);
    const double mean = mean_of(values);
    double variance = 0;
    for (const double v : values) variance += (v - mean) * (v - mean);
    variance /= static_cast<double>(values.size());
    CHECK(mean == Approx(2 * shape).epsilon(0.012));
    CHECK(variance == Approx(4 * shape).epsilon(0.03));
  }
}

TEST_CASE("ziggurat draws have the right tails and moments") {
  Stream stream{3, "ziggurat", "test"};
  int beyond_three = 0;
  int beyond_edge = 0;
  double fourth = 0;
  constexpr int kCount = 2'000'000;
  for (int i = 0; i < kCount; ++i) {
    const double z = draw_normal(stream);
    beyond_three += std::fabs(z) > 3 ? 1 : 0;
    fourth += z * z * z * z / kCount;
    beyond_edge += draw_exponential(stream) > 8 ? 1 : 0;
  }
  CHECK(beyond_three == Approx(0.0026998 * kCount).epsilon(0.05));
  CHECK(fourth == Approx(3).epsilon(0.01));
  CHECK(beyond_edge == Approx(0.00033546 * kCount).epsilon(0.12));
}

TEST_CASE("the P99 of the median form is the P99") {
  const auto law = Distribution::lognormal_median_p99(100e6, 300e6);
  CHECK(*law.quantile(0.5) == Approx(100e6));
  CHECK(*law.quantile(0.99) == Approx(300e6));
}

TEST_CASE("a mixture has its shares and its mean") {
  const auto law =
      Distribution::mixture({{99, Distribution::constant(1.0)}, {1, Distribution::constant(101.0)}});
  const auto values = draws(law, 100'000);
  CHECK(*law.mean() == Approx(2));
  CHECK(std::count(values.begin(), values.end(), 101.0) == Approx(1'000).margin(110));
  CHECK_FALSE(law.quantile(0.5).has_value());
}

TEST_CASE("bounds: clamped values pile up at the end, redrawn ones do not") {
  const auto clamped = draws(Distribution::exponential(10).clamped(0, 10), 50'000);
  CHECK(std::count(clamped.begin(), clamped.end(), 10.0) == Approx(50'000 * std::exp(-1.0)).epsilon(0.03));
  const auto redrawn = draws(Distribution::exponential(10).redrawn_within(0, 10), 50'000);
  CHECK(std::count(redrawn.begin(), redrawn.end(), 10.0) == 0);
  CHECK(*std::max_element(redrawn.begin(), redrawn.end()) < 10);
  CHECK_FALSE(Distribution::exponential(10).redrawn_within(0, 10).mean().has_value());
  CHECK(*Distribution::exponential(10).clamped(0, 10).quantile(0.99) == 10);
}

TEST_CASE("durations are whole nanoseconds and never negative") {
  Stream stream{1, "x", "y"};
  CHECK(Distribution::constant(1500ms).sample_duration(stream) == 1500ms);
  CHECK(Distribution::constant(-5.0).sample_duration(stream) == 0ns);
  CHECK(Distribution::constant(-5.0).sample_int(stream) == -5);
}

TEST_CASE("the longest duration is 36 years, so that a time can be that far away") {
  Stream stream{1, "x", "y"};
  constexpr std::int64_t kFarNs = std::int64_t{1} << 60;
  CHECK(Distribution::constant(1e300).sample_duration(stream).count() == kFarNs);
  CHECK(Distribution::constant(1e300).sample_int(stream) == kFarNs);
  CHECK(Distribution::constant(-1e300).sample_int(stream) == -kFarNs);
  const auto heavy = Distribution::pareto(1e9, 0.05);
  std::int64_t longest = 0;
  for (int i = 0; i < 1000; ++i) longest = std::max(longest, heavy.sample_duration(stream).count());
  CHECK(longest == kFarNs);
}

TEST_CASE("constants draw nothing from the stream; zero is known as zero") {
  Stream stream{1, "x", "y"};
  Stream untouched = stream;
  CHECK(Distribution::constant(3.0).scaled(2).sample(stream) == 6);
  CHECK(stream.next() == untouched.next());
  CHECK(Distribution{}.is_zero());
  CHECK(Distribution::exponential(0).is_zero());
  CHECK_FALSE(Distribution::exponential(1).is_zero());
}

TEST_CASE("stalls: everything that arrives in a stall is released together") {
  const auto law = Distribution::stalls(Distribution::constant(82.0), 10'000, 500);
  CHECK(*law.mean() == Approx(82 + 500.0 * 500 / 10'500));
  CHECK(mean_of(draws(law, 300'000)) == Approx(*law.mean()).epsilon(0.01));

  DelayProcess process{law, Stream{1, "feed", "delay"}};
  double sum = 0;
  int stalled = 0;
  int together = 0;
  constexpr int kCount = 2'000'000;
  Time last_release = kStart;
  for (int i = 0; i < kCount; ++i) {
    const Time now = from_ns(i * 10LL);
    const Duration delay = process.next(now);
    REQUIRE(now + delay >= last_release);
    together += delay > 82ns && now + delay == last_release ? 1 : 0;
    stalled += delay > 82ns ? 1 : 0;
    last_release = now + delay;
    sum += static_cast<double>(delay.count());
  }
  CHECK(stalled == Approx(kCount * 500 / 10'500).epsilon(0.1));
  CHECK(together > stalled * 9 / 10);
  CHECK(sum / kCount == Approx(*law.mean()).epsilon(0.1));
}

TEST_CASE("samples are these on every machine") {
  Stream stream{7, "golden", "law"};
  CHECK(Distribution::lognormal_median_p99(100e6, 300e6).sample_duration(stream).count() == 40411095);
  CHECK(Distribution::exponential(1e9).sample_duration(stream).count() == 3815943359);
  CHECK(Distribution::gamma(0.7, 1e9).sample_duration(stream).count() == 632568803);
  CHECK(Distribution::weibull(0.7, 1e9).sample_duration(stream).count() == 2431361141);
}

TEST_CASE("laws describe themselves") {
  CHECK(Distribution::lognormal(4, 1.5).describe() == "lognormal(mu=4, sigma=1.5)");
  CHECK(Distribution::exponential(3).scaled(2).clamped(0, 9).describe() ==
        "exponential(mean=3) * 2 clamped to [0, 9]");
}
