// network.loss: segments are lost and sent again by TCP: late by its retransmission timeout, and everything
// behind them on the connection waits too.
#include "faults/network_fault.hpp"

namespace wrackline::faults {
namespace {

class NetworkLoss final : public RuleFault {
  std::unique_ptr<sim::LinkRule> rule(Scene& scene, sim::PathFilter filter, sim::RuleCounts& counts,
                                      sim::Decider decider) override {
    return std::make_unique<sim::LossRule>(std::move(filter), counts, decider, scene.ratio("probability"));
  }
  std::string effect() const override { return "packets sent again"; }
};

}  // namespace

const FaultType& network_loss() {
  static const FaultType type{
      .name = "network.loss",
      .summary = "packets are lost and retransmitted",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {peers_param(),
                 traffic_param(),
                 {.name = "probability",
                  .type = ParamType::ratio,
                  .fallback = "1/100",
                  .doc = "of losing a packet, each time it is sent",
                  .intensity = true}},
      .basis = "known_failures.md K: M1",
      .make = &make<NetworkLoss>,
  };
  return type;
}

}  // namespace wrackline::faults
