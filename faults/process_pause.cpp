// process.pause: frozen (a long GC, SIGSTOP, a live migration). Memory, timers and half-sent buffers survive;
// it acts before it notices that it was replaced.
#include "faults/fault.hpp"

namespace wrackline::faults {
namespace {

class ProcessPause final : public Fault {
  void strike(Scene& scene) override {
    for (sim::Process* process : scene.processes()) {
      paused_.emplace_back(process, process->incarnation());
      pause(scene, *process);
    }
  }
  void heal(Scene& scene) override {
    for (const auto& [process, incarnation] : paused_) resume(scene, *process, incarnation);
  }
  std::vector<std::pair<sim::Process*, std::uint32_t>> paused_;
};

}  // namespace

const FaultType& process_pause() {
  static const FaultType type{
      .name = "process.pause",
      .summary = "a process is frozen and later goes on as if nothing had happened",
      .targets = TargetKind::processes,
      .lasts = true,
      .params = {},
      .basis = "known_failures.md K: M14",
      .make = &make<ProcessPause>,
  };
  return type;
}

}  // namespace wrackline::faults
