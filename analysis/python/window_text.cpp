#include "analysis/python/window_text.hpp"

#include "analysis/python/arrays.hpp"
#include "engine/event_time/strategy/text.hpp"

namespace wrackline::python {

namespace strategy = event_time::strategy;
namespace window = event_time::window;

replay::WindowSpec window_spec(const std::string& text, std::vector<std::string>& problems) {
  if (const auto ms = strategy::parse_duration_ms(text)) return replay::WindowSpec::tumbling(*ms);
  const replay::ParsedWindow parsed = replay::parse_window(text);
  if (!parsed.window) problems.push_back("window: " + parsed.error);
  return parsed.window.value_or(replay::WindowSpec{});
}

window::WindowDefinition window_definition(const std::string& text, const std::optional<std::string>& zone) {
  std::vector<std::string> problems;
  window::WindowDefinition made = window_spec(text, problems).definition();
  refuse(problems);
  if (zone) {
    window::TimeZone::Loaded loaded = window::TimeZone::load(*zone);
    if (!loaded.zone) throw py::value_error(loaded.problem);
    made = made.in(std::move(loaded.zone));
  }
  refuse(made.problems());
  return made;
}

window::PanePolicy::Accumulation accumulation_of(const std::string& name,
                                                 std::vector<std::string>& problems) {
  using Accumulation = window::PanePolicy::Accumulation;
  if (name == "discarding") return Accumulation::discarding;
  if (name == "retracting") return Accumulation::retracting;
  if (name != "accumulating")
    problems.push_back("accumulation: '" + name + "' is none of accumulating, discarding, retracting");
  return Accumulation::accumulating;
}

}  // namespace wrackline::python
