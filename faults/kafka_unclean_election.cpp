// kafka.unclean_election: the controller makes a live replica leader although it is not in the ISR: what only
// the others had is lost.
#include "faults/lever_fault.hpp"

namespace wrackline::faults {
namespace {

class UncleanElection final : public LeverFault {
  const FaultType& type() const override;
};

const FaultType kType{
    .name = "kafka.unclean_election",
    .summary = "a partition gets a leader from outside its ISR",
    .targets = TargetKind::name,
    .lasts = false,
    .params = {},
    .basis = "kafka.md 1.7: L-rules of unclean election",
    .make = &make<UncleanElection>,
};
const FaultType& UncleanElection::type() const { return kType; }

}  // namespace

const FaultType& kafka_unclean_election() { return kType; }

}  // namespace wrackline::faults
