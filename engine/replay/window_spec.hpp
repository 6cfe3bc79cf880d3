// Which windows a replay fills, and how they are written: tumbling=5s, hopping=1m/5s, cumulate=1h/10m,
// session=30s, each optionally with ",offset=-8h" (not for sessions).
//
// hopping=SIZE/SLIDE, cumulate=SIZE/STEP, session=GAP. Lateness, aggregate and early panes are options beside
// it. Units are mandatory (ms, s, m, h, d; "1m30s"); a bare 0 stands for no time at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wrackline::replay {

enum class WindowKind : std::uint8_t {
  tumbling,  ///< [n size, (n + 1) size)
  hopping,   ///< a window of `size` every `step`
  cumulate,  ///< windows that grow by `step` up to `size`, then start anew
  session,   ///< records of one key with less than `size` (the gap) between them
};

struct WindowSpec {
  WindowKind kind = WindowKind::tumbling;
  std::int64_t size_ms = 1000;  ///< of a session: the gap
  std::int64_t step_ms = 1000;  ///< of hopping and cumulating windows; otherwise the size
  std::int64_t offset_ms = 0;

  static WindowSpec tumbling(std::int64_t size_ms, std::int64_t offset_ms = 0) {
    return {WindowKind::tumbling, size_ms, size_ms, offset_ms};
  }
  static WindowSpec hopping(std::int64_t size_ms, std::int64_t slide_ms, std::int64_t offset_ms = 0) {
    return {WindowKind::hopping, size_ms, slide_ms, offset_ms};
  }
  static WindowSpec cumulate(std::int64_t size_ms, std::int64_t step_ms, std::int64_t offset_ms = 0) {
    return {WindowKind::cumulate, size_ms, step_ms, offset_ms};
  }
  static WindowSpec session(std::int64_t gap_ms) { return {WindowKind::session, gap_ms, gap_ms, 0}; }

  /// What is impossible about it, in words; empty if nothing.
  std::vector<std::string> problems() const;
  friend bool operator==(const WindowSpec&, const WindowSpec&) = default;
};

struct ParsedWindow {
  std::optional<WindowSpec> window;
  std::string error;  ///< set if there is no window
};
ParsedWindow parse_window(std::string_view text);
/// The form that parses back to the same window.
std::string to_text(const WindowSpec& window);

}  // namespace wrackline::replay
