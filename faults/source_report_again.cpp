// source.report_again: a share of a source's events is reported twice (two gateways hear the same frame). The
// second reports are the world's own duplicates, not the pipeline's.
#include "faults/lever_fault.hpp"

namespace wrackline::faults {
namespace {

class SourceReportAgain final : public LeverFault {
  const FaultType& type() const override;
};

const FaultType kType{
    .name = "source.report_again",
    .summary = "a source reports a share of its events twice",
    .targets = TargetKind::name,
    .lasts = true,
    .params = {{.name = "share",
                .type = ParamType::ratio,
                .fallback = "1/10",
                .doc = "of the events",
                .intensity = true}},
    .basis = "science.md 0.6: the same uplink reported twice by one gateway",
    .make = &make<SourceReportAgain>,
};
const FaultType& SourceReportAgain::type() const { return kType; }

}  // namespace

const FaultType& source_report_again() { return kType; }

}  // namespace wrackline::faults
