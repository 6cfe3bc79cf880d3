// process.crash: kill -9. Memory and timers are gone, what the host's page cache and sockets hold is not.
// Heals by a restart of the same process over whatever its disk kept.
#include "faults/fault.hpp"

namespace wrackline::faults {
namespace {

class ProcessCrash final : public Fault {
  void strike(Scene& scene) override {
    for (sim::Process* process : scene.processes()) take_down(scene, *process, How::crash);
  }
  void heal(Scene& scene) override {
    for (sim::Process* process : scene.processes()) bring_up(scene, *process);
  }
};

}  // namespace

const FaultType& process_crash() {
  static const FaultType type{
      .name = "process.crash",
      .summary = "a process dies at once (kill -9) and is restarted when its time is over",
      .targets = TargetKind::processes,
      .lasts = true,
      .params = {},
      .basis = "known_failures.md K: M3",
      .make = &make<ProcessCrash>,
  };
  return type;
}

}  // namespace wrackline::faults
