// disk.full: writes fail for lack of space; reads and what is there already are untouched.
#include "faults/disk_fault.hpp"

namespace wrackline::faults {
namespace {

class DiskFull final : public DiskFault {
  sim::DiskCondition condition(Scene&) override { return {.full = true}; }
  std::uint64_t effects(const sim::DiskCounts& counts) const override { return counts.refused; }
  std::string effect() const override { return "writes refused"; }
};

}  // namespace

const FaultType& disk_full() {
  static const FaultType type{
      .name = "disk.full",
      .summary = "no space is left: writes fail",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {},
      .basis = "known_failures.md K: M3",
      .make = &make<DiskFull>,
  };
  return type;
}

}  // namespace wrackline::faults
