// One configuration of a replay: everything a user would set at a job that reads the same records.
//
// Modelled: a watermark block of the catalogue (strategy, emission, scope, combination, idleness), windows,
// allowed lateness, early panes, aggregates, and the processor's guards against absurd clocks (science.md
// 6.1: maximum future skew, maximum age). Refused, in words: alignment (a replay can not pause a source) and
// out-of-band propagation (there is one task).
//
// Early panes of windows that end in event time come on one beat for all of them: each shows what it has, if
// that is more than before. A global window has triggers of its own (global_windows.hpp). Count windows have
// one pane and are never late, so neither early panes nor allowed lateness.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/event_time/strategy/catalogue.hpp"
#include "engine/event_time/window/pane_policy.hpp"
#include "engine/replay/aggregates.hpp"
#include "engine/replay/row_list.hpp"
#include "engine/replay/window_spec.hpp"

namespace wrackline::replay {

struct ReplayConfig {
  std::string label;  ///< for the reader of the result
  event_time::strategy::Block watermark;
  WindowSpec window;
  std::int64_t allowed_lateness_ms = 0;
  std::int64_t early_every_ms = 0;       ///< an early pane so often, on the clock of arrivals; 0: none
  std::int64_t early_every_records = 0;  ///< of global windows: a pane for so many records; 0: not by number
  event_time::window::PanePolicy::Accumulation accumulation = {};  ///< of global windows
  AggregateList aggregates;
  /// A record further ahead of its arrival, or older, is rejected: no watermark and no window sees it.
  std::optional<std::int64_t> max_future_skew_ms;
  std::optional<std::int64_t> max_age_ms;
  /// Periodic emission and early panes: first at the first arrival + phase, or one interval later if that is
  /// 0.
  std::int64_t phase_ms = 0;

  RowsOf rows = RowsOf::nothing;
  std::size_t most_rows = 0;
  bool keep_fates =
      false;  ///< what became of each record, and the watermark it met: memory grows with the trace

  /// What is impossible about it, in words; empty if it can run.
  std::vector<std::string> problems() const;
};

}  // namespace wrackline::replay
