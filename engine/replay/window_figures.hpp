// What is counted about windows, whatever their kind.
//
// A record belongs to one or more windows; each (record, window) pair is a membership, and exactly one of
// these holds for it in the end: it was in the window's on-time pane, it came in a late pane, it is lost to
// that window (past its cleanup), or its window has not fired when the input ends. So
//
//   on_time.records + late.records + lost + unfired = all memberships
//
// and completeness is on_time.records / (on_time.records + late.records + lost): what a reader of the first
// answer of each window sees of what there was to see.
//
// Latencies: `firing_delay` is from the end of a window to its on-time pane, one value a window;
// `record_latency` from the event time of a record to the first result that contains it, one value a record.
// Records without one (dropped, rejected, in no window, or in windows that never fired) are missing from it,
// and counted.
//
// That is of windows by the clock of event time, and of sessions. Of sliding windows `lost` is not known:
// which windows a dropped record would have been in depends on records that are gone; `partly_late` says how
// many others some windows lack. A count window is
// complete by what it is, and its moment is no time: it has no firing delay, and nothing is late for it. A
// global window never fires on time: its early panes are its results, and `unfired` what no pane has shown.
// There `record_latency` ends with the first early pane; elsewhere early panes do not count for it.
//
// State, as science.md §2 counts it: windows with content, slices, cells = (slice, key) pairs, records in
// open slices; peaks over the replay. Costs are counts, not seconds: slice updates = accepted records, bucket
// updates = memberships, combines = slices read by firing windows, per key.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/replay/spread.hpp"

namespace wrackline::replay {

struct PaneCount {
  std::uint64_t panes = 0;    ///< on time and early: one a window; late: one a record and window
  std::uint64_t records = 0;  ///< memberships; early: in the last early pane before the on-time one
  friend bool operator==(const PaneCount&, const PaneCount&) = default;
};

struct WindowFigures {
  PaneCount early;
  PaneCount on_time;
  PaneCount late;
  std::uint64_t retractions = 0;
  std::uint64_t partly_late = 0;  ///< records that were accepted and too late for some of their windows
  std::uint64_t lost = 0;         ///< memberships of records that came after the cleanup of the window
  std::uint64_t unfired = 0;      ///< memberships of windows that had not fired at the end
  std::uint64_t unfired_windows = 0;
  std::uint64_t results = 0;  ///< (window, key) pairs of on-time panes

  Spread firing_delay;
  Spread record_latency;
  /// Windows that have ended by the clock of arrivals and had not fired when the figures were taken: how long
  /// ago they ended. Their delay is at least that.
  Spread overdue;

  std::uint64_t peak_windows = 0;
  std::uint64_t peak_slices = 0;
  std::uint64_t peak_cells = 0;
  std::uint64_t peak_records = 0;
  std::uint64_t peak_bytes = 0;  ///< 0: cells x what a cell takes

  std::uint64_t slice_updates = 0;
  std::uint64_t bucket_updates = 0;
  std::uint64_t combines = 0;
  std::uint64_t merges = 0;  ///< of sessions

  /// By pair of AggregateList::pairs(), one value a result; empty before the first result.
  std::vector<Spread> sketch_errors_ppm;

  friend bool operator==(const WindowFigures&, const WindowFigures&) = default;
};

enum class PaneTiming : std::uint8_t { early, on_time, late };  ///< as event_time::window::PaneKind

/// One line of window results, if asked for.
struct WindowRow {
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  std::int64_t fired_at_ms = 0;
  std::uint32_t key = 0;  ///< 0 where a row is a whole window
  PaneTiming timing = PaneTiming::on_time;
  bool retraction = false;
  std::int64_t count = 0;  ///< records in the window (of the key) so far
  std::int64_t sum = 0;    ///< of the values; 0 where only counts are kept
  std::int64_t least = 0;
  std::int64_t greatest = 0;
  friend bool operator==(const WindowRow&, const WindowRow&) = default;
};

enum class Verdict : std::uint8_t { accepted, dropped, no_window };

}  // namespace wrackline::replay
