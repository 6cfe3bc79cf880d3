// A fit as JSON: what `fit --json` prints and what Python makes its tables from. Names carry their units.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>

#include "engine/fit/fit.hpp"

namespace wrackline::fit {

/// How a source is written, by its number in the columns: its name where there is one.
using SourceName = std::function<nlohmann::json(std::uint32_t key)>;

nlohmann::json to_json(const Report& report, const SourceName& source_of);

}  // namespace wrackline::fit
