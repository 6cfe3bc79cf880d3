// How settings are written and read: units, shares, choices (declared in vocabulary.hpp).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "faults/vocabulary.hpp"
#include "sim/math.hpp"

namespace wrackline::faults {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};
// From large to small, so that a value is described in the largest unit that divides it.
constexpr std::array kDurations{Unit{"d", 86'400e9}, Unit{"h", 3'600e9}, Unit{"min", 60e9}, Unit{"m", 60e9},
                                Unit{"s", 1e9},      Unit{"ms", 1e6},    Unit{"us", 1e3},   Unit{"ns", 1}};
constexpr std::array kRates{
    Unit{"GiB/s", 1073741824.0}, Unit{"MiB/s", 1048576.0}, Unit{"KiB/s", 1024.0}, Unit{"GB/s", 1e9},
    Unit{"MB/s", 1e6},           Unit{"kB/s", 1e3},        Unit{"B/s", 1}};

/// Ten years: clocks that lost their battery; far from the ends of 64 bits.
constexpr double kLongestNs = 3660 * 86'400e9;
/// The ends of a law, as far as they matter.
constexpr double kLowEnd = 1e-6;

std::optional<double> number(std::string_view text, std::string_view& rest) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  rest = text.substr(static_cast<std::size_t>(end - text.data()));
  return value;
}

template <std::size_t N>
std::optional<double> with_unit(std::string_view text, const std::array<Unit, N>& units) {
  std::string_view rest;
  const auto value = number(text, rest);
  if (!value) return std::nullopt;
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  if (rest.empty() && *value == 0) return 0.0;
  for (const Unit& unit : units) {
    if (unit.name == rest) return *value * unit.factor;
  }
  return std::nullopt;
}

template <std::size_t N>
std::string in_units(double value, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (unit.name == "min") continue;
    const double count = value / unit.factor;
    if (count == std::floor(count) && (value != 0 || unit.factor == 1))
      return fmt::format("{:.0f}{}", count, unit.name);
  }
  return fmt::format("{}{}", value, units.back().name);
}

std::string quantity(const ParamDef& param, double value) {
  if (param.type == ParamType::duration || param.type == ParamType::offset)
    return in_units(value, kDurations);
  if (param.type == ParamType::bytes_per_second) return in_units(value, kRates);
  return fmt::format("{}", value);
}

/// For people: nothing is 0 s.
std::string shown(const ParamDef& param, double value) {
  const bool time = param.type == ParamType::duration || param.type == ParamType::offset;
  return time && value == 0 ? "0s" : quantity(param, value);
}

std::optional<sim::Ratio> ratio(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    sim::Ratio result;
    const auto whole = [](std::string_view digits, std::uint64_t& into) {
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
      return error == std::errc{} && end == digits.data() + digits.size();
    };
    if (!whole(text.substr(0, slash), result.numerator) ||
        !whole(text.substr(slash + 1), result.denominator)) {
      return std::nullopt;
    }
    return result;
  }
  std::string_view rest;
  const auto value = number(text, rest);
  if (!value || (!rest.empty() && rest != "%")) return std::nullopt;
  const double share = rest == "%" ? *value / 100 : *value;
  if (share < 0 || share > 1) return std::nullopt;
  return sim::Ratio::nearest(share);
}

}  // namespace

std::optional<Setting> parse_setting(const ParamDef& param, std::string_view text, std::string* error) {
  std::optional<Setting> result;
  std::string_view rest;
  switch (param.type) {
    case ParamType::duration:
    case ParamType::offset:
      if (const auto ns = with_unit(text, kDurations)) result = sim::Distribution::constant(*ns);
      break;
    case ParamType::bytes_per_second:
      if (const auto rate = with_unit(text, kRates)) result = sim::Distribution::constant(*rate);
      break;
    case ParamType::number:
    case ParamType::count:
      if (const auto value = number(text, rest); value && rest.empty())
        result = sim::Distribution::constant(*value);
      break;
    case ParamType::ratio:
      if (const auto share = ratio(text)) result = *share;
      break;
    case ParamType::flag:
      if (text == "true" || text == "false") result = text == "true";
      break;
    case ParamType::choice:
    case ParamType::text:
      result = std::string{text};
      break;
  }
  std::string wrong;
  if (!result) {
    wrong = fmt::format("'{}' is not a {}", text, to_string(param.type));
  } else {
    wrong = check_setting(param, *result);
  }
  if (wrong.empty()) return result;
  if (error != nullptr) *error = wrong;
  return std::nullopt;
}

