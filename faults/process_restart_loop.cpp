// process.restart_loop: a process that crashes, is restarted by its supervisor, and crashes again.
#include "faults/fault.hpp"

namespace wrackline::faults {
namespace {

class RestartLoop final : public Fault {
  void strike(Scene& scene) override {
    for (sim::Process* process : scene.processes()) crash(scene, *process);
  }
  void crash(Scene& scene, sim::Process& process) {
    take_down(scene, process, How::crash);
    scene.later(scene.duration("down"), [this, &scene, &process] { restart(scene, process); });
  }
  void restart(Scene& scene, sim::Process& process) {
    bring_up(scene, process);
    scene.later(scene.duration("up"), [this, &scene, &process] {
      if (!over_) crash(scene, process);
    });
  }
  void heal(Scene& scene) override {
    over_ = true;
    for (sim::Process* process : scene.processes()) bring_up(scene, *process);
  }
  bool over_ = false;
};

}  // namespace

const FaultType& process_restart_loop() {
  static const FaultType type{
      .name = "process.restart_loop",
      .summary = "a process crashes and is restarted again and again",
      .targets = TargetKind::processes,
      .lasts = true,
      .params = {{.name = "down",
                  .type = ParamType::duration,
                  .fallback = "2s",
                  .doc = "from a crash to the restart; a law is drawn each time"},
                 {.name = "up",
                  .type = ParamType::duration,
                  .fallback = "10s",
                  .doc = "from a restart to the next crash; a law is drawn each time",
                  .min = 1e6}},
      .basis = "container orchestrators: crash loop",
      .make = &make<RestartLoop>,
  };
  return type;
}

}  // namespace wrackline::faults
