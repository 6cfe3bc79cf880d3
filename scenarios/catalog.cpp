#include "scenarios/catalog.hpp"

#include <algorithm>
#include <vector>

#include "engine/kafka/moments.hpp"
#include "engine/processor/moments.hpp"
#include "engine/properties.hpp"
#include "engine/sink/moments.hpp"

namespace wrackline::scenarios {

std::span<const sim::MomentDef* const> moment_catalog() {
  static const std::vector<const sim::MomentDef*> sorted = [] {
    std::vector<const sim::MomentDef*> all;
    const auto add = [&](std::span<const sim::MomentDef* const> table) {
      all.insert(all.end(), table.begin(), table.end());
    };
    add(kafka::moments::kAll);
    add(processor::moments::kAll);
    add(sink::moments::kAll);
    std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    return all;
  }();
  return sorted;
}

const sim::MomentDef* find_moment(std::string_view name) {
  const auto all = moment_catalog();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto* moment) { return moment->name == name; });
  return found == all.end() ? nullptr : *found;
}

std::string nearest_moment(std::string_view name) {
  std::vector<std::string_view> known;
  for (const sim::MomentDef* moment : moment_catalog()) known.push_back(moment->name);
  return std::string(nearest_name(name, known).value_or(""));
}

}  // namespace wrackline::scenarios
