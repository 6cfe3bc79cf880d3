// Windows as Python's calls name them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/event_time/window/definition.hpp"
#include "engine/event_time/window/pane_policy.hpp"
#include "engine/replay/window_spec.hpp"

namespace wrackline::python {

/// "5s" (tumbling: it is the commonest), or what `replay --window` takes. What is wrong is added to
/// `problems`.
replay::WindowSpec window_spec(const std::string& text, std::vector<std::string>& problems);

/// The same, in an IANA time zone if they are by timestamp. Raises ValueError.
event_time::window::WindowDefinition window_definition(const std::string& text,
                                                       const std::optional<std::string>& zone);

/// By name. What is wrong is added to `problems`.
event_time::window::PanePolicy::Accumulation accumulation_of(const std::string& name,
                                                             std::vector<std::string>& problems);

}  // namespace wrackline::python
