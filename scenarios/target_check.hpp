// Whether the names in a fault's target exist in the scenario: processes, machines, zones, topics and
// partitions, groups, sources. Who plays a role is only known in the run; roles themselves are checked
// against the built world.
#pragma once

#include <optional>
#include <string>

#include "scenarios/scenario.hpp"

namespace wrackline::scenarios {

struct TargetProblem {
  std::string message;
  std::string suggestion;
};

/// Names of the processes, each on a machine of its own with the same name: broker-1 ..., controller, and for
/// sources and jobs <name>-1 ... in the order of their producers and instances.
std::vector<std::string> process_names(const ScenarioSpec& scenario);

std::optional<TargetProblem> check_target(const ScenarioSpec& scenario, const FaultSpec& fault);
/// The same for the selectors in its parameters: the problem by the parameter's name.
std::vector<std::pair<std::string, TargetProblem>> check_parameters(const ScenarioSpec& scenario,
                                                                    const FaultSpec& fault);

}  // namespace wrackline::scenarios
