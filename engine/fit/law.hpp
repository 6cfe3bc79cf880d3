// A fitted law: a mixture of simple parts, in milliseconds. All families are expressed by it, so that
// scoring, quantiles and the block for a scenario are written once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wrackline::fit {

enum class Shape : std::uint8_t {
  constant,     ///< a
  uniform,      ///< between a and b
  exponential,  ///< mean a
  lognormal,    ///< median a, sigma b
  weibull,      ///< scale a, shape b
  gamma,        ///< mean a, shape b
  pareto,       ///< least value a, index b
};

struct Part {
  double weight = 1;
  Shape shape = Shape::constant;
  double a = 0;
  double b = 0;
  double shift = 0;  ///< added to what the shape gives

  double cdf(double x) const;
};

/// Which way of describing delays; the order breaks exact ties.
enum class Family : std::uint8_t {
  exponential_shift,
  lognormal,
  pareto,
  weibull,
  gamma,
  batch_upload,
  lognormal_pareto,
  hyper_exponential,
  stall,
  empirical,
};
inline constexpr std::size_t kFamilies = 10;
std::string_view name_of(Family family);

struct Knot {
  double p = 0;
  double ms = 0;
};

struct Law {
  Family family = Family::empirical;
  std::vector<Part> parts;   ///< the marginal law; of `empirical`: none
  std::vector<Knot> knots;   ///< of `empirical`
  int parameters = 0;        ///< free ones, for AIC
  double stall_share = 0;    ///< of `stall`: of the time
  double mean_stall_ms = 0;  ///< of `stall`
  double cap_ms = 0;         ///< largest value seen; 0: no cap

  double cdf(double x) const;
  /// The x at which cdf reaches p, by bisection; 0 < p < 1.
  double quantile(double p) const;
  /// "lognormal, median 107 ms, sigma 0.45"
  std::string describe() const;
};

}  // namespace wrackline::fit
