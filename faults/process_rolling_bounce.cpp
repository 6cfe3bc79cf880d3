// process.rolling_bounce: the targets are stopped gracefully and started again one after another, as in an
// upgrade.
#include "faults/fault.hpp"

namespace wrackline::faults {
namespace {

class RollingBounce final : public Fault {
  void strike(Scene& scene) override {
    queue_ = scene.processes();
    next(scene);
  }
  void next(Scene& scene) {
    if (at_ == queue_.size()) return;
    sim::Process& process = *queue_[at_++];
    take_down(scene, process, How::stop);
    scene.later(scene.duration("down"), [this, &scene, &process] {
      bring_up(scene, process);
      scene.later(scene.duration("gap"), [this, &scene] { next(scene); });
    });
  }
  void heal(Scene& scene) override {
    for (sim::Process* process : queue_) bring_up(scene, *process);
    at_ = queue_.size();
  }
  std::vector<sim::Process*> queue_;
  std::size_t at_ = 0;
};

}  // namespace

const FaultType& process_rolling_bounce() {
  static const FaultType type{
      .name = "process.rolling_bounce",
      .summary = "processes are stopped gracefully and started again, one after another",
      .targets = TargetKind::processes,
      .lasts = false,
      .params = {{.name = "down",
                  .type = ParamType::duration,
                  .fallback = "5s",
                  .doc = "from the stop to the start of one process"},
                 {.name = "gap",
                  .type = ParamType::duration,
                  .fallback = "30s",
                  .doc = "from the start of one to the stop of the next"}},
      .basis = "science.md 5: KIP-951 rolling restarts",
      .make = &make<RollingBounce>,
  };
  return type;
}

}  // namespace wrackline::faults
