// clock.drift: the oscillator runs fast or slow: wall clock and timers alike. When it heals the rate is right
// again; the error gathered so far stays.
#include <fmt/format.h>

#include "faults/clock_fault.hpp"

namespace wrackline::faults {
namespace {

class ClockDrift final : public Fault {
  void strike(Scene& scene) override {
    for (sim::Node* node : scene.nodes()) {
      const std::int64_t ppb = add_drift(*node, static_cast<std::int64_t>(scene.number("ppm") * 1000));
      added_.emplace_back(node, ppb);
      scene.did(fmt::format("{}: drift {:+} ppm", node->name(), static_cast<double>(ppb) / 1000));
    }
  }
  void heal(Scene&) override {
    for (const auto& [node, ppb] : added_) add_drift(*node, -ppb);
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
                  .min = -100'000,
                  .max = 1'000'000}},
      .basis = "known_failures.md K: M15",
      .make = &make<ClockDrift>,
  };
  return type;
}

}  // namespace wrackline::faults
