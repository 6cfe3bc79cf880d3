#include "sim/stuck.hpp"

#include <fmt/format.h>

#include "sim/process.hpp"
#include "sim/simulation.hpp"

namespace wrackline::sim {

std::vector<WaitingTask> waiting_tasks(const Simulation& simulation) {
  std::vector<WaitingTask> waiting;
  for (const Process* process : simulation.processes()) {
    for (const TaskFrame* task = process->first_root; task != nullptr; task = task->next_root()) {
      waiting.push_back({process->name(), std::string{to_string(process->process_state())},
                         std::string{task->name()}, task->describe_wait()});
    }
  }
  return waiting;
}

std::string stuck_report(const Simulation& simulation) {
  const std::vector<WaitingTask> waiting = waiting_tasks(simulation);
  if (waiting.empty()) return "no task waits\n";
  std::string text = fmt::format("{} tasks wait at {} ns, {} events pending:\n", waiting.size(),
                                 to_ns(simulation.now()), simulation.pending());
  for (const WaitingTask& task : waiting) {
    text += fmt::format("  {} ({}): {} waits for {}\n", task.process, task.state, task.task, task.waits_for);
  }
  return text;
}

}  // namespace wrackline::sim
