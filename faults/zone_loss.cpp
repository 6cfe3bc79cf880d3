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
      if (std::none_of(hit.begin(), hit.end(), of_zone) || !node->powered()) continue;
      dark_.push_back(node.get());
      node->power_off();
      scene.did("lost " + node->name() + " of zone " + node->zone());
    }
    if (dark_.empty()) scene.missed("no machine of the zone had power");
  }
  void heal(Scene& scene) override {
    for (sim::Node* node : dark_) {
      if (!node->powered()) node->power_on();
    }
    if (!dark_.empty()) scene.did("power back in " + std::to_string(dark_.size()) + " machines", 0);
  }
  std::vector<sim::Node*> dark_;
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
