// What is derived from the declarations besides reading: the JSON Schema, explanations, names for completion.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wrackline::scenarios {

/// JSON Schema, draft 2020-12, of scenario files.
nlohmann::json scenario_schema();

/// Text for a diagnostic code, property, moment, fault, metric, guarantee or field ("sources.*.delay");
/// nothing when there is none.
std::optional<std::string> explain(std::string_view topic);
/// The nearest thing that can be explained.
std::optional<std::string> nearest_topic(std::string_view topic);
/// Everything that explain() knows, sorted.
std::vector<std::string> topics();

}  // namespace wrackline::scenarios
