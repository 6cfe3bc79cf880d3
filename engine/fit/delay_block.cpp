#include "engine/fit/delay_block.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/workload/delay_profiles.hpp"

namespace wrackline::fit {
namespace {

/// To a microsecond, without trailing zeros; laws need values above zero.
std::string time_text(double ms) {
  std::string text = fmt::format("{:.3f}", ms);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return fmt::format("\"{}ms\"", text == "-0" ? "0" : text);
}
std::string positive_text(double ms) { return time_text(std::max(ms, 0.001)); }

std::string with_shift(std::string law, double shift_ms) {
  if (shift_ms < 0.0005) return law;
  return fmt::format("{}, \"shift\": {}", law, time_text(shift_ms));
}

/// The members of the law's object, without its braces.
std::string members_of(const Part& part) {
  switch (part.shape) {
    case Shape::constant:
      return with_shift(fmt::format("\"constant\": {}", time_text(part.a)), part.shift);
    case Shape::uniform:
      return with_shift(
          fmt::format("\"uniform\": {{ \"min\": {}, \"max\": {} }}", time_text(part.a), time_text(part.b)),
          part.shift);
    case Shape::exponential:
      return with_shift(fmt::format("\"exponential\": {}", positive_text(part.a)), part.shift);
    case Shape::lognormal:
      return with_shift(fmt::format("\"lognormal\": {{ \"median\": {}, \"sigma\": {:.4g} }}",
                                    positive_text(part.a), part.b),
                        part.shift);
    case Shape::weibull:
      return with_shift(
          fmt::format("\"weibull\": {{ \"scale\": {}, \"shape\": {:.4g} }}", positive_text(part.a), part.b),
          part.shift);
    case Shape::gamma:
      return with_shift(
          fmt::format("\"gamma\": {{ \"mean\": {}, \"shape\": {:.4g} }}", positive_text(part.a), part.b),
          part.shift);
    case Shape::pareto:
      return with_shift(
          fmt::format("\"pareto\": {{ \"scale\": {}, \"shape\": {:.4g} }}", positive_text(part.a), part.b),
          part.shift);
  }
  return {};
}

std::string knots_members(const std::vector<Knot>& knots) {
  std::string text;
  for (const Knot& knot : knots)
    text += fmt::format("{}[{}, {}]", text.empty() ? "" : ", ", knot.p, time_text(knot.ms));
  return fmt::format("\"quantiles\": {{ \"knots\": [{}] }}", text);
}

bool heavy_tailed(const Law& law) {
  return std::any_of(law.parts.begin(), law.parts.end(),
                     [](const Part& part) { return part.shape == Shape::pareto; });
}

std::string members_of(const Law& law) {
  if (law.family == Family::empirical) return knots_members(law.knots);
  std::string text;
  if (law.parts.size() == 1) {
    text = members_of(law.parts.front());
  } else {
    for (const Part& part : law.parts)
      text += fmt::format("{}{{ \"weight\": {:.4g}, \"law\": {{ {} }} }}", text.empty() ? "" : ", ",
                          part.weight * 100, members_of(part));
    text = fmt::format("\"mixture\": [{}]", text);
  }
  if (heavy_tailed(law) && law.cap_ms > 0) text += fmt::format(", \"cap\": {}", time_text(law.cap_ms));
  return text;
}

/// The law at the shares of the profiles: for laws without a quantile function of their own.
std::vector<Knot> knots_of(const Law& law) {
  if (law.family == Family::empirical) return law.knots;
  std::vector<Knot> knots;
  const auto shares = workload::profile_shares();
  for (const double p : shares) {
    if (p == shares.front() || p == shares.back()) continue;
    knots.push_back({p, law.quantile(p)});
  }
  knots.insert(knots.begin(), {0, std::min(knots.front().ms, std::max(law.quantile(1e-6), 0.001))});
  knots.push_back({1, std::max(law.cap_ms, knots.back().ms)});
  return knots;
}

std::string stall_members(const Law& law) {
  const double gap_ms = law.mean_stall_ms * (1 - law.stall_share) / std::max(law.stall_share, 1e-9);
  return fmt::format("\"stall\": {{ \"base\": {{ {} }}, \"mean_gap\": {}, \"mean_stall\": {} }}",
                     members_of(law.parts.front()), positive_text(gap_ms), positive_text(law.mean_stall_ms));
}

std::string dependent_members(const Report& report) {
  const Law& law = report.choice.law;
  switch (report.dependence) {
    case Dependence::stalls:
      return stall_members(law);
    case Dependence::batches: {
      const Part& part = law.parts.front();
      return fmt::format("\"batch\": {{ \"period\": {}, \"transfer\": {} }}", positive_text(part.b - part.a),
                         time_text(part.shift + part.a));
    }
    case Dependence::autoregressive: {
      // A mixture and a gamma law have no quantile function to couple.
      const bool couples = law.family == Family::empirical ||
                           (law.parts.size() == 1 && law.parts.front().shape != Shape::gamma);
      return fmt::format("\"autoregressive\": {{ \"law\": {{ {} }}, \"lag1\": {:.3f} }}",
                         couples ? members_of(law) : knots_members(knots_of(law)),
                         std::clamp(report.lag1, -0.999, 0.999));
    }
    case Dependence::independent:
      break;
  }
  return members_of(law);
}

}  // namespace

std::string delay_json(const Report& report) { return fmt::format("{{ {} }}", dependent_members(report)); }

std::string delay_block(const Report& report) {
  std::string text = fmt::format("\"delay\": {},\n", delay_json(report));
  if (report.choice.shift_ms != 0)
    text += fmt::format("\"clock\": {{ \"offset\": {} }},\n",
                        time_text(static_cast<double>(report.choice.shift_ms)));
  return text;
}

}  // namespace wrackline::fit
