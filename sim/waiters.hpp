// The tasks that wait for one thing, in the order in which they came. The list lives in the awaiters
// themselves, so waiting allocates nothing, and an awaiter that goes away (its task was cancelled, its
// process crashed) leaves by itself. So does everyone when the thing waited for goes away first: then nobody
// will ever wake them, and the report of a stuck run says so.
#pragma once

#include <cassert>

#include "sim/task.hpp"

namespace wrackline::sim {

class Waiters;

/// Base of awaiters that queue up.
class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() { leave(); }

 protected:
  friend class Waiters;
  friend class TimeLimit;

  void wait(TaskFrame& task, Waiters& waiters, const WaitKind& kind, const void* waited_for);
  bool in_line() const { return waiters_ != nullptr; }
  void leave();

  TaskFrame* task_ = nullptr;

 private:
  Waiters* waiters_ = nullptr;
  Waiter* next_;
};

/// Part of an awaiter that gives up after a time.
class TimeLimit {
 public:
  TimeLimit() = default;
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;
  ~TimeLimit() { lift(); }

  void set(Waiter& waiter, Duration limit) {
    waiter_ = &waiter;
    TaskFrame& task = *waiter.task_;
    Simulation& simulation = task.simulation();
    timer_ = simulation.schedule(simulation.now() + limit, Callback::to<&TimeLimit::expire>(*this),
                                 task.scope().entity);
  }
  /// Before the waiter goes away.
  void lift() {
    if (waiter_ != nullptr) waiter_->task_->simulation().cancel(timer_);
    waiter_ = nullptr;
  }
  bool expired() const { return expired_; }

 private:
  void expire() {
    if (!waiter_->in_line()) return;  // woken at this very instant
    expired_ = true;
    waiter_->leave();
    waiter_->task_->wake();
  }
  Waiter* waiter_ = nullptr;
  EventHandle timer_;
  bool expired_ = false;
};

class Waiters {
 public:
  Waiters() = default;
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;
  ~Waiters() {
    while (first_ != nullptr) take();
  }

  bool empty() const { return first_ == nullptr; }
  void add(Waiter& waiter) {
    waiter.waiters_ = this;
    waiter.next_ = nullptr;
    (first_ == nullptr ? first_ : last_->next_) = &waiter;
    last_ = &waiter;
  }
  /// The one that came first, taken out of the list but not woken yet.
  Waiter& take() {
    Waiter& waiter = *first_;
    first_ = waiter.next_;
    waiter.waiters_ = nullptr;
    return waiter;
  }
  static void wake(Waiter& waiter) { waiter.task_->wake(); }
  bool wake_one() {
    if (first_ == nullptr) return false;
    wake(take());
    return true;
  }
  void wake_all() {
    while (wake_one()) {
    }
  }

 private:
  friend class Waiter;
  void remove(Waiter& waiter) {
    Waiter* before = nullptr;
    for (Waiter* at = first_; at != &waiter; at = at->next_) before = at;
    (before == nullptr ? first_ : before->next_) = waiter.next_;
    if (last_ == &waiter) last_ = before;
    waiter.waiters_ = nullptr;
  }

  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;  ///< if there is a first
};

inline void Waiter::wait(TaskFrame& task, Waiters& waiters, const WaitKind& kind, const void* waited_for) {
  task_ = &task;
  task.wait_for(kind, waited_for);
  waiters.add(*this);
}

inline void Waiter::leave() {
  if (waiters_ != nullptr) waiters_->remove(*this);
}

}  // namespace wrackline::sim
