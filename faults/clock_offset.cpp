// clock.offset: the wall clock of a machine is wrong by an amount, and right again when it heals. Its timers
// are not touched.
#include <fmt/format.h>

#include "faults/clock_fault.hpp"

namespace wrackline::faults {
namespace {

class ClockOffset final : public Fault {
  void strike(Scene& scene) override {
    for (sim::Node* node : scene.nodes()) {
      const sim::Duration by = step_wall_clock(*node, scene.duration("by"));
      shifted_.emplace_back(node, by);
      scene.did(fmt::format("{}: wall clock {:+} ms", node->name(), static_cast<double>(by.count()) / 1e6));
    }
  }
  void heal(Scene&) override {
    for (const auto& [node, by] : shifted_) step_wall_clock(*node, -by);
  }
  std::vector<std::pair<sim::Node*, sim::Duration>> shifted_;
};

}  // namespace

const FaultType& clock_offset() {
  static const FaultType type{
      .name = "clock.offset",
      .summary = "the wall clock is wrong by an amount while it lasts",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {{.name = "by",
                  .type = ParamType::offset,
                  .fallback = "500ms",
                  .doc = "ahead (+) or behind (-)",
                  .intensity = true}},
      .basis = "known_failures.md K: M15; science.md 6.1: bad local clock",
      .make = &make<ClockOffset>,
  };
  return type;
}

}  // namespace wrackline::faults
