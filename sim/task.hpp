// Tasks: structured C++20 coroutines on virtual time. A model reads like the real component's loop:
//
//   Task<> Fetcher::run() {
//     for (;;) {
//       Request request = co_await mailbox_.receive();
//       co_await sleep(5ms);
//       const auto answer = co_await timeout(30s, call(request));   // std::optional
//     }
//   }
//
// A Task is lazy: nothing runs until it is awaited (a call, on the caller's turn) or spawned (Process::spawn:
// a root task with a name). Awaiting is structured: the child's frame belongs to the caller's, so destroying
// a root destroys all that it awaits, which is how a crash takes effect. A task belongs to the process that
// it was started in.
//
// Order of resumption is part of the contract. A timer resumes its task directly. A task woken by another (a
// message, a signal, a finished join) runs after the current step ends, in the order of waking, before the
// next event. A child that finishes continues its caller at once, like a return.
//
// Awaiters are non-copyable values returned by functions, and are awaited in the expression that makes them:
// g++ 12 copies an awaiter that is reached through a reference (kernel.md §3), and the copy is never woken.
// For the same compiler: no capturing lambda inside a co_await expression. A test greps the tree for both.
#pragma once

#include <cassert>
#include <coroutine>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "sim/frame_arena.hpp"
#include "sim/simulation.hpp"

namespace wrackline::sim {

class TaskHandle;

/// What the tasks of one process share; the base of Process.
struct TaskScope {
  enum class State : std::uint8_t { running, paused, ended };
  Simulation* simulation = nullptr;
  EntityId entity;
  State state = State::running;
  TaskFrame* first_root = nullptr;
  TaskFrame* last_root = nullptr;
};

/// How a waiting task is described in the report of a stuck run.
struct WaitKind {
  std::string (*describe)(const void* waited_for);
};

/// The part of a coroutine frame that does not depend on the result's type.
class TaskFrame {
 public:
  enum class State : std::uint8_t { created, running, waiting, ready, done };

  TaskFrame() = default;
  TaskFrame(const TaskFrame&) = delete;
  TaskFrame& operator=(const TaskFrame&) = delete;
  ~TaskFrame();

  std::suspend_always initial_suspend() const noexcept { return {}; }
  auto final_suspend() noexcept {
    struct Final {
      TaskFrame& frame;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<>) const noexcept { frame.finished(); }
      void await_resume() const noexcept {}
    };
    return Final{*this};
  }
  void unhandled_exception() noexcept { error_ = std::current_exception(); }

  static void* operator new(std::size_t bytes) { return FrameArena::allocate(bytes); }
  static void operator delete(void* frame, std::size_t bytes) { FrameArena::release(frame, bytes); }

  TaskScope& scope() const { return *scope_; }
  Simulation& simulation() const { return *scope_->simulation; }
  std::string_view name() const { return name_; }
  State state() const { return state_; }
  const TaskFrame* next_root() const { return next_root_; }
  /// What the task, or the innermost child that it awaits, waits for.
  std::string describe_wait() const;

  /// For awaiters: the task waits from now on, and this is what for.
  void wait_for(const WaitKind& kind, const void* waited_for) {
    state_ = State::waiting;
    wait_kind_ = &kind;
    waited_for_ = waited_for;
  }
  void resumed() { state_ = State::running; }
  /// For whoever a task waits for: let it run after the current step.
  void wake() {
    assert(state_ == State::waiting);
    state_ = State::ready;
    simulation().make_ready(*this);
  }
  /// The function of an event that resumes a task directly; the object is the frame's address.
  static void resume_now(void* frame, std::uint64_t) {
    std::coroutine_handle<>::from_address(frame).resume();
  }
  void* address() const { return self_.address(); }

 protected:
  template <class>
  friend class Task;
  template <class>
  friend class TimeoutAwaiter;
  friend class Simulation;
  friend class Process;
  friend class TaskHandle;

  void finished() noexcept;
  void adopt(TaskFrame& parent) {
    scope_ = parent.scope_;
    parent_ = &parent;
  }
  /// Runs the frame until it first waits. True if it finished without waiting.
  bool start_inline() {
    starting_ = true;
    state_ = State::running;
    self_.resume();
    starting_ = false;
    return state_ == State::done;
  }
  void rethrow() const {
    if (error_) [[unlikely]]
      std::rethrow_exception(error_);
  }

  std::coroutine_handle<> self_;
  TaskScope* scope_ = nullptr;
  TaskFrame* parent_ = nullptr;
  const WaitKind* wait_kind_ = nullptr;
  union {
    const void* waited_for_ = nullptr;
    TaskFrame* next_ready_;  ///< of a ready task: whose turn is next
  };
  std::exception_ptr error_;
  // Only of roots:
  TaskFrame* previous_root_ = nullptr;
  TaskFrame* next_root_ = nullptr;
  TaskHandle* handle_ = nullptr;
  const char* name_ = "";
  State state_ = State::created;
  bool starting_ = false;
  bool root_ = false;
};

inline void Simulation::make_ready(TaskFrame& task) {
  task.next_ready_ = nullptr;
  (first_ready_ == nullptr ? first_ready_ : last_ready_->next_ready_) = &task;
  last_ready_ = &task;
  unsettled_ |= kReady;
}

template <class T>
struct TaskPromiseResult {
  std::optional<T> value;
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
};
template <>
struct TaskPromiseResult<void> {
  void return_void() const noexcept {}
};

/// A coroutine that has not been started yet, or is being awaited. Owns its frame.
template <class T = void>
class [[nodiscard]] Task {
 public:
  struct promise_type : TaskFrame, TaskPromiseResult<T> {
    Task get_return_object() {
      self_ = std::coroutine_handle<promise_type>::from_promise(*this);
      return Task{*this};
    }
  };

