// The sessions in flight of one key: Flink's MergingWindowSet over TimeWindow.mergeWindows.
//
// Modelled: which windows an arriving one merges with (touching is enough), the result, and under which
// window's name the contents lie (the state window). Two facts hide in the engine's hash tables and are
// reproduced here because they can be seen from outside: of several merged windows the first in the iteration
// order of Java's HashSet lends its state window, and the others' contents are appended in that order - which
// decides what a count evictor throws out; and an arriving window that *equals* one in flight merges with
// nothing and takes over its entry, so contents under an older state window are orphaned (possible with
// dynamic gaps only).
#pragma once

#include <optional>
#include <vector>

#include "engine/event_time/flink/time_window.hpp"

namespace wrackline::event_time::flink {

class MergingWindowSet {
 public:
  struct Entry {
    TimeWindow window;
    TimeWindow state_window;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  /// The callback of a merge, in the order in which it happens.
  struct Merge {
    TimeWindow result;
    std::vector<TimeWindow> windows;  ///< in flight before, without the arriving one
    TimeWindow state_window;          ///< of the result
    std::vector<TimeWindow> merged_state_windows;
  };

  /// The window that the arriving one ended up in. `merges` is overwritten.
  TimeWindow add(const TimeWindow& window, std::vector<Merge>& merges);
  /// Forgets a window in flight.
  void retire(const TimeWindow& window);
  std::optional<TimeWindow> state_window(const TimeWindow& window) const;

  bool empty() const { return entries_.empty(); }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::optional<TimeWindow> take(const TimeWindow& window);
  void put(const TimeWindow& window, const TimeWindow& state_window);

  std::vector<Entry> entries_;
};

}  // namespace wrackline::event_time::flink
