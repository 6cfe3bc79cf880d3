// From the windows of a scenario to those of the engine.
//
// Tumbling and hopping windows in UTC with a count, sum, min or max and one on-time pane run in
// WindowOperator, which is fast and is rebuilt by replay. Everything else - panes_of() has a value - runs in
// PaneOperator, with its state in a store that commits with the offsets.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/event_time/window/pane_operator.hpp"
#include "scenarios/scenario.hpp"

namespace wrackline::scenarios {

std::optional<event_time::window::WindowedAggregation> panes_of(const JobSpec& job);

/// Without its panes.
event_time::window::WindowDefinition definition_of(const WindowSpec& window);

/// What is wrong with the windows of a job, in words; reads the time zone.
std::vector<std::string> window_problems(const JobSpec& job);

/// By how much windows may overlap: the ledger keeps a bit for each window of an event.
inline constexpr std::int64_t kMostWindowsPerEvent = 255;

}  // namespace wrackline::scenarios
