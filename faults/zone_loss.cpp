// zone.loss: every machine of the target's zones loses power at once and gets it back at once.
#include "faults/fault.hpp"

#include <algorithm>

namespace wrackline::faults {
namespace {

class ZoneLoss final : public Fault {
  void strike(Scene& scene) override {
    for (const auto& node : scene.world.sim.nodes()) {
      const auto of_zone = [&](const sim::Node* hit) { return hit->zone() == node->zone(); };
      const auto hit = scene.nodes();
      if (std::none_of(hit.begin(), hit.end(), of_zone)) continue;
      of_zones_.push_back(node.get());
      if (power_off(scene, *node, "had no power already"))
        scene.did("lost " + node->name() + " of zone " + node->zone());
    }
  }
  void heal(Scene& scene) override {
    for (sim::Node* node : of_zones_) power_on(scene, *node, "power back at ");
  }
  std::vector<sim::Node*> of_zones_;
};

}  // namespace

const FaultType& zone_loss() {
  static const FaultType type{
      .name = "zone.loss",
      .summary = "all machines of a zone lose power together",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {},
      .basis = "known_failures.md K: M3, correlated loss",
      .make = &make<ZoneLoss>,
  };
  return type;
}

}  // namespace wrackline::faults