  class Awaiter {
   public:
    explicit Awaiter(promise_type& child) : child_{child} {}
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> caller) {
      TaskFrame& parent = caller.promise();
      child_.adopt(parent);
      parent.wait_for(kAwaitsTask, static_cast<TaskFrame*>(&child_));
      if (!child_.start_inline()) return true;
      parent.resumed();
      return false;
    }
    T await_resume() {
      child_.rethrow();
      if constexpr (!std::is_void_v<T>) return std::move(*child_.value);
    }

   private:
    promise_type& child_;
  };

  Task(Task&& other) noexcept : promise_{std::exchange(other.promise_, nullptr)} {}
  Task& operator=(Task&& other) noexcept {
    std::swap(promise_, other.promise_);
    return *this;
  }
  ~Task() {
    if (promise_ != nullptr) promise_->self_.destroy();
  }

  Awaiter operator co_await() && { return Awaiter{*promise_}; }

  static const WaitKind kAwaitsTask;

 private:
  friend class Process;
  template <class>
  friend class TimeoutAwaiter;
  explicit Task(promise_type& promise) : promise_{&promise} {}
  TaskFrame* release() { return std::exchange(promise_, nullptr); }

  promise_type* promise_;
};

template <class T>
inline constexpr WaitKind Task<T>::kAwaitsTask{
    [](const void* child) { return static_cast<const TaskFrame*>(child)->describe_wait(); }};

/// Waits for virtual time to pass. The timer belongs to the task's process: it dies with it and waits while
/// it is paused.
class [[nodiscard]] SleepAwaiter {
 public:
  explicit SleepAwaiter(Duration duration) : ns_{~duration.count()} { assert(duration >= Duration{0}); }
  explicit SleepAwaiter(Time until) : ns_{to_ns(until)} {}
  SleepAwaiter(const SleepAwaiter&) = delete;
  SleepAwaiter& operator=(const SleepAwaiter&) = delete;
  ~SleepAwaiter() {
    if (task_ != nullptr) task_->simulation().cancel(timer_);
  }
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> caller) {
    TaskFrame& task = caller.promise();
    Simulation& simulation = task.simulation();
    if (ns_ < 0) ns_ = ~ns_ + to_ns(simulation.now());
    task_ = &task;
    task.wait_for(kSleeps, this);
    timer_ =
        simulation.schedule(from_ns(ns_), {&TaskFrame::resume_now, caller.address(), 0}, task.scope().entity);
  }
  void await_resume() noexcept { std::exchange(task_, nullptr)->resumed(); }

 private:
  static const WaitKind kSleeps;
  std::int64_t ns_;  ///< since the start; negative: the complement of a duration from now
  TaskFrame* task_ = nullptr;
  EventHandle timer_;
};

inline SleepAwaiter sleep(Duration duration) { return SleepAwaiter{duration}; }
inline SleepAwaiter sleep_until(Time at) { return SleepAwaiter{at}; }

/// A root task that was spawned: join it, cancel it, ask whether it is done. Dropping the handle lets the
/// task run on.
class TaskHandle {
 public:
  enum class Outcome : std::uint8_t { running, finished, cancelled };

  TaskHandle() = default;
  TaskHandle(TaskHandle&& other) noexcept { take(other); }
  TaskHandle& operator=(TaskHandle&& other) noexcept {
    if (this != &other) {
      forget();
      take(other);
    }
    return *this;
  }
  ~TaskHandle() { forget(); }

  Outcome outcome() const { return outcome_; }
  bool done() const { return outcome_ != Outcome::running; }
  /// Destroys the frame at once. Not from inside the task itself.
  void cancel();

  class [[nodiscard]] JoinAwaiter {
   public:
    explicit JoinAwaiter(TaskHandle& handle) : handle_{handle} {}
    JoinAwaiter(const JoinAwaiter&) = delete;
    JoinAwaiter& operator=(const JoinAwaiter&) = delete;
    ~JoinAwaiter() {
      if (handle_.joiner_ != nullptr && handle_.joiner_ == task_) handle_.joiner_ = nullptr;
    }
    bool await_ready() const noexcept { return handle_.done(); }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> caller) {
      assert(handle_.joiner_ == nullptr && "one task joins another");
      task_ = &caller.promise();
      handle_.joiner_ = task_;
      task_->wait_for(kJoins, handle_.task_);
    }
    Outcome await_resume() noexcept {
      if (task_ != nullptr) std::exchange(task_, nullptr)->resumed();
      return handle_.outcome_;
    }

   private:
    static const WaitKind kJoins;
    TaskHandle& handle_;
    TaskFrame* task_ = nullptr;
  };
  /// Waits until the task has ended, by itself or otherwise. The handle stays where it is meanwhile.
  JoinAwaiter join() { return JoinAwaiter{*this}; }

 private:
  friend class Process;
  friend class TaskFrame;
  explicit TaskHandle(TaskFrame& task) : task_{&task}, outcome_{Outcome::running} { task.handle_ = this; }
  void take(TaskHandle& other) {
    assert(other.joiner_ == nullptr && "a handle that is being joined stays where it is");
    task_ = std::exchange(other.task_, nullptr);
    outcome_ = other.outcome_;
    if (task_ != nullptr) task_->handle_ = this;
  }
  void forget() {
    if (task_ != nullptr) task_->handle_ = nullptr;
    task_ = nullptr;
  }
  void ended(Outcome outcome) {
    task_ = nullptr;
    outcome_ = outcome;
    if (joiner_ != nullptr) std::exchange(joiner_, nullptr)->wake();
  }

  TaskFrame* task_ = nullptr;
  TaskFrame* joiner_ = nullptr;
  Outcome outcome_ = Outcome::finished;
};

}  // namespace wrackline::sim
