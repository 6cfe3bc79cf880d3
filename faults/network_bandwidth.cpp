// network.bandwidth: all traffic of the target shares a narrow link.
#include "faults/network_fault.hpp"

namespace wrackline::faults {
namespace {

class NetworkBandwidth final : public RuleFault {
  std::unique_ptr<sim::LinkRule> rule(Scene& scene, sim::PathFilter filter, sim::RuleCounts& counts,
                                      sim::Decider decider) override {
    const auto rate = static_cast<std::int64_t>(scene.number("to"));
    static_cast<void>(decider);
    return std::make_unique<sim::BandwidthRule>(std::move(filter), counts, rate);
  }
  std::string effect() const override { return "packets queued at a narrow link"; }
};

}  // namespace

const FaultType& network_bandwidth() {
  static const FaultType type{
      .name = "network.bandwidth",
      .summary = "the traffic of the targets is squeezed through a narrow link",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params =
          {peers_param(),
           traffic_param(),
           {.name = "to", .type = ParamType::bytes_per_second, .fallback = "1MB/s", .doc = "of the link"}},
      .basis = "design.md 3: slow links",
      .make = &make<NetworkBandwidth>,
  };
  return type;
}

}  // namespace wrackline::faults
