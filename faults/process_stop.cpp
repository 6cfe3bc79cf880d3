// process.stop: graceful stop (SIGTERM): the process runs its stop handler (a broker moves its leaders, a
// consumer leaves its group), then ends. Heals by a restart.
#include "faults/fault.hpp"

namespace wrackline::faults {
namespace {

class ProcessStop final : public Fault {
  void strike(Scene& scene) override {
    for (sim::Process* process : scene.processes()) take_down(scene, *process, How::stop);
  }
  void heal(Scene& scene) override {
    for (sim::Process* process : scene.processes()) bring_up(scene, *process);
  }
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
