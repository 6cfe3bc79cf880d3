// network.response_lost: requests arrive and are executed, their responses vanish; the connection lives on,
// and the client can only time out. The outcome of the request is unknown to it. As TCP delivers in order or
// not at all, a lost response takes all later ones of its connection with it.
#include "faults/network_fault.hpp"

namespace wrackline::faults {
namespace {

class ResponseLost final : public RuleFault {
  std::unique_ptr<sim::LinkRule> rule(Scene& scene, sim::PathFilter filter, sim::RuleCounts& counts,
                                      sim::Decider decider) override {
    filter.traffic = sim::PathFilter::Traffic::responses;
    const auto verdict = scene.flag("reset") ? sim::Verdict::reset() : sim::Verdict::drop();
    const std::int64_t limit = scene.count("limit");
    return std::make_unique<sim::VanishRule>(
        std::move(filter), counts, decider, scene.ratio("probability"), verdict,
        limit > 0 ? static_cast<std::uint64_t>(limit) : ~std::uint64_t{0});
  }
  std::string effect() const override { return "responses lost"; }
};

}  // namespace

const FaultType& network_response_lost() {
  static const FaultType type{
      .name = "network.response_lost",
      .summary =
          "responses vanish after the request was executed, and with each all later ones of its connection",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {peers_param(),
                 traffic_param(),
                 {.name = "probability",
                  .type = ParamType::ratio,
                  .fallback = "1",
                  .doc = "of losing a response",
                  .intensity = true},
                 {.name = "limit",
                  .type = ParamType::count,
                  .fallback = "0",
                  .doc = "at most so many; 0: no limit"},
                 {.name = "reset",
                  .type = ParamType::flag,
                  .fallback = "false",
                  .doc = "the connection breaks as well, instead of a silence"}},
      .basis = "known_failures.md K: patterns 1 and 2",
      .make = &make<ResponseLost>,
  };
  return type;
}

}  // namespace wrackline::faults
