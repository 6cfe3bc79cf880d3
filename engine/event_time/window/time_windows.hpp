// Windows that are a function of the timestamp: tumbling, hopping and cumulate, in UTC or in a time zone.
//
// All arithmetic is on the wall clock (time_zone.hpp); without a zone that is UTC itself. A window whose
// local borders fall together because the clocks jump over it does not exist. A slice is the stretch between
// two neighbouring window borders (science.md §2): the unit in which records are stored once however many
// windows overlap.
#pragma once

#include <vector>

#include "engine/event_time/window/definition.hpp"
#include "engine/event_time/window_assigner.hpp"

namespace wrackline::event_time::window {

class TimeWindows {
 public:
  /// Needs a definition by timestamp without problems.
  explicit TimeWindows(const WindowDefinition& definition);

  /// All windows of the timestamp, by end, then start, the oldest first. `windows` is overwritten. Timestamps
  /// at the far ends of the axis have none.
  void assign(TimestampMs ts, std::vector<Window>& windows) const;
  /// The slice that holds the timestamp.
  Window slice_of(TimestampMs ts) const;
  /// The end of the last window that can hold the timestamp: when that is past, so is the record.
  TimestampMs last_end(TimestampMs ts) const;
  std::int64_t slice_ms() const { return slice_ms_; }
  /// An upper bound of how many windows hold one timestamp.
  std::int64_t most_windows() const;
  /// Is this one of the windows?
  bool is_window(const Window& window) const;
  const WindowDefinition& definition() const { return definition_; }

 private:
  std::int64_t local(TimestampMs ts) const {
    return definition_.zone == nullptr ? ts : definition_.zone->high_local(ts);
  }
  TimestampMs instant(std::int64_t local_ms) const {
    return definition_.zone == nullptr ? local_ms : definition_.zone->instant_of(local_ms);
  }

  WindowDefinition definition_;
  std::int64_t slice_ms_;
};

}  // namespace wrackline::event_time::window
