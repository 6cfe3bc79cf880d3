// The tasks that wait for one thing, in the order in which they came. The list lives in the awaiters
// themselves, so waiting allocates nothing, and an awaiter that goes away (its task was cancelled, its
// process crashed) leaves by itself. So does everyone when the thing waited for goes away first: then nobody
// will ever wake them, and the report of a stuck run says so.
#pragma once

#include <cassert>

#include "sim/task.hpp"

namespace wrackline::sim {

class Waiters;

/// Base of awaiters that queue up. Optionally gives up at a deadline.
class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() { leave(); }

 protected:
  friend class Waiters;

  void wait(TaskFrame& task, Waiters& waiters, const WaitKind& kind, const void* waited_for);
  void give_up_at(Time deadline) {
    timer_ =
        task_->simulation().schedule(deadline, Callback::to<&Waiter::give_up>(*this), task_->scope().entity);
    timed_ = true;
  }
  /// For await_resume.
  void back() {
    task_->resumed();
    leave();
  }
  bool in_line() const { return waiters_ != nullptr; }
  void leave();
  bool gave_up() const { return gave_up_; }

  TaskFrame* task_ = nullptr;

 private:
  void give_up() {
    timed_ = false;
    gave_up_ = true;
    leave();
    task_->wake();
  }
  void disarm() {
    if (timed_) task_->simulation().cancel(timer_);
    timed_ = false;
  }

  Waiters* waiters_ = nullptr;
  Waiter* previous_ = nullptr;
  Waiter* next_ = nullptr;
  EventHandle timer_;
  bool timed_ = false;
  bool gave_up_ = false;
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
    waiter.previous_ = last_;
    waiter.next_ = nullptr;
    (last_ != nullptr ? last_->next_ : first_) = &waiter;
    last_ = &waiter;
  }
  /// The one that came first, taken out of the list but not woken yet.
  Waiter& take() {
    Waiter& waiter = *first_;
    remove(waiter);
    return waiter;
  }
  /// Undoes wait(): there is no need to.
  void take_back(Waiter& waiter) { remove(waiter); }
  static void wake(Waiter& waiter) {
    waiter.disarm();
    waiter.task_->wake();
  }
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
    (waiter.previous_ != nullptr ? waiter.previous_->next_ : first_) = waiter.next_;
    (waiter.next_ != nullptr ? waiter.next_->previous_ : last_) = waiter.previous_;
    waiter.waiters_ = nullptr;
  }

  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

inline void Waiter::wait(TaskFrame& task, Waiters& waiters, const WaitKind& kind, const void* waited_for) {
  task_ = &task;
  task.wait_for(kind, waited_for);
  waiters.add(*this);
}

inline void Waiter::leave() {
  if (waiters_ != nullptr) waiters_->remove(*this);
  disarm();
}

}  // namespace wrackline::sim
