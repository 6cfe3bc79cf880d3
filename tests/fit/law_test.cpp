// Each family finds its own parameters again, wins on its own data, and none is forced on data that no family
// describes.
#include <cmath>
#include <string>
#include <vector>

#include "engine/fit/choose.hpp"
#include "sim/distribution.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::fit {
namespace {

using sim::Distribution;

std::vector<std::int64_t> drawn(const Distribution& law, int count, std::uint64_t seed = 1) {
  sim::Stream draws{seed, "delays", "test"};
  std::vector<std::int64_t> values;
  for (int i = 0; i < count; ++i) values.push_back(law.sample_int(draws));
  return values;
}

Choice choice_of(const Distribution& law, int count = 20'000) { return choose_law(drawn(law, count), 0, 0); }

TEST_CASE("Lognormal, Weibull, gamma, Pareto and shifted exponential delays give their parameters back") {
  const auto lognormal = choice_of(Distribution::lognormal_median_sigma(2000, 0.6));
  REQUIRE(lognormal.law.family == Family::lognormal);
  CHECK(lognormal.law.parts[0].a == Approx(2000).epsilon(0.02));
  CHECK(lognormal.law.parts[0].b == Approx(0.6).epsilon(0.02));
  CHECK(lognormal.parametric);
  const auto weibull = choice_of(Distribution::weibull(2.5, 3000));
  REQUIRE(weibull.law.family == Family::weibull);
  CHECK(weibull.law.parts[0].a == Approx(3000).epsilon(0.02));
  CHECK(weibull.law.parts[0].b == Approx(2.5).epsilon(0.03));
  const auto gamma = choice_of(Distribution::gamma(4, 500));
  REQUIRE(gamma.law.family == Family::gamma);
  CHECK(gamma.law.parts[0].a == Approx(2000).epsilon(0.02));
  CHECK(gamma.law.parts[0].b == Approx(4).epsilon(0.04));
  const auto pareto = choice_of(Distribution::pareto(300, 2.2));
  REQUIRE(pareto.law.family == Family::pareto);
  CHECK(pareto.law.parts[0].a == Approx(300).epsilon(0.01));
  CHECK(pareto.law.parts[0].b == Approx(2.2).epsilon(0.04));
  const auto shifted = choice_of(Distribution::exponential(400).shifted(1000));
  REQUIRE(shifted.law.family == Family::exponential_shift);
  CHECK(shifted.law.parts[0].shift == Approx(1000).epsilon(0.01));
  CHECK(shifted.law.parts[0].a == Approx(400).epsilon(0.03));
}

TEST_CASE("Mixtures are told apart: a Pareto tail, fast and slow phases, an even wait for the next upload") {
  const auto tailed = choice_of(Distribution::mixture({{97, Distribution::lognormal_median_sigma(1000, 0.4)},
                                                       {3, Distribution::pareto(4000, 1.2)}}),
                                60'000);
  REQUIRE(tailed.law.family == Family::lognormal_pareto);
  CHECK(tailed.law.parts[0].a == Approx(1000).epsilon(0.05));
  CHECK(tailed.law.quantile(0.99) == Approx(4000 * std::pow(3, 1 / 1.2)).epsilon(0.15));
  const auto phases = choice_of(
      Distribution::mixture({{70, Distribution::exponential(300)}, {30, Distribution::exponential(9000)}}));
  REQUIRE((phases.law.family == Family::hyper_exponential || phases.law.family == Family::stall));
  CHECK(phases.law.parts[0].a == Approx(300).epsilon(0.08));
  CHECK(phases.law.parts[1].a == Approx(9000).epsilon(0.08));
  const auto upload = choice_of(Distribution::uniform(5000, 65000));
  REQUIRE(upload.law.family == Family::batch_upload);
  CHECK(upload.law.parts[0].shift == Approx(5000).margin(500));
  CHECK(upload.law.parts[0].b == Approx(60000).margin(900));
}

TEST_CASE("Where no law fits, the knots are chosen and the reason is told") {
  const auto humps = choice_of(Distribution::mixture({{1, Distribution::normal(1000, 20)},
                                                      {1, Distribution::normal(3000, 20)},
                                                      {1, Distribution::normal(9000, 50)}}));
  CHECK_FALSE(humps.parametric);
  CHECK(humps.law.family == Family::empirical);
  CHECK(humps.reason.starts_with("no law fits: on what was held back the best, "));
  CHECK(humps.law.quantile(0.5) == Approx(3000).epsilon(0.05));
}

TEST_CASE("Few records, equal records, none: no law is tried") {
  CHECK(choose_law({}, 0, 0).records == 0);
  const std::vector<std::int64_t> few(50, 7);
  CHECK(choose_law(few, 0, 0).reason == "all delays are the same");
  const auto some = choose_law(drawn(Distribution::exponential(100), 150), 0, 0);
  CHECK(some.candidates.empty());
  CHECK(some.reason == "fewer than 200 records: no law is tried");
}

TEST_CASE("Delays of a clock that shows seconds are judged by seconds") {
  auto delays = drawn(Distribution::lognormal_median_sigma(30'000, 0.5), 20'000);
  for (std::int64_t& delay : delays) delay = (delay + 500) / 1000 * 1000;
  const auto choice = choose_law(delays, 0, 0);
  CHECK(choice.law.family == Family::lognormal);
  CHECK(choice.law.parts[0].a == Approx(30'000).epsilon(0.02));
}

TEST_CASE("The quantile of each law is the inverse of its distribution function") {
  for (const Law& law :
       {choice_of(Distribution::gamma(2, 700)).law, choice_of(Distribution::weibull(0.7, 900)).law,
        choice_of(Distribution::exponential(1000)).law}) {
    for (const double p : {0.01, 0.5, 0.99}) CHECK(law.cdf(law.quantile(p)) == Approx(p).margin(1e-9));
  }
}

TEST_CASE("Hill's index of a Pareto law is its index; of what does not vary, none") {
  auto delays = drawn(Distribution::pareto(1e6, 1.5), 100'000);
  std::sort(delays.begin(), delays.end());
  CHECK(hill_index(delays, 0.01) == Approx(1.5).epsilon(0.1));
  CHECK(hill_index(std::vector<std::int64_t>(1000, 5), 0.01) == 0);
}

}  // namespace
}  // namespace wrackline::fit
