#include "cli/aggregate_option.hpp"

#include <fmt/format.h>

#include "scenarios/units.hpp"

namespace wrackline::cli {

replay::AggregateList aggregates_of(
    const std::vector<std::string>& names, const std::string& quantile,
    const std::function<void(const std::string&, const std::string&)>& complain) {
  std::optional<double> p;
  if (!quantile.empty()) {
    const auto parsed = scenarios::parse_ratio(quantile);
    if (!parsed.value) {
      complain("--quantile", fmt::format("\"{}\" is no share: write 0.99 or 99%", quantile));
      return {};
    }
    p = *parsed.value;
  }
  const std::vector<std::string> none{"count"};
  replay::ParsedAggregates parsed = replay::parse_aggregates(names.empty() ? none : names, p);
  for (const std::string& error : parsed.errors) complain("--aggregate", error);
  return parsed.errors.empty() ? parsed.list : replay::AggregateList{};
}

}  // namespace wrackline::cli
