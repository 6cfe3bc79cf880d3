// process.stop: graceful stop (SIGTERM): the process runs its stop handler (a broker moves its leaders, a
// consumer leaves its group), then ends. Heals by a restart.
#include "faults/fault.hpp"

namespace wrackline::faults {
namespace {

class ProcessStop final : public Fault {
  void strike(Scene& scene) override {
    for (sim::Process* process : scene.processes()) {
      if (!process->alive()) {
        scene.missed(process->name() + " was down already");
        continue;
      }
      stopped_.push_back(process);
      scene.did("stopped " + process->name());
      process->stop();
    }
  }
  void heal(Scene& scene) override {
    for (sim::Process* process : stopped_) {
      if (process->alive() && process->process_state() != sim::ProcessState::stopping) continue;
      if (!process->node().powered()) continue;
      process->restart();
      scene.did("restarted " + process->name(), 0);
    }
  }
  std::vector<sim::Process*> stopped_;
};

}  // namespace

const FaultType& process_stop() {
  static const FaultType type{
      .name = "process.stop",
      .summary = "a process is shut down gracefully and started again when its time is over",
      .targets = TargetKind::processes,
      .lasts = true,
      .params = {},
      .basis = "kafka.md 1.7: controlled shutdown",
      .make = &make<ProcessStop>,
  };
  return type;
}

}  // namespace wrackline::faults
