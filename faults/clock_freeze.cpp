// clock.freeze: the wall clock stands still, or both clocks do and no timer fires (a suspended machine whose
// processes go on to answer); at the end they catch up, or stay behind.
#include "faults/fault.hpp"

namespace wrackline::faults {
namespace {

class ClockFreeze final : public Fault {
  void strike(Scene& scene) override {
    const auto which =
        scene.text("clocks") == "both" ? sim::NodeClock::Frozen::both : sim::NodeClock::Frozen::wall;
    for (sim::Node* node : scene.nodes()) {
      if (node->clock().frozen() != sim::NodeClock::Frozen::none) {
        scene.missed(node->name() + " was frozen already");
        continue;
      }
      frozen_.push_back(node);
      node->change_clock([which](sim::NodeClock& clock, sim::Time now) { clock.freeze(now, which); });
      scene.did(node->name() + ": clock frozen");
    }
  }
  void heal(Scene& scene) override {
    const bool catch_up = scene.flag("catch_up");
    for (sim::Node* node : frozen_) {
      node->change_clock([catch_up](sim::NodeClock& clock, sim::Time now) { clock.thaw(now, catch_up); });
    }
  }
  std::vector<sim::Node*> frozen_;
};

}  // namespace

const FaultType& clock_freeze() {
  static const FaultType type{
      .name = "clock.freeze",
      .summary = "the wall clock, or both clocks with all timers, stand still",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {{.name = "clocks",
                  .type = ParamType::choice,
                  .fallback = "wall",
                  .doc = "which",
                  .choices = {"wall", "both"}},
                 {.name = "catch_up",
                  .type = ParamType::flag,
                  .fallback = "true",
                  .doc = "jump to the right time at the end"}},
      .basis = "known_failures.md K: M15",
      .make = &make<ClockFreeze>,
  };
  return type;
}

}  // namespace wrackline::faults
