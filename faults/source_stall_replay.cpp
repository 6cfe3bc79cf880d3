// source.stall_replay: a source falls silent, then sends everything it held back at once.
#include "faults/lever_fault.hpp"

namespace wrackline::faults {
namespace {

class SourceStallReplay final : public LeverFault {
  const FaultType& type() const override;
};

const FaultType kType{
    .name = "source.stall_replay",
    .summary = "a source falls silent and then replays what it held back",
    .targets = TargetKind::name,
    .lasts = true,
    .params = {},
    .basis = "science.md 6.1: batch upload",
    .make = &make<SourceStallReplay>,
};
const FaultType& SourceStallReplay::type() const { return kType; }

}  // namespace

const FaultType& source_stall_replay() { return kType; }

}  // namespace wrackline::faults
