// disk.read_only: the file system was remounted read-only after an error: writes and flushes fail.
#include "faults/disk_fault.hpp"

namespace wrackline::faults {
namespace {

class DiskReadOnly final : public DiskFault {
  sim::DiskCondition condition(Scene&) override { return {.read_only = true}; }
  std::uint64_t effects(const sim::DiskCounts& counts) const override { return counts.refused; }
  std::string effect() const override { return "writes refused"; }
};

}  // namespace

const FaultType& disk_read_only() {
  static const FaultType type{
      .name = "disk.read_only",
      .summary = "writes and flushes fail, reads work",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {},
      .basis = "design.md 3: disks",
      .make = &make<DiskReadOnly>,
  };
  return type;
}

}  // namespace wrackline::faults
