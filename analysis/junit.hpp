// JUnit XML, as build servers read it: a test suite per scenario, a test case per matrix cell and check. A
// cell's check is its guarantee, and each expectation. An inconclusive check is an <error>, a failed one a
// <failure>: nobody should mistake "could not tell" for a pass. Times are virtual seconds; there is no wall
// clock in the file.
#pragma once

#include <span>
#include <string>

#include "analysis/run_result.hpp"

namespace wrackline::analysis {

std::string to_junit(std::span<const RunResult> cells);

/// GitHub workflow commands: one `::error` or `::warning` line for each reason of a verdict that is not pass.
/// `file`: the scenario file as the user named it; may be empty.
std::string to_annotations(std::span<const RunResult> cells, const std::string& file);

/// "exactly_once, bounded 200 ms": the values of the cell's axes.
std::string cell_name(const RunResult& cell);

}  // namespace wrackline::analysis
