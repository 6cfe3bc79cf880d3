// A process: a crash domain on a node. It owns its tasks and its timers.
//
//   crash()    the tasks' frames are destroyed at once, timers and work on the processor are dropped; memory
//   is gone, what a disk or the
//              network holds is not. No destructor of a model sends, writes or records: whatever a dead
//              process tries through this class is ignored (alive() tells).
//   pause()    frozen (a long GC, SIGSTOP): memory, timers and mail survive. Timers and mail that come due
//   meanwhile are handled
//              in order at resume(), before it could notice that it was replaced. Code that is running goes
//              on to its next wait.
//   restart()  after a crash or stop: runs main again as a new incarnation.
//   stop()     graceful: runs the stop handler, then ends; without one ends at once.
//   bring_up() what a supervisor does: starts it if it is not up; while its machine has no power or somebody
//   keeps it down
//              (keep_down), as soon as that is over.
//
// Crash in the middle of a step. A subscriber of a moment may crash the process that announces it. The
// process is dead from that very point: announce() does not return but unwinds the announcing code (it throws
// ProcessCrashed, which only the kernel catches), up to the event that it ran in; its frames are destroyed
// before any other task or event runs. So between `announce(before)` and `announce(after)` lies exactly one
// effect, and a model needs no checks. If code announces in another process's name and that one is crashed,
// the call returns normally.
//
// Callbacks and tasks are equal citizens: schedule() and deliver() run hot callbacks in the process's name.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/task.hpp"

namespace wrackline::sim {

class Node;

enum class ProcessState : std::uint8_t {
  created,  ///< not started yet; it may already be given timers and tasks
  running,
  paused,
  stopping,  ///< running its stop handler
  stopped,   ///< ended gracefully
  crashed,
};
std::string_view to_string(ProcessState state);

enum class ProcessChange : std::uint8_t { started, paused, resumed, stopping, stopped, crashed };

class alignas(64) Process : public TaskScope {
 public:
  using Main = std::function<Task<>(Process&)>;
  using Listener = std::function<void(Process&, ProcessChange)>;

  /// Made by Node::add_process.
  Process(Node& node, std::string name);
  ~Process();

  const std::string& name() const { return name_; }
  Node& node() const { return *node_; }
  EntityId id() const { return entity; }
  Simulation& sim() const { return *simulation; }
  Time now() const { return simulation->now(); }

  ProcessState process_state() const { return state_; }
  /// Its node's, at hand: asked for every message.
  bool powered() const { return powered_; }
  bool alive() const { return TaskScope::state != TaskScope::State::ended; }
  bool paused() const { return TaskScope::state == TaskScope::State::paused; }
  /// Running its stop handler, or paused in it.
  bool stopping() const { return (paused() ? before_pause_ : state_) == ProcessState::stopping; }
  /// 1 from the first start on, one more with each restart: what fences the past off.
  std::uint32_t incarnation() const { return incarnation_; }

  /// `main` runs as the first task, now and after every restart. The process lives on when it returns.
  void start(Main main);
  void on_stop(Main handler) { stop_handler_ = std::move(handler); }
  void crash();
  void pause();
  void resume();
  /// Restarting a live process crashes it first.
  void restart();
  void stop();
  void bring_up();
  /// Until it is called with `false`, bring_up() and the machine's power start nothing.
  void keep_down(bool kept);
  /// The first bring_up() that could not start it; kNever: none.
  Time wanted_up_since() const { return wanted_up_since_; }
  /// Crashes this process from inside its own code, which is unwound.
  [[noreturn]] void fail();

  /// Starts a task after the current step. `name` outlives the run (a literal, or Simulation::intern).
  TaskHandle spawn(const char* name, Task<> task);
  /// The same for a callable, which is kept in the task's frame: the way to spawn a lambda with captures.
  template <class Body>
    requires std::is_invocable_r_v<Task<>, Body&>
  TaskHandle spawn(const char* name, Body body) {
    return spawn(name, run_body(std::move(body)));
  }

  /// A timer of this process.
  EventHandle schedule(Time at, Callback call, Priority priority = Priority::normal) {
    if (!alive()) return {};
    return simulation->schedule(at, call, entity, priority);
  }
  EventHandle schedule_after(Duration delay, Callback call, Priority priority = Priority::normal) {
    return schedule(now() + delay, call, priority);
  }
  bool cancel(EventHandle timer) { return simulation->cancel(timer); }

