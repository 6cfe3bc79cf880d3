// clock.freeze: the wall clock stands still, or both clocks do and no timer fires (a suspended machine whose
// processes go on to answer); at the end they catch up, or stay behind.
#include "faults/fault.hpp"

namespace wrackline::faults {
namespace {

class ClockFreeze final : public Fault {
  void strike(Scene& scene) override {
    const auto which =
        scene.text("clocks") == "both" ? sim::NodeClock::Frozen::both : sim::NodeClock::Frozen::wall;
    for (sim::Node* node : scene.nodes()) stop_clock(scene, *node, which);
  }
  void heal(Scene& scene) override {
    for (sim::Node* node : scene.nodes()) start_clock(scene, *node, scene.flag("catch_up"));
  }
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
