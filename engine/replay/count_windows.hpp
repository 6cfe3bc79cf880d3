// Count windows: the last n records of a key, every m of them (Flink's countWindow(n, m)), by the order of
// arrival.
//
// The rules are those of event_time::window::PaneOperator: the first windows of a key hold fewer than n if m
// is smaller; a window speaks when its last record comes, and never again. No watermark has a part in it:
// nothing is late, nothing is dropped, and a window has no end in event time (its borders are those of the
// axis). What is counted as unfired are records that wait for their first result when the input ends. Windows
// that follow each other keep a cell a key; those that overlap keep n values.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/event_time/timestamp.hpp"
#include "engine/replay/result_maker.hpp"
#include "engine/replay/time_bag.hpp"
#include "engine/replay/window_spec.hpp"

namespace wrackline::replay {

template <class Cell>
class CountWindows {
 public:
  /// Needs count windows without problems(). There is no allowed lateness.
  CountWindows(const WindowSpec& window, std::int64_t allowed_lateness_ms, RowList& rows,
               const AggregateList& aggregates = {});

  Verdict add(std::uint32_t key, std::int64_t event_ms, std::int64_t value, std::int64_t now_ms,
              std::int64_t watermark);
  static constexpr std::int64_t next_event() { return event_time::kMaxTimestamp; }
  void advance(std::int64_t /*watermark*/, std::int64_t /*now_ms*/) {}
  void show_early(std::int64_t /*now_ms*/) {}
  WindowFigures take(bool at_end, std::int64_t now_ms);

 private:
  struct Keyed {
    std::uint64_t fresh = 0;           ///< records since the last window
    Cell cell;                         ///< of those, if windows follow each other
    std::vector<std::int64_t> values;  ///< the last n, as a ring, if they overlap
    std::size_t oldest = 0;
    std::uint64_t most_bytes = 0;
    TimeBag waiting;
  };

  void fire(Keyed& keyed, std::uint32_t key, std::int64_t now_ms);

  std::uint64_t records_;
  std::uint64_t every_;
  ResultMaker results_;
  Cell blank_;
  std::vector<Keyed> by_key_;
  std::uint64_t live_ = 0;
  std::uint64_t held_ = 0;
  std::uint64_t bytes_ = 0;  ///< the most that each key has taken
  WindowFigures figures_;
};

extern template class CountWindows<StatCell>;
extern template class CountWindows<DetailCell>;

}  // namespace wrackline::replay
