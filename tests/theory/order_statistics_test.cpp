// V21, V22, V23: order statistics of the laws that everything else is drawn from.
#include <algorithm>
#include <vector>

#include "sim/distribution.hpp"
#include "tests/support/catch.hpp"
#include "tests/theory/closed_forms.hpp"

namespace wrackline::theory {
namespace {

TEST_CASE("V22: the mean of the largest of 12 exponentials is H_12 = 3.1032") {
  const auto law = sim::Distribution::exponential(1);
  sim::Stream draws{1, "V22", "service"};
  constexpr int kTrials = 200'000;
  double sum = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    double largest = 0;
    for (int i = 0; i < 12; ++i) largest = std::max(largest, law.sample(draws));
    sum += largest;
  }
  CHECK(harmonic(12) == Approx(3.1032).epsilon(1e-4));
  CHECK(sum / kTrials == Approx(harmonic(12)).epsilon(0.01));
}

TEST_CASE("V23: barrier alignment of 8 channels with exponential barriers takes H_7 = 2.5929 mean delays") {
  const auto law = sim::Distribution::exponential(5e6);
  sim::Stream draws{1, "V23", "barriers"};
  constexpr int kTrials = 200'000;
  double sum = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    double first = 1e300;
    double last = 0;
    for (int i = 0; i < 8; ++i) {
      const double at = law.sample(draws);
      first = std::min(first, at);
      last = std::max(last, at);
    }
    sum += last - first;
  }
  CHECK(sum / kTrials == Approx(harmonic(7) * 5e6).epsilon(0.01));
}

}  // namespace
}  // namespace wrackline::theory
