// One window for ever for each key: what the library's operator (event_time::window::PaneOperator) makes of
// the records of a replay, with its triggers and its ways to accumulate.
//
// A global window has no end, so nothing is late for it, and nothing fires but early panes (pane_policy.hpp):
// so long after the first record that no pane has shown, or as soon as there are so many of them; each pane
// holds all so far, or what is new, or all so far behind a retraction. The clock is that of the arrivals. At
// the end of the input nothing is flushed: what no pane has shown is unfired.
//
// One operator for each aggregate that needs an accumulator: they fire alike.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/event_time/window/pane_operator.hpp"
#include "engine/replay/config.hpp"
#include "engine/replay/result_maker.hpp"
#include "engine/replay/time_bag.hpp"

namespace wrackline::replay {

class GlobalWindows {
 public:
  /// Needs a configuration of global windows without problems().
  GlobalWindows(const ReplayConfig& config, RowList& rows);

  Verdict add(std::uint32_t key, std::int64_t event_ms, std::int64_t value, std::int64_t now_ms,
              std::int64_t watermark);
  static constexpr std::int64_t next_event() { return event_time::kMaxTimestamp; }
  void advance(std::int64_t /*watermark*/, std::int64_t /*now_ms*/) {}
  void show_early(std::int64_t /*now_ms*/) {}
  /// When a pane is due by the clock; kMaxTimestamp: never.
  std::int64_t next_clock_ms() const { return operators_.front().next_processing_ms(); }
  void on_clock(std::int64_t now_ms);
  WindowFigures take(bool at_end, std::int64_t now_ms);

 private:
  struct Keyed {
    std::uint64_t fresh = 0;  ///< records that no pane has shown
    TimeBag waiting;
  };

  void note_panes(std::int64_t now_ms);

  ResultMaker results_;
  std::vector<event_time::window::PaneOperator> operators_;
  std::vector<event_time::window::ResultPanes> fired_;  ///< by operator
  std::vector<AggregateResult> results_of_pane_;        // scratch
  bool detailed_;
  std::uint64_t next_record_ = 0;
  std::vector<Keyed> by_key_;
  WindowFigures figures_;
};

}  // namespace wrackline::replay
