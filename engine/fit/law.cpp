#include "engine/fit/law.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "sim/math.hpp"

namespace wrackline::fit {
namespace {

namespace math = sim::math;

std::string describe_part(const Part& part) {
  const std::string shift = part.shift == 0 ? "" : fmt::format(" + {:.4g} ms", part.shift);
  switch (part.shape) {
    case Shape::constant:
      return fmt::format("constant {:.4g} ms", part.a + part.shift);
    case Shape::uniform:
      return fmt::format("uniform {:.4g} to {:.4g} ms", part.a + part.shift, part.b + part.shift);
    case Shape::exponential:
      return fmt::format("exponential, mean {:.4g} ms{}", part.a, shift);
    case Shape::lognormal:
      return fmt::format("lognormal, median {:.4g} ms, sigma {:.3g}{}", part.a, part.b, shift);
    case Shape::weibull:
      return fmt::format("Weibull, scale {:.4g} ms, shape {:.3g}{}", part.a, part.b, shift);
    case Shape::gamma:
      return fmt::format("gamma, mean {:.4g} ms, shape {:.3g}{}", part.a, part.b, shift);
    case Shape::pareto:
      return fmt::format("Pareto, from {:.4g} ms, index {:.3g}{}", part.a, part.b, shift);
  }
  return {};
}

}  // namespace

double Part::cdf(double x) const {
  x -= shift;
  switch (shape) {
    case Shape::constant:
      return x >= a ? 1 : 0;
    case Shape::uniform:
      return b > a ? std::clamp((x - a) / (b - a), 0.0, 1.0) : (x >= a ? 1.0 : 0.0);
    case Shape::exponential:
      return x > 0 ? -math::expm1(-x / a) : 0;
    case Shape::lognormal:
      return x > 0 ? math::normal_cdf((math::log(x) - math::log(a)) / b) : 0;
    case Shape::weibull:
      return x > 0 ? -math::expm1(-math::pow(x / a, b)) : 0;
    case Shape::gamma:
      return x > 0 ? math::gamma_p(b, x * b / a) : 0;
    case Shape::pareto:
      return x > a ? 1 - math::pow(a / x, b) : 0;
  }
  return 0;
}

std::string_view name_of(Family family) {
  switch (family) {
    case Family::exponential_shift:
      return "shifted exponential";
    case Family::lognormal:
      return "lognormal";
    case Family::pareto:
      return "Pareto";
    case Family::weibull:
      return "Weibull";
    case Family::gamma:
      return "gamma";
    case Family::batch_upload:
      return "batch upload";
    case Family::lognormal_pareto:
      return "lognormal + Pareto tail";
    case Family::hyper_exponential:
      return "hyper-exponential";
    case Family::stall:
      return "base + stalls";
    case Family::empirical:
      break;
  }
  return "empirical knots";
}

double Law::cdf(double x) const {
  if (family != Family::empirical) {
    double sum = 0;
    for (const Part& part : parts) sum += part.weight * part.cdf(x);
    return std::clamp(sum, 0.0, 1.0);
  }
  assert(knots.size() >= 2);
  if (x >= knots.back().ms) return 1;
  if (x < knots.front().ms) return 0;
  // The last knot at or below x; equal values are a step.
  std::size_t at = 0;
  while (at + 1 < knots.size() && knots[at + 1].ms <= x) ++at;
  const Knot& low = knots[at];
  const Knot& high = knots[at + 1];
  const double share = low.ms > 0
                           ? (math::log(x) - math::log(low.ms)) / (math::log(high.ms) - math::log(low.ms))
                           : (x - low.ms) / (high.ms - low.ms);
  return low.p + share * (high.p - low.p);
}

double Law::quantile(double p) const {
  double low = 0;
  double high = 1;
  while (cdf(high) < p && high < 1e18) high *= 2;
  for (int i = 0; i < 200 && high - low > high * 1e-12; ++i) {
    const double middle = low + (high - low) / 2;
    (cdf(middle) < p ? low : high) = middle;
  }
  return high;
}

std::string Law::describe() const {
  if (family == Family::empirical) return fmt::format("{} quantile knots", knots.size());
  if (family == Family::stall)
    return fmt::format("{}; {:.3g} % of the time in stalls of {:.4g} ms on average", describe_part(parts[0]),
                       stall_share * 100, mean_stall_ms);
  std::string text;
  for (const Part& part : parts) {
    if (!text.empty()) text += "; ";
    if (parts.size() > 1) text += fmt::format("{:.3g} % ", part.weight * 100);
    text += describe_part(part);
  }
  return text;
}

}  // namespace wrackline::fit
