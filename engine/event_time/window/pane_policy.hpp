// When a window speaks, and what a later pane makes of an earlier one (the Dataflow model's "when" and "how";
// science.md §2).
//
//   early     before the watermark passes the window's end: E of processing time after the first record that
//             no pane has shown yet, or as soon as there are n of them
//   on time   the watermark has reached the window's last timestamp
//   late      after that, until the watermark has passed end + allowed lateness: per n records (1: each), or
//   E
//             after the first; what is left over comes out when the window goes
//
//   accumulating  each pane holds all so far, the last one is the result
//   discarding    each pane holds what came since the pane before, their sum is the result
//   retracting    as accumulating, and each pane comes behind a retraction of what it replaces: the pane
//                 before, or the panes of the sessions that have merged
//
// A pane comes only if there is something new in it: an on-time pane after an early one that had everything
// does not come (Beam's default would repeat it).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wrackline::event_time::window {

struct PanePolicy {
  enum class Accumulation : std::uint8_t { accumulating, discarding, retracting };
  std::int64_t early_every_ms = 0;       ///< 0: not by time
  std::int64_t early_every_records = 0;  ///< 0: not by number
  std::int64_t late_every_ms = 0;
  std::int64_t late_every_records = 1;
  std::int64_t allowed_lateness_ms = 0;
  Accumulation accumulation = Accumulation::accumulating;

  bool early() const { return early_every_ms > 0 || early_every_records > 0; }
  /// May a window have more than one pane?
  bool several() const { return early() || allowed_lateness_ms > 0; }
  std::vector<std::string> problems() const;
};

}  // namespace wrackline::event_time::window
