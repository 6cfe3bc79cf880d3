// group.force_rebalance: the coordinator makes the whole group join anew.
#include "faults/lever_fault.hpp"

namespace wrackline::faults {
namespace {

class ForceRebalance final : public LeverFault {
  const FaultType& type() const override;
};

const FaultType kType{
    .name = "group.force_rebalance",
    .summary = "a consumer group rebalances",
    .targets = TargetKind::name,
    .lasts = false,
    .params = {},
    .basis = "kafka.md 4.1: C-rules",
    .make = &make<ForceRebalance>,
};
const FaultType& ForceRebalance::type() const { return kType; }

}  // namespace

const FaultType& group_force_rebalance() { return kType; }

}  // namespace wrackline::faults
