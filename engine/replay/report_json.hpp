// Results as JSON: what `replay --json` and `tune --json` print, and what Python makes frames from.
//
// Names carry their units; latencies are objects {mean_ms, p50_ms, p95_ms, p99_ms, least_ms, greatest_ms,
// count, missing}, null where there is no value.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "engine/event_time/strategy/catalogue.hpp"
#include "engine/replay/result.hpp"
#include "engine/replay/tune.hpp"

namespace wrackline::replay {

nlohmann::ordered_json to_json(const ReplayConfig& config, const ReplayResult& result);
nlohmann::ordered_json to_json(const TuneQuestion& question, const TuneReport& report);

/// A watermark block as a scenario has it under "watermark"; strategy::parse_json() reads it back.
nlohmann::ordered_json block_json(const event_time::strategy::Block& block);

}  // namespace wrackline::replay
