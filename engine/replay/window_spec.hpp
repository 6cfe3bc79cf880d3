// Which windows a replay fills, and how they are written: tumbling=5s, hopping=1m/5s, cumulate=1h/10m, each
// optionally with ",offset=-8h"; session=30s, sliding=10s, count=100, count=100/10, global. The names are
// those of scenario files.
//
// hopping=SIZE/SLIDE, cumulate=SIZE/STEP, session=GAP, sliding=DIFFERENCE, count=RECORDS/EVERY. Lateness,
// aggregate and early panes are options beside it. Units are mandatory (ms, s, m, h, d; "1m30s"); a bare 0
// stands for no time at all. What each kind is stands in event_time/window/definition.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event_time/window/definition.hpp"

namespace wrackline::replay {

enum class WindowKind : std::uint8_t {
  tumbling,  ///< [n size, (n + 1) size)
  hopping,   ///< a window of `size` every `step`
  cumulate,  ///< windows that grow by `step` up to `size`, then start anew
  session,   ///< records of one key with less than `size` (the gap) between them
  sliding,   ///< Kafka Streams: [t - size, t] and [t + 1, t + 1 + size] for each time t of a key's records
  count,     ///< the last `records` of a key, every `every` of them
  global,    ///< all records of a key, for ever
};

/// Are the borders of such windows a function of the clock of event time alone?
constexpr bool by_timestamp(WindowKind kind) { return kind <= WindowKind::cumulate; }
/// Does such a window end in event time, so that a watermark closes it and a record can be too late for it?
constexpr bool ends_in_time(WindowKind kind) { return kind <= WindowKind::sliding; }

struct WindowSpec {
  WindowKind kind = WindowKind::tumbling;
  std::int64_t size_ms = 1000;  ///< of a session: the gap; of sliding windows: the time difference
  std::int64_t step_ms = 1000;  ///< of hopping and cumulating windows; otherwise the size
  std::int64_t offset_ms = 0;
  std::int64_t records = 0;  ///< of count windows only, as `every`
  std::int64_t every = 0;

  static WindowSpec tumbling(std::int64_t size_ms, std::int64_t offset_ms = 0) {
    return {WindowKind::tumbling, size_ms, size_ms, offset_ms, 0, 0};
  }
  static WindowSpec hopping(std::int64_t size_ms, std::int64_t slide_ms, std::int64_t offset_ms = 0) {
    return {WindowKind::hopping, size_ms, slide_ms, offset_ms, 0, 0};
  }
  static WindowSpec cumulate(std::int64_t size_ms, std::int64_t step_ms, std::int64_t offset_ms = 0) {
    return {WindowKind::cumulate, size_ms, step_ms, offset_ms, 0, 0};
  }
  static WindowSpec session(std::int64_t gap_ms) { return {WindowKind::session, gap_ms, gap_ms, 0, 0, 0}; }
  static WindowSpec sliding(std::int64_t difference_ms) {
    return {WindowKind::sliding, difference_ms, difference_ms, 0, 0, 0};
  }
  /// Without `every` one window after the other.
  static WindowSpec count(std::int64_t records, std::int64_t every = 0) {
    return {WindowKind::count, 0, 0, 0, records, every == 0 ? records : every};
  }
  static WindowSpec global() { return {WindowKind::global, 0, 0, 0, 0, 0}; }

  /// What is impossible about it, in words; empty if nothing.
  std::vector<std::string> problems() const;
  /// The same windows as the library's operators and oracles take them.
  event_time::window::WindowDefinition definition() const;
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
