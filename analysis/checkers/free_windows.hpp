// Windows that the two integers of a WindowShape do not describe: cumulate windows, borders in a time zone,
// sessions, count and global windows; early, discarding and retracting panes; every aggregate.
//
// Judged by definition and batch oracle, not by anything of the operator that runs them:
//
//   by timestamp   a row's window must be one of the definition's, its records must lie inside, and each
//                  event is expected in every window that its timestamp belongs to
//   session        a row's window must be exactly the union of its records' stretches [t, t + gap), without a
//                  hole. Whether two sessions should have been one depends on the watermark that each record
//                  met: the property tests of the operator judge that
//   sliding        a row's window must be as long as the difference, with a record at a border, its records
//                  must lie inside, and each event is expected in every window that holds it; which there
//                  are, the accepted events say (sliding_index.hpp)
//   count, global  each event in one row. Of overlapping count windows in one at least, and in none twice;
//   the
//                  number of a row tells how many records it must have
//
// and of every row the value is computed again from its records. Which sessions lack a row is found from the
// missing events themselves: their unions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/event_time/window/aggregate.hpp"
#include "engine/event_time/window/definition.hpp"
#include "engine/event_time/window/pane_policy.hpp"
#include "engine/event_time/window/time_windows.hpp"

namespace wrackline::analysis {

class FreeWindows {
 public:
  using Window = event_time::Window;
  using ValueOf = std::function<std::int64_t(sim::EventId)>;
  struct Member {
    sim::EventId id;
    std::int64_t event_time_ms = 0;
  };

  FreeWindows(const event_time::window::WindowDefinition& windows,
              const event_time::window::AggregateSpec& aggregate, const event_time::window::PanePolicy& panes,
              ValueOf value_of);

  bool by_timestamp() const { return by_timestamp_.has_value(); }
  bool sessions() const;
  /// Windows on record differences.
  bool sliding() const;
  std::int64_t difference_ms() const { return windows_.size_ms; }
  /// Count windows of which one record is in several.
  bool overlaps_by_number() const;
  /// Do windows end at a time? Count and global ones do not.
  bool timed() const { return by_timestamp() || sessions() || sliding(); }
  std::uint32_t most_windows() const;
  /// Of a timestamp, the oldest first; by timestamp only.
  std::vector<Window> windows_of(std::int64_t event_time_ms) const;
  /// Where the last of the windows ends that are sure to hold the timestamp; timed ones only. A session may
  /// go on.
  std::int64_t last_end(std::int64_t event_time_ms) const;
  /// The watermark at which the newest window that is sure to hold the timestamp takes no more records.
  std::int64_t closes_at(std::int64_t event_time_ms) const;
  std::int64_t gap_of(std::uint32_t key, sim::EventId id) const;
  /// What is wrong with a row, in words; empty if nothing. `members` are its records, in any order; whether
  /// they are one session is judged if their times are known.
  std::string wrong_with(const Window& window, std::uint32_t key, std::uint32_t pane, std::int64_t value,
                         std::vector<Member> members, bool times_known = true) const;
  /// A row is told apart from the others of its window's start by its end.
  bool shares_starts() const;
  const event_time::window::PanePolicy& panes() const { return panes_; }

 private:
  event_time::window::WindowDefinition windows_;
  event_time::window::AggregateSpec aggregate_;
  event_time::window::PanePolicy panes_;
  ValueOf value_of_;
  std::optional<event_time::window::TimeWindows> by_timestamp_;
};

}  // namespace wrackline::analysis
