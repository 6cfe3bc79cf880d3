#include "engine/replay/aggregates.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/nearest.hpp"

namespace wrackline::replay {

using Function = AggregateSpec::Function;
using event_time::window::aggregate_names;
using event_time::window::AggregateName;

bool is_quantile(Function function) { return function >= Function::quantile; }
bool is_detailed(const AggregateSpec& spec) { return spec.function >= Function::distinct; }
std::string_view name_of(Function function) {
  return aggregate_names()[static_cast<std::size_t>(function)].name;
}

bool AggregateList::detailed() const { return std::any_of(specs.begin(), specs.end(), is_detailed); }

std::optional<double> AggregateList::quantile() const {
  for (const AggregateSpec& spec : specs)
    if (is_quantile(spec.function)) return spec.quantile;
  return std::nullopt;
}

std::vector<SketchPair> AggregateList::pairs() const {
  std::vector<SketchPair> found;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (!specs[i].is_sketch()) continue;
    const Function exact = is_quantile(specs[i].function) ? Function::quantile : Function::distinct;
    for (std::size_t j = 0; j < specs.size(); ++j)
      if (specs[j].function == exact) found.push_back({i, j});
  }
  return found;
}

std::string AggregateList::text() const {
  std::string out;
  for (const AggregateSpec& spec : specs)
    out += fmt::format("{}{}", out.empty() ? "" : ",", name_of(spec.function));
  return out;
}

std::uint64_t AggregateList::partial_bytes() const {
  std::uint64_t bytes = 0;
  for (const AggregateSpec& spec : specs)
    if (!is_detailed(spec)) bytes += spec.function == Function::mean ? 16 : 8;
  return bytes;
}

std::vector<std::string> AggregateList::problems() const {
  std::vector<std::string> found;
  if (specs.empty()) found.emplace_back("there is no aggregate");
  for (std::size_t i = 0; i < specs.size(); ++i) {
    for (std::string& problem : specs[i].problems()) found.push_back(std::move(problem));
    for (std::size_t j = 0; j < i; ++j) {
      if (specs[i].function == specs[j].function)
        found.push_back(fmt::format("the aggregate {} is asked for twice", name_of(specs[i].function)));
    }
  }
  return found;
}

ParsedAggregates parse_aggregates(std::span<const std::string> names, std::optional<double> quantile) {
  ParsedAggregates parsed;
  parsed.list.specs.clear();
  bool any_quantile = false;
  const auto take = [&](const std::string& name) {
    for (const AggregateName& known : aggregate_names()) {
      if (known.name != name) continue;
      AggregateSpec& spec = parsed.list.specs.emplace_back();
      spec.function = known.function;
      if (!is_quantile(spec.function)) return;
      any_quantile = true;
      if (quantile) {
        spec.quantile = *quantile;
      } else {
        parsed.errors.push_back(fmt::format("the aggregate {} needs to know which quantile", name));
      }
      return;
    }
    std::vector<std::string> all;
    std::string listed;
    for (const AggregateName& known : aggregate_names()) {
      all.emplace_back(known.name);
      listed += fmt::format("{}{}", listed.empty() ? "" : ", ", known.name);
    }
    const auto near = sim::nearest_names(name, all, 1);
    parsed.errors.push_back(
        fmt::format("\"{}\" is none of {}{}", name, listed,
                    near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near.front())));
  };
  for (const std::string& given : names) {
    std::size_t at = 0;
    while (true) {
      const std::size_t comma = given.find(',', at);
      take(given.substr(at, comma == std::string::npos ? comma : comma - at));
      if (comma == std::string::npos) break;
      at = comma + 1;
    }
  }
  if (parsed.errors.empty()) parsed.errors = parsed.list.problems();
  if (quantile && !any_quantile && parsed.errors.empty())
    parsed.errors.emplace_back("a quantile is given, and no aggregate is one");
  return parsed;
}

}  // namespace wrackline::replay
