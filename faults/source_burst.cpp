// source.burst: a source emits so many times its usual rate for a while.
#include "faults/lever_fault.hpp"

namespace wrackline::faults {
namespace {

class SourceBurst final : public LeverFault {
  const FaultType& type() const override;
};

const FaultType kType{
    .name = "source.burst",
    .summary = "a source emits faster",
    .targets = TargetKind::name,
    .lasts = true,
    .params = {{.name = "factor",
                .type = ParamType::number,
                .fallback = "10",
                .doc = "times the usual rate; 1 changes nothing, 0 is silence",
                .max = 1e6}},
    .basis = "science.md 4.8",
    .make = &make<SourceBurst>,
};
const FaultType& SourceBurst::type() const { return kType; }

}  // namespace

const FaultType& source_burst() { return kType; }

}  // namespace wrackline::faults
