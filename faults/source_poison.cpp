// source.poison: the next records of a source can not be processed (malformed, schema mismatch).
#include "faults/lever_fault.hpp"

namespace wrackline::faults {
namespace {

class SourcePoison final : public LeverFault {
  const FaultType& type() const override;
};

const FaultType kType{
    .name = "source.poison",
    .summary = "the next records of a source are poison",
    .targets = TargetKind::name,
    .lasts = false,
    .params = {{.name = "count",
                .type = ParamType::count,
                .fallback = "1",
                .doc = "how many records",
                .intensity = true}},
    .basis = "design.md 8: poison record",
    .make = &make<SourcePoison>,
};
const FaultType& SourcePoison::type() const { return kType; }

}  // namespace

const FaultType& source_poison() { return kType; }

}  // namespace wrackline::faults
