// The moments that all models of the house declare, in one list: for faults (`when`), expectations
// (`sometimes`), `list moments` and `explain`. A model that gets a table of its own is added to the list in
// catalog.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sim/moment.hpp"

namespace wrackline::scenarios {

/// Sorted by name.
std::span<const sim::MomentDef* const> moment_catalog();
const sim::MomentDef* find_moment(std::string_view name);
/// The nearest name, or nothing.
std::string nearest_moment(std::string_view name);

}  // namespace wrackline::scenarios
