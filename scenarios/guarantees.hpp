// Guarantees are bundles of settings, kept as data (kafka.md 6.2-6.4): profile of the producer, commit mode
// of the job, kind of sink.
//
// A bundle sets what the scenario leaves open, in every source, job and sink; what is given explicitly stays,
// and is reported where the bundle would have said otherwise. The bundles that ship are in guarantees.cpp, in
// the form in which users write their own under `guarantees`.
#pragma once

#include <string>
#include <vector>

#include "scenarios/document.hpp"

namespace wrackline::scenarios {

/// The bundles that ship, as they would stand under `guarantees`.
const Node& shipped_guarantees();

/// Applies the scenario's `guarantee`, if it has one. False when it is unknown or not built.
bool apply_guarantee(Node& scenario, Diagnostics& diagnostics);

}  // namespace wrackline::scenarios
