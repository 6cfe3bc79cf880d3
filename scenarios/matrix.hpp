// The matrix: `axes` (product), `zip` (lock-step) and `where` (constraint), expanded in declared order, last
// axis fastest.
#pragma once

#include <string>
#include <vector>

#include "scenarios/document.hpp"
#include "scenarios/plan.hpp"

namespace wrackline::scenarios {

/// One axis: a single path of `axes`, or the paths of a `zip` group, which take their k-th values together.
struct Axis {
  std::vector<std::string> paths;
  std::vector<std::vector<Node>> values;  ///< by row, then by path
  Location at;
  std::vector<Location> paths_at = {};
};

/// One cell before its scenario is read: the document with the cell's values set.
struct RawCell {
  std::vector<Setting> settings;
  Node document;
};

/// Applies --set and --sweep, takes the matrix out of the scenario and expands it. Reports WL13xx.
std::vector<RawCell> expand_matrix(Node scenario, const LoadOptions& options, Diagnostics& diagnostics);

/// A value as a table shows it: "100ms", "bounded 100ms".
std::string shown_value(const Node& node);
/// A value as `--set` takes it back.
std::string set_value(const Node& node);

}  // namespace wrackline::scenarios
