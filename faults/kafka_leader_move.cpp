// kafka.leader_move: the leadership of a partition moves to another replica of the ISR, as by a preferred
// election.
#include "faults/lever_fault.hpp"

namespace wrackline::faults {
namespace {

class LeaderMove final : public LeverFault {
  const FaultType& type() const override;
};

const FaultType kType{
    .name = "kafka.leader_move",
    .summary = "the leadership of a partition moves",
    .targets = TargetKind::name,
    .lasts = false,
    .params = {{.name = "to",
                .type = ParamType::text,
                .fallback = "",
                .doc = "name of the broker; without: the next replica of the ISR"}},
    .basis = "kafka.md 1.7",
    .make = &make<LeaderMove>,
};
const FaultType& LeaderMove::type() const { return kType; }

}  // namespace

const FaultType& kafka_leader_move() { return kType; }

}  // namespace wrackline::faults
