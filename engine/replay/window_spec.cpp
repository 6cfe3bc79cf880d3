#include "engine/replay/window_spec.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "engine/event_time/strategy/text.hpp"

namespace wrackline::replay {

using event_time::strategy::format_duration_ms;
using event_time::strategy::parse_duration_ms;

namespace {

constexpr std::int64_t kLongestMs = std::int64_t{100} * 365 * 86'400'000;

struct KindName {
  WindowKind kind;
  std::string_view name;
  std::string_view form;
  bool has_step;
};
constexpr std::array<KindName, 4> kKinds{{{WindowKind::tumbling, "tumbling", "tumbling=SIZE", false},
                                          {WindowKind::hopping, "hopping", "hopping=SIZE/SLIDE", true},
                                          {WindowKind::cumulate, "cumulate", "cumulate=SIZE/STEP", true},
                                          {WindowKind::session, "session", "session=GAP", false}}};

const KindName& naming(WindowKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::string bad_duration(std::string_view text) {
  return fmt::format("\"{}\" is no duration: write it with units, like 200ms, 5s or 1m30s", text);
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

ParsedWindow parse_window(std::string_view text) {
  const auto fail = [](std::string why) { return ParsedWindow{std::nullopt, std::move(why)}; };
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const KindName* named = nullptr;
  for (const KindName& kind : kKinds)
    if (kind.name == name) named = &kind;
  if (named == nullptr || equals == std::string_view::npos) {
    std::string forms;
    for (const KindName& kind : kKinds) forms += fmt::format("{}{}", forms.empty() ? "" : ", ", kind.form);
    return fail(fmt::format("\"{}\" is no window: write {}", text, forms));
  }
  std::string_view rest = text.substr(equals + 1);
  WindowSpec window;
  window.kind = named->kind;
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
  std::string out = fmt::format("{}={}", named.name, format_duration_ms(window.size_ms));
  if (named.has_step) out += "/" + format_duration_ms(window.step_ms);
  if (window.offset_ms != 0) out += ",offset=" + format_duration_ms(window.offset_ms);
  return out;
}

}  // namespace wrackline::replay
