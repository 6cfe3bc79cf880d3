// `co_await timeout(30s, task)`: the task's result, or nothing when the time was up first. The child is then
// destroyed where it waits, as by a cancel: what it had begun elsewhere (a request on its way) goes on
// without it.
#pragma once

#include <optional>

#include "sim/task.hpp"

namespace wrackline::sim {

/// What timeout() gives back: std::optional<T>, and for a task without a result, whether it finished.
template <class T>
struct TimeoutResult {
  using type = std::optional<T>;
};
template <>
struct TimeoutResult<void> {
  using type = bool;
};

template <class T>
class [[nodiscard]] TimeoutAwaiter {
 public:
  TimeoutAwaiter(Duration limit, Task<T> child) : limit_{limit}, child_{std::move(child)} {}
  TimeoutAwaiter(const TimeoutAwaiter&) = delete;
  TimeoutAwaiter& operator=(const TimeoutAwaiter&) = delete;
  ~TimeoutAwaiter() { disarm(); }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> caller) {
    parent_ = &caller.promise();
    TaskFrame& child = *child_.promise_;
    child.adopt(*parent_);
    parent_->wait_for(Task<T>::kAwaitsTask, &child);
    if (child.start_inline()) {
      parent_->resumed();
      return false;
    }
    Simulation& simulation = parent_->simulation();
    timer_ = simulation.schedule(simulation.now() + limit_, Callback::to<&TimeoutAwaiter::expire>(*this),
                                 parent_->scope().entity);
    armed_ = true;
    return true;
  }
  typename TimeoutResult<T>::type await_resume() {
    parent_->resumed();
    disarm();
    if (child_.promise_ == nullptr) return {};
    child_.promise_->rethrow();
    if constexpr (std::is_void_v<T>) {
      return true;
    } else {
      return std::move(child_.promise_->value);
    }
  }

 private:
  static const WaitKind kDestroyed;
  void expire() {
    armed_ = false;
    const Task<T> late = std::move(child_);
    parent_->wait_for(kDestroyed, nullptr);
    parent_->wake();
  }
  void disarm() {
    if (armed_) parent_->simulation().cancel(timer_);
    armed_ = false;
  }

  Duration limit_;
  Task<T> child_;
  TaskFrame* parent_ = nullptr;
  EventHandle timer_;
  bool armed_ = false;
};

template <class T>
inline constexpr WaitKind TimeoutAwaiter<T>::kDestroyed{[](const void*) { return std::string{"its turn"}; }};

template <class T>
TimeoutAwaiter<T> timeout(Duration limit, Task<T> task) {
  return TimeoutAwaiter<T>{limit, std::move(task)};
}

}  // namespace wrackline::sim
