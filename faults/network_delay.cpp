// network.delay: packets take longer, each by a draw of its own.
#include "faults/network_fault.hpp"

namespace wrackline::faults {
namespace {

class NetworkDelay final : public RuleFault {
  std::unique_ptr<sim::LinkRule> rule(Scene& scene, sim::PathFilter filter, sim::RuleCounts& counts,
                                      sim::Decider decider) override {
    return std::make_unique<sim::DelayRule>(std::move(filter), counts, decider, scene.law("by"),
                                            scene.ratio("share"));
  }
  std::string effect() const override { return "packets delayed"; }
};

}  // namespace

const FaultType& network_delay() {
  static const FaultType type{
      .name = "network.delay",
      .summary = "packets take longer",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {peers_param(),
                 traffic_param(),
                 {.name = "by",
                  .type = ParamType::duration,
                  .fallback = "100ms",
                  .doc = "the extra delay; a law is drawn per packet",
                  .intensity = true},
                 {.name = "share",
                  .type = ParamType::ratio,
                  .fallback = "1",
                  .doc = "of the packets",
                  .intensity = true}},
      .basis = "known_failures.md K: M1, pattern 8",
      .make = &make<NetworkDelay>,
  };
  return type;
}

}  // namespace wrackline::faults
