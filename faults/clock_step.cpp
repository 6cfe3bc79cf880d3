// clock.step: the wall clock jumps once and stays where it is (an administrator, a bad time server).
#include <fmt/format.h>

#include "faults/clock_fault.hpp"

namespace wrackline::faults {
namespace {

class ClockStep final : public Fault {
  void strike(Scene& scene) override {
    for (sim::Node* node : scene.nodes()) {
      const sim::Duration by = step_wall_clock(*node, scene.duration("by"));
      scene.did(fmt::format("{}: wall clock stepped by {:+} ms", node->name(),
                            static_cast<double>(by.count()) / 1e6));
    }
  }
};

}  // namespace

const FaultType& clock_step() {
  static const FaultType type{
      .name = "clock.step",
      .summary = "the wall clock jumps, once and for good",
      .targets = TargetKind::nodes,
      .lasts = false,
      .params = {{.name = "by",
                  .type = ParamType::offset,
                  .fallback = "-1s",
                  .doc = "forwards (+) or backwards (-)",
                  .intensity = true}},
      .basis = "known_failures.md K: M15",
      .make = &make<ClockStep>,
  };
  return type;
}

}  // namespace wrackline::faults
