// Who waits, and for what: the report of a run that is stuck. A run is stuck when its pipeline does not drain
// although nothing more is scheduled, or within the bound of the liveness phase; then this list names every
// waiting task.
#pragma once

#include <string>
#include <vector>

namespace wrackline::sim {

class Simulation;

struct WaitingTask {
  std::string process;
  std::string state;  ///< of the process
  std::string task;
  std::string waits_for;
};

/// Every task of every process that is not done, in the order of processes and of spawning.
std::vector<WaitingTask> waiting_tasks(const Simulation& simulation);
/// The same as text, a line each.
std::string stuck_report(const Simulation& simulation);

}  // namespace wrackline::sim
