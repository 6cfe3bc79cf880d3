// Delays as distinct values with their numbers: what the laws are fitted to. A trace has few distinct
// milliseconds, so an iteration over a million records costs what one over some thousand values costs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace wrackline::fit {

struct Value {
  double x = 0;  ///< ms
  double n = 0;  ///< how many records
};
using Values = std::vector<Value>;  ///< x ascending

/// Distinct values of `delays + shift_ms`, not below 1 ms (the logarithm's laws need positive values). More
/// than 2^16 distinct ones are put together within a relative width of 2^-12.
Values values_of(std::span<const std::int64_t> delays_ms, std::int64_t shift_ms);
double count(const Values& values);
double mean(const Values& values);
/// By linear interpolation between order statistics (type 7); `sorted` is not empty.
double quantile(std::span<const std::int64_t> sorted, double p);
/// The same of the values.
double quantile(const Values& values, double p);
/// Those in [from, to).
Values between(const Values& values, double from, double to);

/// Kolmogorov-Smirnov: the largest distance of the values' distribution function from `cdf`. A value stands
/// for what lies within `half` around it, so it is compared at both ends.
double ks_distance(const Values& values, double half, const std::function<double(double)>& cdf);
/// Of two samples.
double ks_distance(const Values& a, const Values& b);

}  // namespace wrackline::fit
