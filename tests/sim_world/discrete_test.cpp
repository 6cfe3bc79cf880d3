#include "sim/discrete.hpp"

#include <cmath>
#include <vector>

#include "tests/support/catch.hpp"

using namespace wrackline::sim;

TEST_CASE("an alias table gives every item its weight") {
  const std::vector<double> weights{1, 0, 3, 6};
  const AliasTable table{weights};
  Stream stream{1, "alias", "test"};
  std::vector<int> counts(4);
  for (int i = 0; i < 100'000; ++i) ++counts[table.sample(stream)];
  CHECK(counts[0] == Approx(10'000).margin(350));
  CHECK(counts[1] == 0);
  CHECK(counts[2] == Approx(30'000).margin(550));
  CHECK(counts[3] == Approx(60'000).margin(600));
  CHECK(AliasTable{std::vector<double>{5}}.pick(~std::uint64_t{0}) == 0);
}

TEST_CASE("Zipf draws follow 1 / k^s, tabulated and by rejection-inversion") {
  for (const std::uint64_t count : {std::uint64_t{1000}, std::uint64_t{100'000}}) {
    for (const double exponent : {0.0, 0.7, 1.0, 1.1, 2.5}) {
      const Zipf zipf{count, exponent};
      Stream stream{2, "zipf", "test"};
      constexpr int kDraws = 200'000;
      std::vector<int> counts(count);
      for (int i = 0; i < kDraws; ++i) ++counts.at(zipf.sample(stream));
      for (const std::uint64_t k : {0U, 1U, 2U, 5U, 20U}) {
        const double expected = zipf.weight(k) * kDraws;
        INFO(count << " items, exponent " << exponent << ", item " << k);
        CHECK(std::fabs(counts[k] - expected) < 4.5 * std::sqrt(expected) + 3);
      }
    }
  }
}
