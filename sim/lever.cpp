#include "sim/lever.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cassert>

#include "sim/nearest.hpp"

namespace wrackline::sim {

void LeverRegistry::add(Lever lever) {
  assert(lever.action);
  std::string name = lever.name;
  const bool added = levers_.emplace(std::move(name), std::move(lever)).second;
  assert(added && "two levers of one name");
  static_cast<void>(added);
}

const Lever* LeverRegistry::find(std::string_view name) const {
  const auto found = levers_.find(name);
  return found == levers_.end() ? nullptr : &found->second;
}

std::vector<std::string> LeverRegistry::nearest(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& [known, lever] : levers_) names.push_back(known);
  return nearest_names(name, names);
}

LeverOutcome LeverRegistry::pull(std::string_view name, std::span<const std::string> arguments) const {
  const Lever* lever = find(name);
  if (lever == nullptr) {
    std::string what = fmt::format("there is no lever '{}'", name);
    if (const auto close = nearest(name); !close.empty())
      what += fmt::format("; did you mean {}?", fmt::join(close, " or "));
    return {LeverOutcome::Status::unknown, what};
  }
  if (arguments.size() != lever->parameters.size()) {
    return LeverOutcome::bad_argument(fmt::format("{}({}) takes {} arguments, not {}", name,
                                                  fmt::join(lever->parameters, ", "),
                                                  lever->parameters.size(), arguments.size()));
  }
  return lever->action(arguments);
}

}  // namespace wrackline::sim
