// Parameters of faults: read by the declaration of the fault that `do` names.
#pragma once

#include "scenarios/vocabulary.hpp"

namespace wrackline::scenarios {

/// The members of a fault that are no common field; used by fault_decl().
void read_fault_parameters(ReadContext& context, const Node& object, void* target, nlohmann::json& resolved);

}  // namespace wrackline::scenarios
