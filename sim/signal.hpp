// Things to wait for that carry no message.
//
//   Signal   wakes whoever waits now; leaves no trace when nobody does (a condition variable)
//   Gate     open or closed; waiting at an open gate does not wait (a latch that can be closed again)
//   OneShot  a value that arrives once: the answer to a request
#pragma once

#include <optional>
#include <string>

#include "sim/waiters.hpp"

namespace wrackline::sim {

/// Waits in line without a message. True when woken, false when the time limit came first.
class [[nodiscard]] WakeAwaiter : Waiter {
 public:
  WakeAwaiter(Waiters& waiters, const WaitKind& kind, const void* waited_for, bool ready,
              Duration limit = Duration::max())
      : waiters_to_join_{waiters}, kind_{kind}, waited_for_{waited_for}, limit_{limit}, woken_{ready} {}
  bool await_ready() const noexcept { return woken_; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> caller) {
    TaskFrame& task = caller.promise();
    wait(task, waiters_to_join_, kind_, waited_for_);
    if (limit_ != Duration::max()) time_.set(*this, limit_);
  }
  bool await_resume() {
    if (woken_) return true;
    time_.lift();
    task_->resumed();
    return !time_.expired();
  }

 private:
  Waiters& waiters_to_join_;
  const WaitKind& kind_;
  const void* waited_for_;
  Duration limit_;
  bool woken_;
  TimeLimit time_;
};

class Signal {
 public:
  explicit Signal(std::string name = "a signal") : name_{std::move(name)} {}
  void wake_all() { waiters_.wake_all(); }
  /// The task that waits longest. False if nobody did.
  bool wake_one() { return waiters_.wake_one(); }
  bool anybody_waits() const { return !waiters_.empty(); }
  WakeAwaiter wait() { return {waiters_, kWaits, this, false}; }
  WakeAwaiter wait_for(Duration limit) { return {waiters_, kWaits, this, false, limit}; }

 private:
  static const WaitKind kWaits;
  std::string name_;
  Waiters waiters_;
};

class Gate {
 public:
  explicit Gate(std::string name = "a gate", bool open = false) : name_{std::move(name)}, open_{open} {}
  void open() {
    open_ = true;
    waiters_.wake_all();
  }
  void close() { open_ = false; }
  bool is_open() const { return open_; }
  WakeAwaiter wait() { return {waiters_, kWaits, this, open_}; }
  WakeAwaiter wait_for(Duration limit) { return {waiters_, kWaits, this, open_, limit}; }

 private:
  static const WaitKind kWaits;
  std::string name_;
  bool open_;
  Waiters waiters_;
};

/// A value that arrives at most once; a second one is dropped (the late answer to a request that was
/// retried).
template <class T>
class OneShot {
 public:
  explicit OneShot(std::string name = "an answer") : name_{std::move(name)} {}

  /// False if there was one already.
  bool set(T value) {
    if (value_) return false;
    value_.emplace(std::move(value));
    gate_.wake_all();
    return true;
  }
  bool arrived() const { return value_.has_value(); }
  T& value() { return *value_; }

  /// `co_await answer.wait_for(30s)`, then value() if true.
  WakeAwaiter wait() { return {gate_, kWaits, this, arrived()}; }
  WakeAwaiter wait_for(Duration limit) { return {gate_, kWaits, this, arrived(), limit}; }

 private:
  static const WaitKind kWaits;
  std::string name_;
  std::optional<T> value_;
  Waiters gate_;
};

inline constexpr WaitKind Signal::kWaits{
    [](const void* signal) { return "signal " + static_cast<const Signal*>(signal)->name_; }};
inline constexpr WaitKind Gate::kWaits{
    [](const void* gate) { return "gate " + static_cast<const Gate*>(gate)->name_ + " to open"; }};
template <class T>
inline constexpr WaitKind OneShot<T>::kWaits{
    [](const void* answer) { return static_cast<const OneShot<T>*>(answer)->name_; }};

}  // namespace wrackline::sim
