// Results as JSON, and the schema of that JSON (draft 2020-12). Integers stay integers: times in nanoseconds,
// ratios as [part, whole]. Histograms travel whole, as [smallest value of the bucket, count] pairs, so that a
// reader can draw and merge them. The schema is made from the same tables as the output; a test holds every
// result against it.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "analysis/run_result.hpp"

namespace wrackline::analysis {

nlohmann::json to_json(const RunResult& cell);
/// {"format": "wrackline-result", "version": 1, "cells": [...]}.
nlohmann::json to_json(std::span<const RunResult> cells);
/// The same as text: two blanks of indentation, a newline at the end; histograms on one line each.
std::string to_json_text(std::span<const RunResult> cells);

nlohmann::json result_schema();

}  // namespace wrackline::analysis
