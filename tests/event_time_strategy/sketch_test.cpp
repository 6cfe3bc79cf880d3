// The sketches behind the adaptive strategies, against sorting and against their published guarantees.
#include <algorithm>
#include <cmath>
#include <deque>
#include <vector>

#include "engine/event_time/sketch/adwin.hpp"
#include "engine/event_time/sketch/dd_sketch.hpp"
#include "engine/event_time/sketch/order_statistic_window.hpp"
#include "engine/event_time/sketch/t_digest.hpp"
#include "sim/math.hpp"
#include "sim/random.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::sketch {
namespace {

sim::Stream stream(std::uint64_t n) { return sim::Stream{n}; }
double uniform(sim::Stream& random) { return random.unit(); }

/// Exponential with the given mean, in whole milliseconds.
std::int64_t exponential(sim::Stream& random, double mean) {
  return static_cast<std::int64_t>(-mean * sim::math::log(1 - uniform(random)));
}

}  // namespace

TEST_CASE("rank: the ceil(p n)-th smallest, whatever rounding does to the product") {
  CHECK(rank_of(0.99, 100) == 99);
  CHECK(rank_of(0.07, 100) == 7);
  CHECK(rank_of(0.99, 101) == 100);
  CHECK(rank_of(0.95, 1) == 1);
  CHECK(rank_of(0, 10) == 1);
  CHECK(rank_of(1, 10) == 10);
  CHECK(rank_of(0.999, 1000) == 999);
}

TEST_CASE("order statistic window: equal to sorting the last n values, for every p and n") {
  sim::Stream random = stream(1);
  for (const double p : {0.0, 0.01, 0.3, 0.5, 0.95, 0.99, 1.0}) {
    for (const std::size_t n : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{100}}) {
      OrderStatisticWindow window{p, n};
      std::deque<std::int64_t> last;
      for (int i = 0; i < 700; ++i) {
        // Few distinct values, with runs of zeros, as latenesses are.
        const std::int64_t value = uniform(random) < 0.4 ? 0 : exponential(random, 20);
        window.add(value);
        last.push_back(value);
        if (last.size() > n) last.pop_front();
        std::vector<std::int64_t> sorted(last.begin(), last.end());
        std::sort(sorted.begin(), sorted.end());
        const std::int64_t expected = sorted[rank_of(p, sorted.size()) - 1];
        if (window.quantile() != expected) FAIL("p " << p << " n " << n << " at " << i);
      }
    }
  }
}

TEST_CASE("DDSketch: every quantile within the relative error alpha") {
  sim::Stream random = stream(2);
  for (const double alpha : {0.001, 0.01, 0.05}) {
    DDSketch sketch{alpha, 65536};
    std::vector<std::int64_t> values;
    for (int i = 0; i < 20000; ++i) {
      const std::int64_t value = exponential(random, 500) * (uniform(random) < 0.01 ? 1000 : 1);
      values.push_back(value);
      sketch.add(value);
    }
    std::sort(values.begin(), values.end());
    for (const double p : {0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
      const auto exact = static_cast<double>(values[rank_of(p, values.size()) - 1]);
      CAPTURE(alpha, p);
      CHECK(std::abs(sketch.quantile(p) - exact) <= alpha * exact * (1 + 1e-9));
    }
    CHECK_FALSE(sketch.collapsed());
  }
}

TEST_CASE("DDSketch: merging is exact, and the lowest bins collapse first") {
  sim::Stream random = stream(3);
  DDSketch whole{0.01, 2048};
  DDSketch left{0.01, 2048};
  DDSketch right{0.01, 2048};
  for (int i = 0; i < 5000; ++i) {
    const std::int64_t value = exponential(random, 1e6);
    whole.add(value);
    (i % 3 == 0 ? left : right).add(value);
  }
  for (const double p : {0.0, 0.3, 0.99, 1.0}) CHECK(left.quantile_with(right, p) == whole.quantile(p));
  left.merge(right);
  for (const double p : {0.0, 0.3, 0.99, 1.0}) CHECK(left.quantile(p) == whole.quantile(p));
  CHECK(DDSketch{0.01, 64}.quantile_with(whole, 0.5) == whole.quantile(0.5));

  DDSketch narrow{0.01, 64};
  for (std::int64_t value = 1; value <= 100000; ++value) narrow.add(value);
  CHECK(narrow.collapsed());
  CHECK(narrow.bins() <= 64);
  CHECK(std::abs(narrow.quantile(0.99) - 99000) <= 990);
  CHECK(narrow.quantile(0.01) > 1000 * 1.01);  // a collapsed quantile is not what it was
}

TEST_CASE("t-digest: rank error within q (1 - q) / compression times a small factor, memory bounded") {
  sim::Stream random = stream(4);
  TDigest digest{100};
  std::vector<std::int64_t> values;
  for (int i = 0; i < 100000; ++i) {
    values.push_back(exponential(random, 1e6));
    digest.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double p : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999}) {
    const double estimate = digest.quantile(p);
    const auto below = static_cast<double>(
        std::lower_bound(values.begin(), values.end(), static_cast<std::int64_t>(estimate)) - values.begin());
    const double rank_error = std::abs(below / static_cast<double>(values.size()) - p);
    CAPTURE(p, rank_error);
    CHECK(rank_error <= 4 * p * (1 - p) / 100 + 2e-5);
  }
  CHECK(digest.quantile(0) == static_cast<double>(values.front()));
  CHECK(digest.quantile(1) == static_cast<double>(values.back()));
  CHECK(digest.centroids() < 1200);
}

