// Sessions: records of one key no further apart than the gap.
//
// The rules are Flink's EventTimeSessionWindows in a WindowOperator with merging windows: a record is a
// window [e, e + gap) of its own, and windows of a key that overlap or touch become one; the record is
// dropped iff the window it merges into is past its cleanup; a merged window that the watermark has passed
// already fires at once (a late pane), otherwise at its end, even if a part of it had fired before - then its
// on-time pane counts only what no pane has shown yet.
//
// Due times lie in a heap with one entry a session; a session that has grown since is put back when its old
// entry comes up. Not modelled: a gap of the record's own.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/event_time/timestamp.hpp"
#include "engine/replay/cells.hpp"
#include "engine/replay/result_maker.hpp"
#include "engine/replay/time_bag.hpp"
#include "engine/replay/window_figures.hpp"
#include "engine/replay/window_spec.hpp"

namespace wrackline::replay {

template <class Cell>
class SessionWindows {
 public:
  SessionWindows(const WindowSpec& window, std::int64_t allowed_lateness_ms, RowList& rows,
                 const AggregateList& aggregates = {});

  Verdict add(std::uint32_t key, std::int64_t event_ms, std::int64_t value, std::int64_t now_ms,
              std::int64_t watermark);
  std::int64_t next_event() const { return next_event_; }
  void advance(std::int64_t watermark, std::int64_t now_ms);
  void show_early(std::int64_t now_ms);
  bool empty() const { return live_ == 0; }
  WindowFigures take(bool at_end, std::int64_t now_ms);

 private:
  struct Session {
    std::int64_t start = 0;
    std::int64_t end = 0;
    std::uint32_t key = 0;
    std::uint32_t generation = 0;  ///< odd: in use
    std::uint64_t shown = 0;       ///< of cell.count, in panes so far
    std::uint64_t shown_early = 0;
    bool fired = false;
    Cell cell;
    TimeBag waiting;
  };
  struct Due {
    std::int64_t at = 0;  ///< max timestamp at which it fires, or is cleaned up
    std::uint32_t session = 0;
    std::uint32_t generation = 0;
    // For a heap with the earliest on top; ties by number, so that the order is a function of the input.
    friend bool operator<(const Due& a, const Due& b) {
      return a.at != b.at ? a.at > b.at : a.session > b.session;
    }
  };

  std::uint32_t allocate(std::uint32_t key);
  void release(std::uint32_t number);
  void fire(Session& session, PaneTiming timing, std::int64_t now_ms);
  void push_due(std::int64_t at, std::uint32_t number);

  std::int64_t gap_;
  std::int64_t lateness_;
  ResultMaker results_;
  Cell blank_;
  std::vector<std::vector<std::uint32_t>> by_key_;  ///< sessions of a key, ascending by start
  std::vector<Session> sessions_;
  std::vector<std::uint32_t> free_;
  std::vector<Due> heap_;
  std::int64_t next_event_ = event_time::kMaxTimestamp;
  std::uint64_t live_ = 0;
  std::uint64_t held_ = 0;
  std::uint64_t bytes_ = 0;  ///< of cells with accumulators
  WindowFigures figures_;
};

extern template class SessionWindows<StatCell>;
extern template class SessionWindows<DetailCell>;

}  // namespace wrackline::replay
