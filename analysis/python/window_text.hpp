// Windows as Python's calls name them.
#pragma once

#include <optional>
#include <string>

#include "engine/event_time/window/definition.hpp"

namespace wrackline::python {

/// The windows of a replay ("5s", "hopping=60s/5s", ...), and sliding=D, count=N, count=N/M, global; those of
/// days and hours in an IANA zone. Raises ValueError.
event_time::window::WindowDefinition window_definition(const std::string& text,
                                                       const std::optional<std::string>& zone);

}  // namespace wrackline::python
