#include "analysis/histogram.hpp"

#include "tests/support/catch.hpp"

namespace wrackline::analysis {

TEST_CASE("histogram: every bucket begins where the one before ends") {
  for (std::size_t i = 1; i < Histogram::kBuckets; ++i) {
    const std::int64_t from = Histogram::floor_of(i);
    REQUIRE(Histogram::bucket_of(static_cast<std::uint64_t>(from)) == i);
    REQUIRE(Histogram::bucket_of(static_cast<std::uint64_t>(from - 1)) == i - 1);
  }
  REQUIRE(Histogram::bucket_of(INT64_MAX) == Histogram::kBuckets - 1);
}

TEST_CASE("histogram: quantiles are within 0.4 % of the exact ones") {
  Histogram histogram;
  std::uint64_t state = 1;
  std::vector<std::int64_t> exact;
  for (int i = 0; i < 20000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const auto value = static_cast<std::int64_t>(state >> (20 + state % 30));
    exact.push_back(value);
    histogram.insert(value);
  }
  std::sort(exact.begin(), exact.end());
  for (const std::uint32_t q : {1U, 100U, 2500U, 5000U, 9500U, 9900U, 9990U, 10000U}) {
    const std::size_t rank = (exact.size() * q + 9999) / 10000;
    const std::int64_t truth = exact[rank - 1];
    const std::int64_t told = histogram.quantile({q}).value();
    REQUIRE(std::abs(told - truth) * 250 <= truth);
  }
}

TEST_CASE("histogram: merging is exact and order-free") {
  Histogram all;
  std::vector<Histogram> parts(3);
  for (std::int64_t i = 0; i < 3000; ++i) {
    const std::int64_t value = i * i * 977 % 1000003 - 5;
    all.insert(value);
    parts[static_cast<std::size_t>(i % 3)].insert(value);
  }
  Histogram forward = parts[0];
  forward.merge(parts[1]);
  forward.merge(parts[2]);
  Histogram backward;
  backward.merge(parts[2]);
  backward.merge(parts[1]);
  backward.merge(parts[0]);
  REQUIRE(forward == all);
  REQUIRE(backward == all);
  REQUIRE(all.negative() > 0);
}

TEST_CASE("histogram: nothing has no quantile, one value is its own") {
  Histogram histogram;
  REQUIRE_FALSE(histogram.quantile(kP50).has_value());
  histogram.insert(1'234'567'891);
  REQUIRE(histogram.quantile(kP50) == 1'234'567'891);
  REQUIRE(histogram.quantile(kP99) == 1'234'567'891);
}

}  // namespace wrackline::analysis
