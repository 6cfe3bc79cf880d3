// disk.failing: operations fail with an input/output error, each with a probability.
#include "faults/disk_fault.hpp"

namespace wrackline::faults {
namespace {

class DiskFailing final : public DiskFault {
  sim::DiskCondition condition(Scene& scene) override { return {.failing = scene.ratio("probability")}; }
  std::uint64_t effects(const sim::DiskCounts& counts) const override { return counts.failed; }
  std::string effect() const override { return "operations failed"; }
};

}  // namespace

const FaultType& disk_failing() {
  static const FaultType type{
      .name = "disk.failing",
      .summary = "operations fail with an input/output error",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {{.name = "probability",
                  .type = ParamType::ratio,
                  .fallback = "1/100",
                  .doc = "of failing, per operation",
                  .intensity = true}},
      .basis = "design.md 3: disks",
      .make = &make<DiskFailing>,
  };
  return type;
}

}  // namespace wrackline::faults