  /// Mail: calls back in the process's name. At once if the kernel or the network calls, as an event of this
  /// instant if another process does, at resume if it is paused, never if it is dead (false).
  bool deliver(const Callback& call) {
    if (!takes_mail_at_once()) return deliver_later(call);
    enter(call);
    return true;
  }
  /// Whether deliver() would call back at once; then enter() does so for any callable.
  bool takes_mail_at_once() const { return takes_mail_from_kernel() && !in_process_code(); }
  /// The same for who knows that no process's code runs.
  bool takes_mail_from_kernel() const {
    return TaskScope::state == TaskScope::State::running && held_.empty();
  }
  template <class Call>
  void enter(const Call& call) {
    const EntityId outer = std::exchange(simulation->current_, entity);
    try {
      call();
    } catch (const ProcessCrashed&) {
      // Only its own code is unwound; who delivered goes on.
    }
    simulation->current_ = outer;
  }

  template <class... Value>
  void announce(const MomentDef& def, Value... values) {
    if (!alive()) return;
    simulation->announce_for(def, entity, this, values...);
    if (!alive() && simulation->current() == entity) [[unlikely]]
      throw ProcessCrashed{};
  }

  /// `co_await process.reach(kDef, ...)`: announces, and if that paused the process, waits right there.
  class ReachAwaiter;
  template <class... Value>
  [[nodiscard]] ReachAwaiter reach(const MomentDef& def, Value... values);

  /// Called at every change of state, in the order of adding. For the kernel's resources (connections, disks)
  /// and for monitors.
  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }

 private:
  friend class Node;
  friend class Simulation;
  friend class TaskFrame;

  /// What became due while the process was paused.
  struct Held {
    enum class Kind : std::uint8_t { nothing, task, mail, timer };
    Kind kind = Kind::nothing;
    std::uint32_t slot = 0;
    TaskFrame* task = nullptr;
    Callback mail;
  };

  template <class Body>
  static Task<> run_body(Body body) {
    co_await body();
  }

  bool in_process_code() const { return simulation->process_of(simulation->current()) != nullptr; }
  bool deliver_later(const Callback& call);
  void hold(TaskFrame& task) { held_.push_back({Held::Kind::task, 0, &task, {}}); }
  void hold(std::uint32_t slot) { held_.push_back({Held::Kind::timer, slot, nullptr, {}}); }
  void forget_held(const TaskFrame& task);
  void release_later();
  void release_next();
  void begin_incarnation();
  void start_if_wanted();
  void end(ProcessState as, ProcessChange change);
  void destroy_frames();
  void tell(ProcessChange change);
  Task<> run_stop_handler();

  // What a delivery looks at comes first, in the line of memory of the scope.
  bool powered_ = true;  ///< kept by the node
  ProcessState state_ = ProcessState::created;
  ProcessState before_pause_ = ProcessState::created;
  std::uint32_t incarnation_ = 0;
  std::vector<Held> held_;
  Node* node_;
  std::size_t released_ = 0;
  std::string name_;
  Main main_;
  Main stop_handler_;
  EventHandle release_;
  std::vector<Listener> listeners_;
  Time wanted_up_since_ = kNever;
  bool kept_down_ = false;
};

class [[nodiscard]] Process::ReachAwaiter {
 public:
  ReachAwaiter() = default;
  ReachAwaiter(const ReachAwaiter&) = delete;
  ReachAwaiter& operator=(const ReachAwaiter&) = delete;
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> caller) {
    TaskFrame& task = caller.promise();
    if (task.scope().state != TaskScope::State::paused) return false;
    task_ = &task;
    task.wait_for(kPaused, nullptr);
    task.wake();
    return true;
  }
  void await_resume() noexcept {
    if (task_ != nullptr) task_->resumed();
  }

 private:
  static const WaitKind kPaused;
  TaskFrame* task_ = nullptr;
};

template <class... Value>
Process::ReachAwaiter Process::reach(const MomentDef& def, Value... values) {
  announce(def, values...);
  return ReachAwaiter{};
}

}  // namespace wrackline::sim
