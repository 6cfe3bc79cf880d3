// The processors of a node: k servers, one queue, first come first served. Batching, backlog and backpressure
// emerge from costs; nobody scripts them.
//
//   node.cpu().run(process, 40us, callback);     // hot form
//   co_await node.cpu().work(40us);              // from a task
//
// A cost is the time that the work takes at full speed. Throttling (set_speed) stretches work that is under
// way as well. A crash drops the process's work; a pause takes it off the servers and puts it back at the end
// of the queue at resume.
//
// Not modelled: time slices (work runs to its end once started), priorities, caches, frequency scaling.
#pragma once

#include <string>
#include <vector>

#include "sim/task.hpp"

namespace wrackline::sim {

class Process;

class Cpu {
 public:
  static constexpr std::int64_t kFullSpeed = 1'000'000;  ///< speed is in parts per million

  Cpu(Simulation& simulation, const std::string& node_name, unsigned servers);
  Cpu(const Cpu&) = delete;
  Cpu& operator=(const Cpu&) = delete;

  /// Names work that was given to run(). Survives it.
  struct Ticket {
    std::uint32_t job = 0;
    std::uint32_t generation = 0;
  };
  /// Calls back, in the process's name, when the work is done. A dead process's work is refused.
  Ticket run(Process& process, Duration cost, Callback done);
  void abandon(Ticket ticket);

  class [[nodiscard]] WorkAwaiter;
  WorkAwaiter work(Duration cost);

  /// Parts per million of full speed, from now on; 0 stalls.
  void set_speed(std::int64_t ppm);
  std::int64_t speed() const { return speed_; }
  unsigned servers() const { return servers_; }
  unsigned busy_servers() const { return busy_; }
  std::size_t queue_length() const { return queue_.size() - queue_next_ - queue_gaps_; }
  /// Server time spent on work so far: at most servers() times the time that has passed.
  Duration busy_time() const;

 private:
  friend class Process;

  enum class State : std::uint8_t { unused, queued, served, frozen };
  struct Job {
    Process* process = nullptr;
    Callback done;
    std::int64_t remaining_ns = 0;  ///< at full speed
    Time since{};                   ///< in service at the present speed
    EventHandle completion;
    std::uint32_t generation = 1;
    State state = State::unused;
  };

  void drop(Process& process);
  void pause(Process& process);
  void resume(Process& process);

  void enqueue(std::uint32_t index);
  void serve(std::uint32_t index);
  void interrupt(Job& job);
  void serve_next();
  void complete(std::uint64_t index);
  void free(std::uint32_t index);
  void remove(std::uint32_t index);
  void arm(std::uint32_t index);

  Simulation& simulation_;
  EntityId entity_;
  unsigned servers_;
  unsigned busy_ = 0;
  std::int64_t speed_ = kFullSpeed;
  std::vector<Job> jobs_;
  std::vector<std::uint32_t> unused_;
  std::vector<std::uint32_t> queue_;  ///< from queue_next_ on; kGap where a job was taken out
  std::size_t queue_next_ = 0;
  std::size_t queue_gaps_ = 0;
  std::vector<std::uint32_t> frozen_;
  std::int64_t busy_server_ns_ = 0;  ///< up to busy_since_
  Time busy_since_{};
  void account();
};

class [[nodiscard]] Cpu::WorkAwaiter {
 public:
  WorkAwaiter(Cpu& cpu, Duration cost) : cpu_{cpu}, cost_{cost} {}
  WorkAwaiter(const WorkAwaiter&) = delete;
  WorkAwaiter& operator=(const WorkAwaiter&) = delete;
  ~WorkAwaiter() {
    if (task_ != nullptr) cpu_.abandon(ticket_);
  }
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> caller) {
    suspend(caller.promise());
  }
  void await_resume() noexcept { std::exchange(task_, nullptr)->resumed(); }

 private:
  static const WaitKind kWorks;
  void suspend(TaskFrame& task);
  Cpu& cpu_;
  Duration cost_;
  TaskFrame* task_ = nullptr;
  Ticket ticket_;
};

inline Cpu::WorkAwaiter Cpu::work(Duration cost) { return WorkAwaiter{*this, cost}; }

}  // namespace wrackline::sim