TEST_CASE("t-digest: two merged halves answer as one within the same error") {
  sim::Stream random = stream(5);
  TDigest left{100};
  TDigest right{100};
  std::vector<std::int64_t> values;
  for (int i = 0; i < 20000; ++i) {
    values.push_back(exponential(random, 1e6));
    (i % 2 == 0 ? left : right).add(values.back());
  }
  std::sort(values.begin(), values.end());
  left.merge(right);
  CHECK(left.count() == 20000);
  const auto below =
      std::lower_bound(values.begin(), values.end(), static_cast<std::int64_t>(left.quantile(0.99)));
  CHECK(std::abs(static_cast<double>(below - values.begin()) / 20000 - 0.99) < 0.001);
}

TEST_CASE("ADWIN: silent on a stationary stream, as often as delta promises") {
  int false_alarms = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    sim::Stream random = stream(100 + seed);
    Adwin adwin{0.002};
    for (int i = 0; i < 10000; ++i) false_alarms += adwin.add(uniform(random) < 0.3 ? 1 : 0) ? 1 : 0;
    if (seed == 0) {
      CHECK(adwin.size() == 10000);
      CHECK(adwin.mean() == Approx(0.3).margin(0.02));
      CHECK(adwin.variance() == Approx(0.21).margin(0.02));
      CHECK(adwin.buckets() <= 5 * 12);
    }
  }
  CHECK(false_alarms <= 1);
}

TEST_CASE("ADWIN: an abrupt change is found soon, and the old values leave the window") {
  sim::Stream random = stream(7);
  Adwin adwin{0.002};
  for (int i = 0; i < 2000; ++i) adwin.add(uniform(random) < 0.2 ? 1 : 0, 10);
  int found_after = -1;
  for (int i = 0; i < 2000; ++i) {
    if (adwin.add(uniform(random) < 0.8 ? 1 : 0, 30) && found_after < 0) found_after = i;
  }
  CHECK(found_after >= 0);
  CHECK(found_after < 200);
  CHECK(adwin.mean() == Approx(0.8).margin(0.05));
  CHECK(adwin.size() < 2500);
  // The payload follows the same window.
  CHECK(adwin.payload_mean() == Approx(30).margin(1));
}

TEST_CASE("ADWIN: the window shrinks and its moments stay those of the values in it") {
  sim::Stream random = stream(8);
  Adwin adwin{0.05, 1};
  std::vector<double> all;
  for (int i = 0; i < 3000; ++i) {
    const double value = uniform(random) * (i < 1500 ? 0.2 : 1.0);
    all.push_back(value);
    adwin.add(value);
  }
  double sum = 0;
  const std::size_t from = all.size() - adwin.size();
  for (std::size_t i = from; i < all.size(); ++i) sum += all[i];
  const double mean = sum / static_cast<double>(adwin.size());
  double squares = 0;
  for (std::size_t i = from; i < all.size(); ++i) squares += (all[i] - mean) * (all[i] - mean);
  CHECK(adwin.mean() == Approx(mean).epsilon(1e-9));
  CHECK(adwin.variance() == Approx(squares / static_cast<double>(adwin.size())).epsilon(1e-6));
}

}  // namespace wrackline::event_time::sketch
