// cpu.throttle: a machine's processors run at a part of their speed (a quota, a noisy neighbour).
#include "faults/fault.hpp"

namespace wrackline::faults {
namespace {

class CpuThrottle final : public Fault {
  void strike(Scene& scene) override {
    for (sim::Node* node : scene.nodes()) {
      before_.push_back({node, node->cpu().speed(), node->cpu().busy_time()});
      const sim::Ratio to = scene.ratio("to");
      const auto ppm = static_cast<std::int64_t>(1'000'000 * to.numerator / to.denominator);
      node->cpu().set_speed(node->cpu().speed() * ppm / sim::Cpu::kFullSpeed);
    }
  }
  void heal(Scene& scene) override {
    for (const Before& before : before_) {
      const std::int64_t busy_ms =
          (before.node->cpu().busy_time() - before.busy) / std::chrono::milliseconds{1};
      before.node->cpu().set_speed(before.speed);
      if (before.node->cpu().busy_time() == before.busy) {
        scene.missed(before.node->name() + ": its processors had nothing to do");
      } else {
        scene.did(before.node->name() + ": throttled through " + std::to_string(busy_ms) + " ms of work");
      }
    }
  }
  struct Before {
    sim::Node* node;
    std::int64_t speed;
    sim::Duration busy;
  };
  std::vector<Before> before_;
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
                  .doc = "of full speed; 1 changes nothing"}},
      .basis = "known_failures.md K: pattern 8",
      .make = &make<CpuThrottle>,
  };
  return type;
}

}  // namespace wrackline::faults
