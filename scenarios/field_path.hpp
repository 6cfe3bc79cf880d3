// Paths into a scenario, as `--set`, `--sweep` and the matrix write them: "jobs.totals.watermark.bounded",
// "sources.app.config.linger.ms", "kafka.topics.payments.partitions", "faults.kill-leader.at" (by id) or
// "faults.0.at".
//
// A path is followed along the declarations, so that names with dots (topics, properties) need no quotes: at
// a map the longest name that is there wins, at properties the rest is the name.
#pragma once

#include <string_view>

#include "scenarios/document.hpp"

namespace wrackline::scenarios {

/// The value at a path; null when it is not given in the document.
const Node* find_path(const Node& root, std::string_view path);

/// Sets it, making objects on the way where the declarations know them. Reports WL1301 at `at` for an unknown
/// path.
bool set_path(Node& root, std::string_view path, Node value, Location at, Diagnostics& diagnostics);

/// Where the value at the path is, or the nearest object around it: for messages.
Location place_of(const Node& root, std::string_view path);

}  // namespace wrackline::scenarios
