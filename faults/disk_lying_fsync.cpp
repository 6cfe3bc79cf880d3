// disk.lying_fsync: the drive reports flushes as done while the data is still in its volatile cache. Nobody
// notices until the power goes; then what was promised is lost. Counts the flushes that were lied about.
#include "faults/disk_fault.hpp"

namespace wrackline::faults {
namespace {

class DiskLyingFsync final : public DiskFault {
  sim::DiskCondition condition(Scene&) override { return {.lying = true}; }
  std::uint64_t effects(const sim::DiskCounts& counts) const override { return counts.lied; }
  std::string effect() const override { return "flushes that made nothing durable"; }
};

}  // namespace

const FaultType& disk_lying_fsync() {
  static const FaultType type{
      .name = "disk.lying_fsync",
      .summary = "flushes are reported as done and make nothing durable",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {},
      .basis = "design.md 8: storage faults",
      .make = &make<DiskLyingFsync>,
  };
  return type;
}

}  // namespace wrackline::faults
