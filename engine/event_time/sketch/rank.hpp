// Which order statistic is the p-quantile? One rule for all: the ceil(p * n)-th smallest of n values, at
// least the first (science.md 1.3).
#pragma once

#include <cstddef>

namespace wrackline::event_time::sketch {

/// 1-based rank. A product that misses a whole number by rounding (0.07 * 100) counts as that number.
inline std::size_t rank_of(double p, std::size_t n) {
  const double exact = p * static_cast<double>(n);
  auto rank = static_cast<std::size_t>(exact);
  if (exact - static_cast<double>(rank) > 1e-9 * static_cast<double>(n)) ++rank;
  return rank < 1 ? 1 : rank > n ? n : rank;
}

}  // namespace wrackline::event_time::sketch
