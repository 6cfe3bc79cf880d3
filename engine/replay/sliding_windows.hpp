// Sliding windows on the differences of record times (Kafka Streams' SlidingWindows): for every time t of a
// key's records the windows [t - D, t] and [t + 1, t + 1 + D], both ends inclusive.
//
// The rules are those of event_time::window::PaneOperator (KStreamSlidingWindowAggregate, with allowed
// lateness for grace), which the tests hold it against, as they do the batch oracle: a record is dropped iff
// even its right window is past its cleanup; its left window stands only if that was still open; a window
// without records says nothing. What differs is the layout. All windows have one length, so a window is its
// end; which ends are open follows from the records themselves (left: t + 1, right: t + D + 2), and a window
// is filled only when it fires: from the records of the key, which lie by time.
//
// A record first appears in the first window around it that fires, mostly its own left one. Due times lie in
// a heap, one entry an open window.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "engine/event_time/timestamp.hpp"
#include "engine/replay/result_maker.hpp"
#include "engine/replay/window_spec.hpp"

namespace wrackline::replay {

template <class Cell>
class SlidingWindows {
 public:
  /// Needs sliding windows without problems().
  SlidingWindows(const WindowSpec& window, std::int64_t allowed_lateness_ms, RowList& rows,
                 const AggregateList& aggregates = {});

  Verdict add(std::uint32_t key, std::int64_t event_ms, std::int64_t value, std::int64_t now_ms,
              std::int64_t watermark);
  std::int64_t next_event() const { return heap_.empty() ? event_time::kMaxTimestamp : heap_.front().at; }
  void advance(std::int64_t watermark, std::int64_t now_ms);
  void show_early(std::int64_t now_ms);
  WindowFigures take(bool at_end, std::int64_t now_ms);

 private:
  struct Item {
    std::int64_t time = 0;
    std::int64_t value = 0;
    bool shown = false;  ///< some result contains it
  };
  /// The records of a key that open windows can hold, ascending by time.
  struct Run {
    std::vector<Item> items;
    std::size_t gone = 0;   ///< so many at the front are of no use any more
    std::size_t shown = 0;  ///< so many at the front are gone or shown
  };
  struct Due {
    std::int64_t at = 0;
    std::int64_t end = 0;
    std::uint32_t key = 0;
    bool cleanup = false;
    // For a heap with the earliest on top; ties in the operator's order.
    friend bool operator<(const Due& a, const Due& b) {
      if (a.at != b.at) return a.at > b.at;
      if (a.cleanup != b.cleanup) return a.cleanup;
      return a.end != b.end ? a.end > b.end : a.key > b.key;
    }
  };
  struct Range {
    std::size_t from = 0;
    std::size_t to = 0;
    std::uint64_t size() const { return to - from; }
  };

  bool is_past(std::int64_t end, std::int64_t watermark) const { return end - 1 + lateness_ <= watermark; }
  static std::size_t first_from(const Run& run, std::int64_t time);
  Range inside(const Run& run, std::int64_t end) const;
  bool is_open(const Run& run, std::int64_t end) const;
  void open(std::uint32_t key, std::int64_t end, std::int64_t watermark);
  void push(const Due& due);
  void fire(Run& run, std::uint32_t key, std::int64_t end, std::int64_t now_ms);
  void fire_late(Run& run, std::uint32_t key, std::int64_t event_ms, std::int64_t now_ms,
                 std::int64_t watermark, bool new_left, bool new_right);
  void show(Run& run, Range range, std::int64_t now_ms);
  void tell(const Run& run, Range range, std::uint32_t key, std::int64_t end, std::int64_t now_ms,
            PaneTiming timing);
  void prune(Run& run, std::int64_t at_ms);

  std::int64_t difference_;
  std::int64_t lateness_;
  ResultMaker results_;
  Cell blank_;
  std::vector<Run> runs_;  ///< by key
  std::vector<Due> heap_;
  std::map<std::pair<std::int64_t, std::uint32_t>, std::uint64_t> shown_early_;  ///< records, by end and key
  std::uint64_t live_ = 0;
  std::uint64_t held_ = 0;
  WindowFigures figures_;
  std::vector<std::int64_t> late_ends_;  // scratch
};

extern template class SlidingWindows<StatCell>;
extern template class SlidingWindows<DetailCell>;

}  // namespace wrackline::replay
