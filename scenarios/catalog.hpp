// The names that other rooms own and scenarios use: faults, moments. One place to look them up, so that the
// loader needs neither the injector nor the kernel's machinery.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "scenarios/scenario.hpp"

namespace wrackline::scenarios {

struct ParameterDecl {
  std::string_view name;
  FaultValue::Type type = FaultValue::Type::kInteger;
  bool required = false;
  std::string_view default_text;  ///< empty: none
  std::string_view doc;
};

struct FaultDecl {
  std::string_view name;  ///< "process.crash"
  std::string_view doc;
  std::string_view targets;  ///< what it strikes, in words; empty: it needs no target
  bool lasts = false;        ///< `for` is meaningful
  std::vector<ParameterDecl> parameters;
};

struct MomentDecl {
  std::string_view name;
  std::string_view doc;
};

/// Sorted by name.
std::span<const FaultDecl> fault_catalog();
std::span<const MomentDecl> moment_catalog();
const FaultDecl* find_fault(std::string_view name);
const MomentDecl* find_moment(std::string_view name);

}  // namespace wrackline::scenarios
