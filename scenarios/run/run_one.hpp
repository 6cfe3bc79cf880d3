// One run of one cell under one seed, from start to verdict.
//
// Phases: safety (the scenario's duration: sources emit, faults strike), then all faults heal and sources
// stop, then liveness: the pipeline must drain within the bound (producers answered, logs replicated and read
// to their end, windows closed, results out), otherwise the run is `stuck` and says what waits for what.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "faults/injector.hpp"
#include "scenarios/run/campaign.hpp"
#include "sim/run_hash.hpp"
#include "sim/simulation.hpp"

namespace wrackline::scenarios {

/// Something that only shows once the world is built, e.g. a selector that names nobody: the user's to mend.
struct BadScenario {
  Location at;
  std::string message;
};

class World;

struct RunOptions {
  sim::SimulationOptions kernel;        ///< the seed is the task's
  std::function<void(World&)> prepare;  ///< before the first event (a recording for the database)
  /// When the books are closed and the world still stands (a timeline).
  std::function<void(World&, const std::vector<faults::FaultReport>&,
                     const std::vector<analysis::RunResult>&)>
      finish;
  sim::HashTrail* trail = nullptr;                   ///< receives the run's trail
  std::vector<sim::EventRecord>* records = nullptr;  ///< receives the records of the kernel's window
};

std::vector<analysis::RunResult> run_one(const RunTask& task, const RunOptions& options);
/// As RunOne wants it.
std::vector<analysis::RunResult> run_one(const RunTask& task);

}  // namespace wrackline::scenarios
