// Aggregates: merging in any order, sketches against the exact answer within their published errors.
#include <cmath>
#include <set>
#include <vector>

#include "engine/event_time/sketch/hyper_log_log.hpp"
#include "engine/event_time/window/batch_oracle.hpp"
#include "tests/event_time_window/random_case.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::window {

using Function = AggregateSpec::Function;

SCENARIO("HyperLogLog: the error is 1.04 / sqrt(registers), from a handful to millions") {
  for (const int precision : {8, 12}) {
    const double sigma = 1.04 / std::sqrt(static_cast<double>(1 << precision));
    for (const std::int64_t n : {1, 10, 100, 1'000, 5'000, 20'000, 100'000}) {
      double sum_of_squares = 0;
      double bias = 0;
      const int runs = n > 10'000 ? 20 : 60;
      for (int run = 0; run < runs; ++run) {
        sketch::HyperLogLog hll{precision};
        for (std::int64_t i = 0; i < n; ++i) {
          hll.add(run * 1'000'000 + i);
          if (i % 3 == 0) hll.add(run * 1'000'000 + i);  // repetitions do not count
        }
        const double error = hll.estimate() / static_cast<double>(n) - 1;
        sum_of_squares += error * error;
        bias += error / runs;
      }
      CAPTURE(precision, n, std::sqrt(sum_of_squares / runs), bias);
      // The root mean square of `runs` errors stays within 1.5 of the published standard error.
      CHECK(std::sqrt(sum_of_squares / runs) < 1.5 * sigma);
      CHECK(std::abs(bias) < sigma);
    }
  }
}

SCENARIO("HyperLogLog: sparse and dense, merged or not, say the same") {
  sketch::HyperLogLog whole{10};
  sketch::HyperLogLog left{10};
  sketch::HyperLogLog right{10};
  CHECK(whole.count() == 0);
  for (std::int64_t i = 0; i < 5000; ++i) {
    whole.add(i);
    (i < 60 ? left : right).add(i);
  }
  CHECK(left.sparse());
  CHECK_FALSE(right.sparse());
  sketch::HyperLogLog merged = left;
  merged.merge(right);
  CHECK(merged == whole);
  right.merge(left);
  CHECK(right == whole);
}

SCENARIO("accumulators merge: any split gives the result of the whole") {
  Dice dice{7};
  for (int round = 0; round < 300; ++round) {
    for (const AggregateName& name : aggregate_names()) {
      AggregateSpec spec;
      spec.function = name.function;
      spec.quantile = static_cast<double>(dice.roll(0, 10)) / 10;
      if (name.function == Function::quantile_t_digest) continue;  // its centroids depend on the order
      Accumulator parts[3]{Accumulator{spec}, Accumulator{spec}, Accumulator{spec}};
      std::vector<std::int64_t> values;
      const std::int64_t n = dice.roll(1, 60);
      for (std::int64_t i = 0; i < n; ++i) {
        values.push_back(dice.roll(-5, 40));
        parts[dice.roll(0, 2)].add(sim::EventId{0, static_cast<std::uint64_t>(i)}, values.back());
      }
      Accumulator all{spec};
      for (const Accumulator& part : parts) all.merge(part);
      CAPTURE(name.name, n);
      REQUIRE(all.result(spec) == batch_aggregate(spec, values));
    }
  }
}

SCENARIO("sketched quantiles are near the exact ones") {
  Dice dice{8};
  std::vector<std::int64_t> values;
  for (int i = 0; i < 20'000; ++i) values.push_back(dice.roll(1, 1000) * dice.roll(1, 1000));
  for (const double p : {0.01, 0.5, 0.9, 0.99}) {
    AggregateSpec spec;
    spec.quantile = p;
    spec.function = Function::quantile;
    const double exact = batch_aggregate(spec, values).real;
    for (const Function function : {Function::quantile_sketch, Function::quantile_t_digest}) {
      spec.function = function;
      Accumulator sketch{spec};
      for (std::size_t i = 0; i < values.size(); ++i) sketch.add(sim::EventId{0, i}, values[i]);
      CAPTURE(p, exact, sketch.result(spec).real);
      CHECK(std::abs(sketch.result(spec).real / exact - 1) <
            (function == Function::quantile_sketch ? 0.0101 : 0.05));
    }
  }
}

}  // namespace wrackline::event_time::window
