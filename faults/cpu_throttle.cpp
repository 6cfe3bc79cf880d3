// cpu.throttle: a machine's processors run at a part of their speed (a quota, a noisy neighbour).
#include <algorithm>

#include "faults/fault.hpp"

namespace wrackline::faults {
namespace {

class CpuThrottle final : public Fault {
  void strike(Scene& scene) override {
    for (sim::Node* node : scene.nodes()) {
      before_.emplace_back(node, node->cpu().busy_time());
      throttles(scene, *node).push_back(scene.ratio("to"));
      set_speed(scene, *node);
    }
  }
  void heal(Scene& scene) override {
    for (const auto& [node, busy_before] : before_) {
      const sim::Duration busy = node->cpu().busy_time() - busy_before;
      auto& in_force = throttles(scene, *node);
      in_force.erase(std::find(in_force.begin(), in_force.end(), scene.ratio("to")));
      set_speed(scene, *node);
      if (busy == sim::Duration{0}) {
        scene.missed(node->name() + ": its processors had nothing to do");
      } else {
        scene.did(node->name() + ": throttled through " +
                  std::to_string(busy / std::chrono::milliseconds{1}) + " ms of work");
      }
    }
  }
  static std::vector<sim::Ratio>& throttles(Scene& scene, const sim::Node& node) {
    return scene.world.throttles[node.id().value()];
  }
  static void set_speed(Scene& scene, sim::Node& node) {
    std::int64_t ppm = sim::Cpu::kFullSpeed;
    for (const sim::Ratio share : throttles(scene, node)) {
      ppm = ppm * static_cast<std::int64_t>(1'000'000 * share.numerator / share.denominator) / 1'000'000;
    }
    node.cpu().set_speed(ppm);
  }
  std::vector<std::pair<sim::Node*, sim::Duration>> before_;
};

}  // namespace

const FaultType& cpu_throttle() {
  static const FaultType type{
      .name = "cpu.throttle",
      .summary = "processors run at a part of their speed",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {{.name = "to",
                  .type = ParamType::ratio,
                  .fallback = "1/10",
                  .doc = "of full speed; 1 changes nothing, 0 stalls"}},
      .basis = "known_failures.md K: pattern 8",
      .make = &make<CpuThrottle>,
  };
  return type;
}

}  // namespace wrackline::faults
