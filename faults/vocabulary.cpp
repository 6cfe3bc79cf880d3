#include "faults/vocabulary.hpp"

#include <algorithm>
#include <array>

#include "sim/nearest.hpp"

namespace wrackline::faults {

#define FAULT(name) const FaultType& name();
#include "faults/all_faults.inc"
#undef FAULT

namespace {

const std::vector<const FaultType*>& table() {
  static const std::vector<const FaultType*> types = [] {
    std::vector<const FaultType*> all{
#define FAULT(name) &name(),
#include "faults/all_faults.inc"
#undef FAULT
    };
    std::sort(all.begin(), all.end(),
              [](const FaultType* a, const FaultType* b) { return a->name < b->name; });
    return all;
  }();
  return types;
}

}  // namespace

std::string_view to_string(ParamType type) {
  switch (type) {
    case ParamType::duration:
      return "duration";
    case ParamType::offset:
      return "signed duration";
    case ParamType::number:
      return "number";
    case ParamType::count:
      return "whole number";
    case ParamType::ratio:
      return "share in [0, 1]";
    case ParamType::bytes_per_second:
      return "bytes per second";
    case ParamType::flag:
      return "true or false";
    case ParamType::choice:
      return "choice";
    case ParamType::text:
      return "text";
  }
  return "";
}

std::string_view to_string(TargetKind kind) {
  switch (kind) {
    case TargetKind::processes:
      return "processes";
    case TargetKind::nodes:
      return "nodes";
    case TargetKind::name:
      return "a name";
    case TargetKind::none:
      return "none";
  }
  return "";
}

const ParamDef* FaultType::find(std::string_view param) const {
  const auto found =
      std::find_if(params.begin(), params.end(), [param](const ParamDef& def) { return def.name == param; });
  return found == params.end() ? nullptr : &*found;
}

std::span<const FaultType* const> vocabulary() { return table(); }

const FaultType* find_fault(std::string_view name) {
  const auto found = std::find_if(table().begin(), table().end(),
                                  [name](const FaultType* type) { return type->name == name; });
  return found == table().end() ? nullptr : *found;
}

std::vector<std::string> nearest_faults(std::string_view name) {
  std::vector<std::string> names;
  for (const FaultType* type : table()) names.emplace_back(type->name);
  return sim::nearest_names(name, names);
}

}  // namespace wrackline::faults
