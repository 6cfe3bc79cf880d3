// From the join of a scenario to that of the engine, and what is wrong with it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/event_time/window/stream_join.hpp"
#include "scenarios/document.hpp"
#include "scenarios/scenario.hpp"

namespace wrackline::scenarios {

/// Of a job with a join that has no problems.
event_time::window::StreamJoinSpec join_of(const JobSpec& job);

/// Is there a job that reads the topic?
bool reads(const JobSpec& job, std::string_view topic);

/// Tells each problem by code, the field's path from the root, message and perhaps a better name.
using ReportProblem = std::function<void(std::string_view code, const std::string& path, std::string message,
                                         std::string suggestion)>;
void check_join(const ScenarioSpec& spec, const JobSpec& job, const Node& document,
                const ReportProblem& report);

}  // namespace wrackline::scenarios
