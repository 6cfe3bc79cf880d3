// Which windows on record differences there are, and which of them a record belongs to.
//
// Kafka Streams' SlidingWindows are defined by the records themselves: of a record at t, [t - D, t] and
// [t + 1, t + 1 + D] (a Window here ends one later). So what an event should stand in is known only from its
// neighbours: this keeps, by key and time, the events that were accepted, and until which end of a window
// each of them came too late. A record defines no window that it came too late for.
//
// Not the operator's view of it: nothing here knows of watermarks, open windows or firing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <vector>

#include "engine/event_time/window_assigner.hpp"
#include "sim/observer.hpp"

namespace wrackline::analysis {

class SlidingIndex {
 public:
  using Window = event_time::Window;

  explicit SlidingIndex(std::int64_t difference_ms) : difference_ms_{difference_ms} {}

  struct Member {
    std::int64_t time_ms = 0;
    sim::EventId id;
    std::int64_t late_until_ms = std::numeric_limits<std::int64_t>::min();
  };

  /// Once or more often.
  void accepted(std::uint32_t key, std::int64_t time_ms, sim::EventId id);
  /// It came too late for the windows that end at or before; told before or after it is accepted.
  void late_until(std::uint32_t key, std::int64_t time_ms, sim::EventId id, std::int64_t end_ms);
  /// An event that was accepted before (and is read again) was late for all of its windows this time.
  void dropped(std::uint32_t key, std::int64_t time_ms, sim::EventId id);
  /// Null: was never accepted, or is forgotten.
  const Member* find(std::uint32_t key, std::int64_t time_ms, sim::EventId id) const;
  bool any_at(std::uint32_t key, std::int64_t time_ms) const;

  /// The starts of the windows that the event should stand in, ascending, its own first; late ones included.
  void starts_of(std::uint32_t key, std::int64_t time_ms, std::vector<std::int64_t>& starts) const;
  Window window_at(std::int64_t start_ms) const { return {start_ms, start_ms + difference_ms_ + 1}; }
  /// Is [start, end) as long as a window, and is there a record at one of its borders? `newest_ms`: its
  /// newest member.
  bool is_window(const Window& window, std::uint32_t key, std::int64_t newest_ms) const {
    return window == window_at(window.start_ms) &&
           (newest_ms == window.end_ms - 1 || any_at(key, window.start_ms - 1));
  }

  /// Of (key, time), sorted: events that are still asked about.
  using Asked = std::vector<std::pair<std::uint32_t, std::int64_t>>;
  /// Forgets what is no neighbour of an event at or after the time, or of one in `asked`.
  void forget_before(std::int64_t time_ms, const Asked& asked);
  std::size_t bytes() const { return held_ * sizeof(Member); }

 private:
  using Members = std::vector<Member>;  ///< by time, then id
  static bool before(const Member& a, const Member& b) {
    return a.time_ms != b.time_ms ? a.time_ms < b.time_ms : a.id < b.id;
  }
  Members::const_iterator from(const Members& members, std::int64_t time_ms) const {
    return std::lower_bound(members.begin(), members.end(), time_ms,
                            [](const Member& member, std::int64_t time) { return member.time_ms < time; });
  }

  std::int64_t difference_ms_;
  std::unordered_map<std::uint32_t, Members> by_key_;              ///< looked up, and swept in any order
  std::unordered_map<std::uint64_t, std::int64_t> told_too_soon_;  ///< late_until of what is not accepted yet
  std::size_t held_ = 0;
};

}  // namespace wrackline::analysis
