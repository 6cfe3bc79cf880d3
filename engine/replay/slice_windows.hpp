// Tumbling, hopping and cumulating windows over slices, laid out for speed: what a replay fills millions of
// times a second.
//
// The rules are those of event_time::WindowOperator (Flink's WindowOperator with an EventTimeTrigger), which
// the tests hold it against: a record is dropped iff the last of its windows is past its cleanup, max
// timestamp + allowed lateness <= watermark; a window fires when the watermark reaches its max timestamp and,
// within the lateness, again for each further record. What differs is the layout. Open slices lie in order of
// time, a small table in front of them finds the slice of a record by the slice's number; the cells are
// arrays by key (cells.hpp); nothing is kept of a record but its share of a cell and, until its first result,
// its event time (time_bag.hpp). Everything that is rare lies outside the line of the record: opening,
// firing, late records.
//
// A record that is late for some of its windows and not for all is accepted; the memberships it lost are
// counted (window_figures.hpp). Windows are shared by all keys: there is one watermark.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "engine/event_time/timestamp.hpp"
#include "engine/replay/cells.hpp"
#include "engine/replay/result_maker.hpp"
#include "engine/replay/slice_layout.hpp"
#include "engine/replay/time_bag.hpp"
#include "engine/replay/window_figures.hpp"

namespace wrackline::replay {

template <class Cell>
class SliceWindows {
 public:
  /// Needs a window by timestamp without problems().
  SliceWindows(const WindowSpec& window, std::int64_t allowed_lateness_ms, RowList& rows,
               const AggregateList& aggregates = {});

  /// One record, judged against `watermark`, which is the one of the last advance().
  Verdict add(std::uint32_t key, std::int64_t event_ms, std::int64_t value, std::int64_t now_ms,
              std::int64_t watermark) {
    const std::int64_t number = layout_.number_of(event_ms);
    const Hot& hot = hot_[static_cast<std::size_t>(number) % hot_.size()];
    if (hot.number == number && watermark < hot.slice->first_end - 1) [[likely]] {
      Slice& slice = *hot.slice;
      ++slice.records;
      slice.waiting.add(event_ms);
      if (slice.cells.add(key, value)) count_new_cell();
      return Verdict::accepted;
    }
    return add_slowly(key, event_ms, value, now_ms, watermark, number);
  }

  /// Up to here, exclusive, the watermark changes nothing: no firing, no cleanup.
  std::int64_t next_event() const { return next_event_; }
  /// The watermark moved to `watermark` at `now_ms`: due windows fire, what is past its cleanup goes.
  void advance(std::int64_t watermark, std::int64_t now_ms);
  /// Early panes: each window that has not fired shows what it has, if that is more than the last time.
  void show_early(std::int64_t now_ms);
  bool empty() const { return slices_.empty(); }

  /// What was counted since the last take(), with what is still open as unfired if this is the end.
  WindowFigures take(bool at_end, std::int64_t now_ms);

 private:
  struct Slice {
    explicit Slice(const Cell& blank) : cells{blank} {}
    std::int64_t start = 0;
    std::int64_t first_end = 0;
    std::int64_t last_end = 0;
    std::int64_t next_end = 0;  ///< of the windows over it that have not fired; kMaxTimestamp: none
    std::uint64_t records = 0;
    std::int64_t opened_end = 0;     ///< the first of its ends that was not past its cleanup when it opened
    std::uint64_t already_lost = 0;  ///< memberships that its records had lost when they came
    TimeBag waiting;
    Cells<Cell> cells;
  };
  struct Hot {
    std::int64_t number = INT64_MIN;
    Slice* slice = nullptr;
  };

  Verdict add_slowly(std::uint32_t key, std::int64_t event_ms, std::int64_t value, std::int64_t now_ms,
                     std::int64_t watermark, std::int64_t number);
  Slice& open(std::int64_t start, const SliceLayout::Ends& ends, std::int64_t watermark);
  void count_new_cell() { figures_.peak_cells = std::max(figures_.peak_cells, ++cells_); }
  void count_opened_windows(std::size_t at);
  void count_closed_windows(std::int64_t watermark);
  /// Windows that end here or before are past their cleanup.
  std::int64_t cleaned_to(std::int64_t watermark) const {
    return watermark == event_time::kMinTimestamp ? watermark : watermark + 1 - lateness_;
  }
  void fire(std::int64_t end, std::int64_t now_ms);
  void show_late(std::uint32_t key, std::int64_t end, std::int64_t now_ms);
  std::uint64_t content_of(std::int64_t end) const;
  void clean_up(std::int64_t watermark);
  std::size_t first_slice_from(std::int64_t start) const;
  /// Ends in (above, to] of windows over the open slices, each counted once.
  std::uint64_t ends_between(std::int64_t above, std::int64_t to) const;
  void settle(const Slice& slice);
  void add_row(std::uint32_t key, const Cell& cell, std::int64_t end, std::int64_t now_ms, PaneTiming timing);
  void weigh();

  SliceLayout layout_;
  std::int64_t lateness_;
  RowList& rows_;
  ResultMaker results_;
  Cell blank_;
  std::array<Hot, 64> hot_{};
  std::int64_t next_event_ = event_time::kMaxTimestamp;
  std::int64_t closed_to_ = event_time::kMinTimestamp;  ///< windows_ counts those that end after this

  std::vector<std::unique_ptr<Slice>> slices_;  ///< ascending by start, and so by each of their ends
  std::size_t finished_ = 0;                    ///< so many at the front have no window left to fire
  std::vector<std::unique_ptr<Slice>> spare_;
  std::map<std::int64_t, std::uint64_t> shown_early_;  ///< records in the last early pane, by end

  std::uint64_t cells_ = 0;
  std::uint64_t windows_ = 0;
  WindowFigures figures_;

  // Scratch, kept for its memory.
  std::vector<std::int64_t> due_;
  Cells<Cell> total_;
};

extern template class SliceWindows<CountCell>;
extern template class SliceWindows<StatCell>;
extern template class SliceWindows<DetailCell>;

}  // namespace wrackline::replay
