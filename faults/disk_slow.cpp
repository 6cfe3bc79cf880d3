// disk.slow: every operation takes so many times as long (a failing drive, a noisy neighbour, an exhausted
// burst credit).
#include "faults/disk_fault.hpp"

namespace wrackline::faults {
namespace {

class DiskSlow final : public DiskFault {
  sim::DiskCondition condition(Scene& scene) override {
    return {.slow_ppm = static_cast<std::int64_t>(scene.number("factor") * 1e6)};
  }
  std::uint64_t effects(const sim::DiskCounts& counts) const override { return counts.slowed; }
  std::string effect() const override { return "operations slowed"; }
};

}  // namespace

const FaultType& disk_slow() {
  static const FaultType type{
      .name = "disk.slow",
      .summary = "disk operations take longer",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {{.name = "factor",
                  .type = ParamType::number,
                  .fallback = "10",
                  .doc = "how many times as long; 1 changes nothing",
                  .min = 1,
                  .max = 1e6}},
      .basis = "known_failures.md K: pattern 8",
      .make = &make<DiskSlow>,
  };
  return type;
}

}  // namespace wrackline::faults
