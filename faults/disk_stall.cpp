// disk.stall: no operation completes until it ends (a controller reset, a frozen volume); then all do.
#include "faults/disk_fault.hpp"

namespace wrackline::faults {
namespace {

class DiskStall final : public DiskFault {
  sim::DiskCondition condition(Scene&) override { return {.stalled = true}; }
  std::uint64_t effects(const sim::DiskCounts& counts) const override { return counts.stalled; }
  std::string effect() const override { return "operations held"; }
};

}  // namespace

const FaultType& disk_stall() {
  static const FaultType type{
      .name = "disk.stall",
      .summary = "disk operations hang until it is over",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {},
      .basis = "known_failures.md K: M3",
      .make = &make<DiskStall>,
  };
  return type;
}

}  // namespace wrackline::faults
