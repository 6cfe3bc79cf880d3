// The latency histogram: an insert, and how far the quantiles of eight merged ones lie from those of the
// sorted values. `check` is that error, in parts per million.
#include "analysis/histogram.hpp"

#include <cmath>

#include "bench/kernel/measure.hpp"

using wrackline::analysis::Histogram;

int main(int count, char** values) {
  const bench::Arguments arguments{count, values};
  bench::Draws draws;
  // Delays over five orders of magnitude, drawn beforehand.
  std::vector<std::int64_t> delays(65'536);
  for (std::int64_t& ns : delays) ns = static_cast<std::int64_t>(1e6 * std::pow(draws.exponential(), 3));
  std::vector<Histogram> parts(8);
  bench::Meter meter{arguments.settle(), arguments.events};
  do {
    parts[0].insert(delays[meter.count() & 65'535]);
  } while (!meter.tick());

  Histogram merged;
  parts[0] = {};
  for (std::size_t i = 0; i < delays.size(); ++i) parts[i % parts.size()].insert(delays[i]);
  for (const Histogram& part : parts) merged.merge(part);
  std::sort(delays.begin(), delays.end());
  double worst = 0;
  for (std::uint32_t per_10000 = 1; per_10000 < 10'000; ++per_10000) {
    const std::size_t rank = (delays.size() * per_10000 + 9'999) / 10'000;
    const auto exact = static_cast<double>(delays[rank - 1]);
    const auto told = static_cast<double>(*merged.quantile({per_10000}));
    if (exact > 0) worst = std::max(worst, std::fabs(told / exact - 1));
  }
  meter.report("wrackline histogram", arguments.n, static_cast<std::uint64_t>(worst * 1e6));
}
