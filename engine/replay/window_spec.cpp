#include "engine/replay/window_spec.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "engine/event_time/strategy/text.hpp"
#include "sim/nearest.hpp"

namespace wrackline::replay {

using event_time::strategy::format_duration_ms;
using event_time::strategy::parse_duration_ms;

namespace {

constexpr std::int64_t kLongestMs = std::int64_t{100} * 365 * 86'400'000;
constexpr std::int64_t kMostRecords = 1'000'000'000;

struct KindName {
  WindowKind kind;
  std::string_view name;
  std::string_view form;
  bool has_step;
};
constexpr std::array<KindName, 7> kKinds{{{WindowKind::tumbling, "tumbling", "tumbling=SIZE", false},
                                          {WindowKind::hopping, "hopping", "hopping=SIZE/SLIDE", true},
                                          {WindowKind::cumulate, "cumulate", "cumulate=SIZE/STEP", true},
                                          {WindowKind::session, "session", "session=GAP", false},
                                          {WindowKind::sliding, "sliding", "sliding=DIFFERENCE", false},
                                          {WindowKind::count, "count", "count=RECORDS[/EVERY]", false},
                                          {WindowKind::global, "global", "global", false}}};

const KindName& naming(WindowKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::string bad_duration(std::string_view text) {
  return fmt::format("\"{}\" is no duration: write it with units, like 200ms, 5s or 1m30s", text);
}

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string no_window(std::string_view text, std::string_view name) {
  std::vector<std::string> names;
  std::string forms;
  for (const KindName& kind : kKinds) {
    names.emplace_back(kind.name);
    forms += fmt::format("{}{}", forms.empty() ? "" : ", ", kind.form);
  }
  const auto near = sim::nearest_names(name, names, 1);
  const bool misspelt = !near.empty() && near.front() != name;
  return fmt::format("\"{}\" is no window{} {}", text,
                     misspelt ? fmt::format("; did you mean \"{}\"? Write", near.front()) : ": write", forms);
}

}  // namespace

std::vector<std::string> WindowSpec::problems() const {
  std::vector<std::string> found;
  const KindName& named = naming(kind);
  const auto length = [&](std::int64_t ms, std::string_view what) {
    if (ms <= 0 || ms > kLongestMs)
      found.push_back(fmt::format("window {}: the {} must be longer than nothing and at most 36500d, not {}",
                                  named.name, what, format_duration_ms(ms)));
  };
  if (kind == WindowKind::global) return found;
  if (kind == WindowKind::count) {
    if (records <= 0 || records > kMostRecords || every <= 0 || every > records)
      found.push_back(fmt::format(
          "window count: {} records, every {}: there are 1 to {} records, and a window each 1 to {} of them",
          records, every, kMostRecords, records));
    return found;
  }
  if (kind == WindowKind::sliding) {
    if (size_ms < 0 || size_ms > kLongestMs)
      found.push_back(fmt::format("window sliding: the difference must be between 0s and 36500d, not {}",
                                  format_duration_ms(size_ms)));
    if (offset_ms != 0)
      found.emplace_back("window sliding: there is no offset, the windows start and end at records");
    return found;
  }
  length(size_ms, kind == WindowKind::session ? "gap" : "size");
  if (named.has_step) length(step_ms, kind == WindowKind::hopping ? "slide" : "step");
  if (!found.empty()) return found;
  if (kind == WindowKind::cumulate && size_ms % step_ms != 0)
    found.push_back(fmt::format("window cumulate: the size {} is no multiple of the step {}",
                                format_duration_ms(size_ms), format_duration_ms(step_ms)));
  if (kind == WindowKind::session && offset_ms != 0)
    found.push_back("window session: there is no offset, sessions start at records");
  if (offset_ms <= -step_ms || offset_ms >= step_ms) {
    if (kind == WindowKind::cumulate ? offset_ms <= -size_ms || offset_ms >= size_ms
                                     : kind != WindowKind::session)
      found.push_back(fmt::format("window {}: the offset must be shorter than the {}", named.name,
                                  kind == WindowKind::hopping ? "slide" : "size"));
  }
  constexpr std::int64_t kMostWindows = 1 << 16;
  if (named.has_step && size_ms / step_ms > kMostWindows)
    found.push_back(fmt::format("window {}: a record would belong to {} windows, more than {}", named.name,
                                size_ms / step_ms, kMostWindows));
  return found;
}

event_time::window::WindowDefinition WindowSpec::definition() const {
  using event_time::window::WindowDefinition;
  switch (kind) {
    case WindowKind::tumbling:
      return WindowDefinition::tumbling(size_ms, offset_ms);
    case WindowKind::hopping:
      return WindowDefinition::hopping(size_ms, step_ms, offset_ms);
    case WindowKind::cumulate:
      return WindowDefinition::cumulate(size_ms, step_ms, offset_ms);
    case WindowKind::session:
      return WindowDefinition::session(size_ms);
    case WindowKind::sliding:
      return WindowDefinition::sliding(size_ms);
    case WindowKind::count:
      return WindowDefinition::count(records, every);
    case WindowKind::global:
      break;
  }
  return WindowDefinition::global();
}

ParsedWindow parse_window(std::string_view text) {
  const auto fail = [](std::string why) { return ParsedWindow{std::nullopt, std::move(why)}; };
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const KindName* named = nullptr;
  for (const KindName& kind : kKinds)
    if (kind.name == name) named = &kind;
  const bool is_global = named != nullptr && named->kind == WindowKind::global;
  if (named == nullptr || (equals == std::string_view::npos) != is_global) return fail(no_window(text, name));
  if (is_global) return {WindowSpec::global(), {}};
  std::string_view rest = text.substr(equals + 1);
  WindowSpec window;
  window.kind = named->kind;
  if (window.kind == WindowKind::count) {
    const std::size_t slash = rest.find('/');
    const auto records = whole(rest.substr(0, slash));
    const auto every = slash == std::string_view::npos ? records : whole(rest.substr(slash + 1));
    if (!records || !every)
      return fail(
          fmt::format("\"{}\" is no window of this kind: write count=100, or count=100/10 for the "
                      "last 100 every 10 records",
                      text));
    window = WindowSpec::count(*records, 1);
    window.every = *every;
    if (const auto problems = window.problems(); !problems.empty()) return fail(problems.front());
    return {window, {}};
  }
  if (const std::size_t comma = rest.find(','); comma != std::string_view::npos) {
    const std::string_view option = rest.substr(comma + 1);
    if (!option.starts_with("offset="))
      return fail(fmt::format("window {}: \"{}\" is unknown; there is offset=DURATION", name, option));
    const auto offset = parse_duration_ms(option.substr(7));
    if (!offset) return fail(fmt::format("window {}: {}", name, bad_duration(option.substr(7))));
    window.offset_ms = *offset;
    rest = rest.substr(0, comma);
  }
  const std::size_t slash = rest.find('/');
  if ((slash != std::string_view::npos) != named->has_step)
    return fail(fmt::format("\"{}\" is no window of this kind: write {}", text, named->form));
  const auto size = parse_duration_ms(rest.substr(0, slash));
  if (!size) return fail(fmt::format("window {}: {}", name, bad_duration(rest.substr(0, slash))));
  window.size_ms = window.step_ms = *size;
  if (named->has_step) {
    const auto step = parse_duration_ms(rest.substr(slash + 1));
    if (!step) return fail(fmt::format("window {}: {}", name, bad_duration(rest.substr(slash + 1))));
    window.step_ms = *step;
  }
  if (const auto problems = window.problems(); !problems.empty()) return fail(problems.front());
  return {window, {}};
}

std::string to_text(const WindowSpec& window) {
  const KindName& named = naming(window.kind);
  if (window.kind == WindowKind::global) return std::string{named.name};
  if (window.kind == WindowKind::count)
    return window.every == window.records ? fmt::format("count={}", window.records)
                                          : fmt::format("count={}/{}", window.records, window.every);
  std::string out = fmt::format("{}={}", named.name, format_duration_ms(window.size_ms));
  if (named.has_step) out += "/" + format_duration_ms(window.step_ms);
  if (window.offset_ms != 0) out += ",offset=" + format_duration_ms(window.offset_ms);
  return out;
}

}  // namespace wrackline::replay
