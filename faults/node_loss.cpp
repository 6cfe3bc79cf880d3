// node.loss: a machine is gone (hardware failure, instance reclaimed) and comes back later, with its disks as
// they were or with empty ones.
#include "faults/fault.hpp"

namespace wrackline::faults {
namespace {

class NodeLoss final : public Fault {
  void strike(Scene& scene) override {
    const bool wiped = scene.text("disks") == "wiped";
    for (sim::Node* node : scene.nodes()) {
      const bool here = power_off(scene, *node, "was gone already");
      if (here) scene.did("lost " + node->name());
      // Of a machine that was dark already the disks are gone now, too.
      if (wiped && !here) scene.did("lost the disks of " + node->name());
    }
    for (sim::Disk* disk : scene.disks()) {
      if (wiped) disk->wipe();
    }
  }
  void heal(Scene& scene) override {
    for (sim::Node* node : scene.nodes()) power_on(scene, *node, "back: ");
  }
};

}  // namespace

const FaultType& node_loss() {
  static const FaultType type{
      .name = "node.loss",
      .summary = "a machine disappears, and comes back with its disks or with empty ones",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {{.name = "disks",
                  .type = ParamType::choice,
                  .fallback = "kept",
                  .doc = "what it comes back with",
                  .choices = {"kept", "wiped"}}},
      .basis = "science.md 5: MTBF per node",
      .make = &make<NodeLoss>,
  };
  return type;
}

}  // namespace wrackline::faults
