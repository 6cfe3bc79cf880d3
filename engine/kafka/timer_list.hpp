// The timers of one state machine, explicit and deterministic: a key has at most one timer, setting it again
// replaces it, and timers that are due together run in the order in which they were set. Nothing runs by
// itself: the actor sleeps until `next_deadline_ms` and asks the machine to run what is due. From:
// CoordinatorTimer.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace wrackline::kafka {

inline constexpr std::int64_t kNoDeadlineMs = std::numeric_limits<std::int64_t>::max();

template <typename Key>
class TimerList {
 public:
  struct Timer {
    std::int64_t deadline_ms;
    std::uint64_t order;
    Key key;
  };

  void schedule(const Key& key, std::int64_t deadline_ms) {
    const Timer timer{deadline_ms, next_order_++, key};
    for (Timer& known : timers_) {
      if (known.key == key) {
        known = timer;
        return;
      }
    }
    timers_.push_back(timer);
  }

  void cancel(const Key& key) {
    for (Timer& known : timers_) {
      if (known.key == key) {
        known = timers_.back();
        timers_.pop_back();
        return;
      }
    }
  }

  std::int64_t next_deadline_ms() const {
    std::int64_t next = kNoDeadlineMs;
    for (const Timer& timer : timers_) next = timer.deadline_ms < next ? timer.deadline_ms : next;
    return next;
  }

  /// Takes out the first timer that is due at `now_ms`.
  std::optional<Timer> pop_due(std::int64_t now_ms) {
    Timer* first = nullptr;
    for (Timer& timer : timers_) {
      if (timer.deadline_ms > now_ms) continue;
      if (first == nullptr || timer.deadline_ms < first->deadline_ms ||
          (timer.deadline_ms == first->deadline_ms && timer.order < first->order)) {
        first = &timer;
      }
    }
    if (first == nullptr) return std::nullopt;
    Timer due = *first;
    *first = timers_.back();
    timers_.pop_back();
    return due;
  }

 private:
  std::vector<Timer> timers_;
  std::uint64_t next_order_ = 0;
};

}  // namespace wrackline::kafka
