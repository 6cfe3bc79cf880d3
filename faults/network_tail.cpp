// network.tail: a few packets take very much longer (Pareto): the tail of the latency gets heavy, its median
// stays.
#include <algorithm>

#include "faults/network_fault.hpp"

namespace wrackline::faults {
namespace {

class NetworkTail final : public RuleFault {
  std::unique_ptr<sim::LinkRule> rule(Scene& scene, sim::PathFilter filter, sim::RuleCounts& counts,
                                      sim::Decider decider) override {
    const double minimum = std::max(1.0, static_cast<double>(scene.duration("minimum").count()));
    const double cap = std::max(minimum, static_cast<double>(scene.duration("cap").count()));
    auto law = sim::Distribution::pareto(minimum, scene.number("index")).clamped(0, cap);
    return std::make_unique<sim::DelayRule>(std::move(filter), counts, decider, std::move(law),
                                            scene.ratio("share"));
  }
  std::string effect() const override { return "packets delayed"; }
};

}  // namespace

const FaultType& network_tail() {
  static const FaultType type{
      .name = "network.tail",
      .summary = "a share of the packets is late by a heavy-tailed delay",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {peers_param(),
                 traffic_param(),
                 {.name = "share",
                  .type = ParamType::ratio,
                  .fallback = "1/100",
                  .doc = "of the packets that is late",
                  .intensity = true},
                 {.name = "minimum",
                  .type = ParamType::duration,
                  .fallback = "300ms",
                  .doc = "of the extra delay (Pareto)",
                  .intensity = true},
                 {.name = "index",
                  .type = ParamType::number,
                  .fallback = "1.5",
                  .doc = "of the tail; smaller is heavier",
                  .min = 0.01,
                  .max = 1000},
                 {.name = "cap",
                  .type = ParamType::duration,
                  .fallback = "10s",
                  .doc = "the longest extra delay; not below the minimum",
                  .intensity = true}},
      .basis = "science.md 6.1: Pareto 300 ms, 1.5, cap 10 s",
      .make = &make<NetworkTail>,
  };
  return type;
}

}  // namespace wrackline::faults
