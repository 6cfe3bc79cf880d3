// clock.wrap32: the 32-bit counter of microseconds behind the wall clock wraps: it is 4294.967296 s behind,
// until it is set again.
#include <fmt/format.h>

#include "faults/clock_fault.hpp"

namespace wrackline::faults {
namespace {

constexpr sim::Duration kWrap{4'294'967'296'000};

class ClockWrap32 final : public Fault {
  void strike(Scene& scene) override {
    for (sim::Node* node : scene.nodes()) {
      wrapped_.emplace_back(node, step_wall_clock(*node, -kWrap));
      scene.did(fmt::format("{}: wall clock 4294.967 s behind", node->name()));
    }
  }
  void heal(Scene&) override {
    for (const auto& [node, by] : wrapped_) step_wall_clock(*node, -by);
  }
  std::vector<std::pair<sim::Node*, sim::Duration>> wrapped_;
};

}  // namespace

const FaultType& clock_wrap32() {
  static const FaultType type{
      .name = "clock.wrap32",
      .summary = "a 32-bit counter of microseconds wraps: 71.6 minutes behind while it lasts",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {},
      .basis = "science.md 0.6: 32-bit microsecond wrap (4,294.97 s)",
      .make = &make<ClockWrap32>,
  };
  return type;
}

}  // namespace wrackline::faults
