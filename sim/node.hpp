// A node: a machine in a zone, with processors, clocks and processes. Its failure is the failure of all its
// processes; its disks and its place in the network know it by this object (sim/disk.hpp, sim/network.hpp).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/clock.hpp"
#include "sim/cpu.hpp"
#include "sim/process.hpp"

namespace wrackline::sim {

class Timer;

enum class NodeChange : std::uint8_t { power_lost, power_restored };

class Node {
 public:
  using Listener = std::function<void(Node&, NodeChange)>;

  /// Made by Simulation::add_node.
  Node(Simulation& simulation, std::string name, std::string zone, unsigned cores);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const std::string& name() const { return name_; }
  const std::string& zone() const { return zone_; }
  EntityId id() const { return entity_; }
  Simulation& sim() const { return simulation_; }

  Cpu& cpu() { return cpu_; }
  Process& add_process(std::string name);
  const std::vector<std::unique_ptr<Process>>& processes() const { return processes_; }

  /// What processes here may read of the time. Change it through change_clock only.
  const NodeClock& clock() const { return clock_; }
  std::int64_t wall_ms() const { return clock_.wall_ms(simulation_.now()); }
  std::int64_t mono_ms() const { return clock_.mono_ms(simulation_.now()); }
  /// `change(clock, now)` sets drift, steps, slews or freezes; timers by this clock move with it.
  void change_clock(const std::function<void(NodeClock&, Time)>& change);

  bool powered() const { return powered_; }
  /// Every process crashes; listeners (disks) lose what was not durable.
  void power_off();
  /// Brings up the processes that ran when the power went, and starts those that were wanted up meanwhile.
  void power_on();
  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }

 private:
  friend class Timer;
  friend class Process;

  Simulation& simulation_;
  std::string name_;
  std::string zone_;
  EntityId entity_;
  NodeClock clock_;
  bool powered_ = true;
  std::vector<Process*> to_restart_;
  std::vector<Listener> listeners_;
  Timer* first_timer_ = nullptr;  ///< armed by this node's clock
  Cpu cpu_;
  std::vector<std::unique_ptr<Process>> processes_;
};

/// A timer of a process that runs by its node's monotonic clock: re-armed when a clock fault moves its
/// deadline. Set it, set it anew, cancel it; it is cancelled when it goes away or the process crashes.
class Timer {
 public:
  Timer(Process& process, Callback call) : process_{process}, call_{call} {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  void set_after(Duration delay);
  /// By the monotonic clock.
  void set_at_mono(Duration reading);
  void cancel();
  bool armed() const { return armed_ && process_.sim().is_pending(event_); }

 private:
  friend class Node;
  void arm();
  void unlink();
  void fire();

  Process& process_;
  Callback call_;
  Duration deadline_{};
  EventHandle event_;
  std::uint32_t incarnation_ = 0;
  bool armed_ = false;
  Timer* previous_ = nullptr;
  Timer* next_ = nullptr;
};

/// `co_await sleep_local(5ms)`: sleeps by the node's monotonic clock, as the real component's timer would.
class [[nodiscard]] LocalSleepAwaiter {
 public:
  LocalSleepAwaiter(Duration duration, bool absolute) : duration_{duration}, absolute_{absolute} {}
  LocalSleepAwaiter(const LocalSleepAwaiter&) = delete;
  LocalSleepAwaiter& operator=(const LocalSleepAwaiter&) = delete;
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> caller) {
    suspend(caller.promise());
  }
  void await_resume() noexcept {
    timer_.reset();
    task_->resumed();
  }

 private:
  static const WaitKind kSleeps;
  void suspend(TaskFrame& task);
  Duration duration_;
  bool absolute_;
  TaskFrame* task_ = nullptr;
  std::optional<Timer> timer_;
};

inline LocalSleepAwaiter sleep_local(Duration duration) { return {duration, false}; }
/// Until the node's monotonic clock shows `reading`.
inline LocalSleepAwaiter sleep_until_local(Duration reading) { return {reading, true}; }

}  // namespace wrackline::sim