std::vector<std::string> selectors_in(std::string_view text) {
  std::vector<std::string> all;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find_first_of("+|", begin), text.size());
    all.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return all;
}

double least(const ParamDef& param) {
  if (param.min) return *param.min;
  switch (param.type) {
    case ParamType::offset:
      return -kLongestNs;
    case ParamType::bytes_per_second:
      return 1;
    default:
      return 0;
  }
}

double greatest(const ParamDef& param) {
  if (param.max) return *param.max;
  switch (param.type) {
    case ParamType::duration:
    case ParamType::offset:
      return kLongestNs;
    case ParamType::bytes_per_second:
      return 1e18;
    case ParamType::ratio:
      return 1;
    default:
      return 1e9;
  }
}

std::string range_text(const ParamDef& param) {
  switch (param.type) {
    case ParamType::flag:
    case ParamType::choice:
    case ParamType::text:
      return "";
    default:
      return fmt::format("{}..{}", shown(param, least(param)), shown(param, greatest(param)));
  }
}

std::string check_setting(const ParamDef& param, const Setting& setting) {
  const auto expected = [&] { return fmt::format("\"{}\" must be a {}", param.name, to_string(param.type)); };
  switch (param.type) {
    case ParamType::duration:
    case ParamType::offset:
    case ParamType::number:
    case ParamType::count:
    case ParamType::bytes_per_second: {
      const auto* law = std::get_if<sim::Distribution>(&setting);
      if (law == nullptr) return expected();
      const bool fixed = law->is_constant();
      const double value = fixed ? *law->quantile(0.5) : 0;
      if (fixed && param.type == ParamType::count && value != std::floor(value)) return expected();
      const auto range = [&](std::string_view relation, double bound) {
        return fmt::format("\"{}\" must be at {} {}{}", param.name, relation, shown(param, bound),
                           fixed ? fmt::format(", not {}", shown(param, value)) : ", and this law never is");
      };
      // Draws are bounded to the range; a law that has nothing in it is a mistake.
      const std::optional<double> from = law->quantile(kLowEnd);
      const std::optional<double> to = law->quantile(1 - kLowEnd);
      if (to && !(*to >= least(param))) return range("least", least(param));
      if (from && !(*from <= greatest(param))) return range("most", greatest(param));
      return "";
    }
    case ParamType::ratio: {
      const auto* share = std::get_if<sim::Ratio>(&setting);
      return share != nullptr && share->is_probability() ? "" : expected();
    }
    case ParamType::flag:
      return std::holds_alternative<bool>(setting) ? "" : expected();
    case ParamType::text:
      return std::holds_alternative<std::string>(setting) ? "" : expected();
    case ParamType::choice: {
      const auto* text = std::get_if<std::string>(&setting);
      if (text != nullptr &&
          std::find(param.choices.begin(), param.choices.end(), *text) != param.choices.end())
        return "";
      std::string names;
      for (const std::string_view choice : param.choices)
        names += fmt::format("{}{}", names.empty() ? "" : ", ", choice);
      return fmt::format("\"{}\" must be one of {}", param.name, names);
    }
  }
  return "";
}

std::string describe(const ParamDef& param, const Setting& setting) {
  if (const auto* flag = std::get_if<bool>(&setting)) return *flag ? "true" : "false";
  if (const auto* text = std::get_if<std::string>(&setting)) return *text;
  if (const auto* share = std::get_if<sim::Ratio>(&setting)) return share->to_string();
  const auto& law = std::get<sim::Distribution>(setting);
  if (!law.is_constant()) return law.describe();
  return quantity(param, *law.quantile(0.5));
}

}  // namespace wrackline::faults
