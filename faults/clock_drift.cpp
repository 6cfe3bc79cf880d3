// clock.drift: the oscillator runs fast or slow: wall clock and timers alike. When it heals the rate is right
// again; the error gathered so far stays.
#include "faults/fault.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wrackline::faults {
namespace {

class ClockDrift final : public Fault {
  void strike(Scene& scene) override {
    for (sim::Node* node : scene.nodes()) {
      const auto ppb = static_cast<std::int64_t>(std::clamp(scene.number("ppm"), -400'000.0, 1e10) * 1000);
      change(*node, ppb);
      added_.emplace_back(node, ppb);
      scene.did(fmt::format("{}: drift {:+} ppm", node->name(), static_cast<double>(ppb) / 1000));
    }
  }
  void heal(Scene&) override {
    for (const auto& [node, ppb] : added_) change(*node, -ppb);
  }
  /// Drifts add up, so that overlapping ones heal in any order.
  static void change(sim::Node& node, std::int64_t by_ppb) {
    node.change_clock([by_ppb](sim::NodeClock& clock, sim::Time now) {
      clock.set_drift_ppb(now, clock.drift_ppb() + by_ppb);
    });
  }
  std::vector<std::pair<sim::Node*, std::int64_t>> added_;
};

}  // namespace

const FaultType& clock_drift() {
  static const FaultType type{
      .name = "clock.drift",
      .summary = "both clocks run fast or slow",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {{.name = "ppm",
                  .type = ParamType::number,
                  .fallback = "200",
                  .doc = "parts per million, fast (+) or slow (-)",
                  .intensity = true,
                  .may_be_negative = true}},
      .basis = "known_failures.md K: M15",
      .make = &make<ClockDrift>,
  };
  return type;
}

}  // namespace wrackline::faults
