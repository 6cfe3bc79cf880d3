// The timers of one keyed operator in one time domain: Flink's InternalTimerService.
//
// Modelled: a timer is a (key, window, time); registering it twice is one timer; deleting one that is not
// there does nothing. They fire by time; among equal times the engine's order is undefined, here it is (key,
// window). A timer registered at or below the time that is being fired still fires in the same pass.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>

#include "engine/event_time/flink/time_window.hpp"

namespace wrackline::event_time::flink {

struct WindowTimer {
  TimestampMs time = 0;
  std::uint32_t key = 0;
  TimeWindow window;
  friend auto operator<=>(const WindowTimer&, const WindowTimer&) = default;
};

class TimerQueue {
 public:
  void add(const WindowTimer& timer) { timers_.insert(timer); }
  void remove(const WindowTimer& timer) { timers_.erase(timer); }
  bool contains(const WindowTimer& timer) const { return timers_.contains(timer); }
  std::size_t size() const { return timers_.size(); }
  /// The next timer at or before `until`, taken out.
  std::optional<WindowTimer> pop_due(TimestampMs until) {
    if (timers_.empty() || timers_.begin()->time > until) return std::nullopt;
    const WindowTimer timer = *timers_.begin();
    timers_.erase(timers_.begin());
    return timer;
  }
  std::optional<TimestampMs> next() const {
    return timers_.empty() ? std::nullopt : std::optional{timers_.begin()->time};
  }

 private:
  std::set<WindowTimer> timers_;
};

}  // namespace wrackline::event_time::flink
