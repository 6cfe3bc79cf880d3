// node.loss: a machine is gone (hardware failure, instance reclaimed) and comes back later, with its disks as
// they were or with empty ones.
#include "faults/fault.hpp"

namespace wrackline::faults {
namespace {

class NodeLoss final : public Fault {
  void strike(Scene& scene) override {
    const bool wiped = scene.text("disks") == "wiped";
    for (sim::Node* node : scene.nodes()) {
      if (!node->powered()) {
        scene.missed(node->name() + " was gone already");
        continue;
      }
      gone_.push_back(node);
      node->power_off();
      scene.did("lost " + node->name());
    }
    for (sim::Disk* disk : scene.disks()) {
      if (wiped) disk->wipe();
    }
  }
  void heal(Scene& scene) override {
    for (sim::Node* node : gone_) {
      if (node->powered()) continue;
      node->power_on();
      scene.did("back: " + node->name(), 0);
    }
  }
  std::vector<sim::Node*> gone_;
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
