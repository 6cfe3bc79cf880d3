// clock.slew: both clocks run fast or slow until an amount is worked off, as a time daemon corrects them.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "faults/fault.hpp"

namespace wrackline::faults {
namespace {

class ClockSlew final : public Fault {
  void strike(Scene& scene) override {
    for (sim::Node* node : scene.nodes()) {
      const sim::Duration by = scene.duration("by");
      // The clocks may not stand still or run back, not even with a drift (clock_fault.hpp).
      const sim::Duration least{std::abs(by.count()) * 2 + 1};
      const sim::Duration over = std::max(scene.duration("over"), least);
      node->change_clock([by, over](sim::NodeClock& clock, sim::Time now) { clock.slew(now, by, over); });
      scene.did(fmt::format("{}: slewed by {:+} ms over {} ms", node->name(),
                            static_cast<double>(by.count()) / 1e6, static_cast<double>(over.count()) / 1e6));
    }
  }
};

}  // namespace

const FaultType& clock_slew() {
  static const FaultType type{
      .name = "clock.slew",
      .summary = "both clocks gain or lose an amount little by little, and keep it",
      .targets = TargetKind::nodes,
      .lasts = false,
      .params = {{.name = "by",
                  .type = ParamType::offset,
                  .fallback = "-500ms",
                  .doc = "gained (+) or lost (-) in all",
                  .intensity = true},
                 {.name = "over",
                  .type = ParamType::duration,
                  .fallback = "1000s",
                  .doc = "how long it takes; at least twice the amount"}},
      .basis = "known_failures.md K: M15; adjtime(3)",
      .make = &make<ClockSlew>,
  };
  return type;
}

}  // namespace wrackline::faults
