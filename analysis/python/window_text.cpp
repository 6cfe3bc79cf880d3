#include "analysis/python/window_text.hpp"

#include <charconv>
#include <string_view>

#include "analysis/python/arrays.hpp"
#include "engine/event_time/strategy/text.hpp"
#include "engine/replay/window_spec.hpp"

namespace wrackline::python {
namespace {

namespace strategy = event_time::strategy;
namespace window = event_time::window;

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

window::WindowDefinition window_definition(const std::string& text, const std::optional<std::string>& zone) {
  window::WindowDefinition made;
  const auto after = [&](std::string_view prefix) -> std::optional<std::string_view> {
    if (!std::string_view{text}.starts_with(prefix)) return std::nullopt;
    return std::string_view{text}.substr(prefix.size());
  };
  if (text == "global") {
    made = window::WindowDefinition::global();
  } else if (const auto difference = after("sliding=")) {
    const auto ms = strategy::parse_duration_ms(*difference);
    if (!ms) throw py::value_error("window: \"" + text + "\": sliding=D takes a duration, like sliding=10s");
    made = window::WindowDefinition::sliding(*ms);
  } else if (const auto counted = after("count=")) {
    const std::size_t slash = counted->find('/');
    const auto records = whole(counted->substr(0, slash));
    const auto every = slash == std::string_view::npos ? records : whole(counted->substr(slash + 1));
    if (!records || !every || *records < 1 || *every < 1)
      throw py::value_error("window: \"" + text +
                            "\": write count=N, or count=N/M for the last N every M records");
    made = window::WindowDefinition::count(*records, *every);
  } else if (const auto ms = strategy::parse_duration_ms(text)) {
    made = window::WindowDefinition::tumbling(*ms);
  } else {
    const replay::ParsedWindow parsed = replay::parse_window(text);
    if (!parsed.window)
      throw py::value_error("window: " + parsed.error + "; and here sliding=D, count=N, count=N/M, global");
    const replay::WindowSpec& spec = *parsed.window;
    switch (spec.kind) {
      case replay::WindowKind::tumbling:
        made = window::WindowDefinition::tumbling(spec.size_ms, spec.offset_ms);
        break;
      case replay::WindowKind::hopping:
        made = window::WindowDefinition::hopping(spec.size_ms, spec.step_ms, spec.offset_ms);
        break;
      case replay::WindowKind::cumulate:
        made = window::WindowDefinition::cumulate(spec.size_ms, spec.step_ms, spec.offset_ms);
        break;
      case replay::WindowKind::session:
        made = window::WindowDefinition::session(spec.size_ms);
        break;
    }
  }
  if (zone) {
    window::TimeZone::Loaded loaded = window::TimeZone::load(*zone);
    if (!loaded.zone) throw py::value_error(loaded.problem);
    made = made.in(std::move(loaded.zone));
  }
  refuse(made.problems());
  return made;
}

}  // namespace wrackline::python
