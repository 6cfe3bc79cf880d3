// node.power_loss: a machine loses power: all its processes are gone and so is a chosen part of what was not
// flushed. Peers hear nothing until it is back.
#include "faults/fault.hpp"

namespace wrackline::faults {
namespace {

sim::UnsyncedFate fate_of(const std::string& name) {
  if (name == "lose_all") return sim::UnsyncedFate::lose_all;
  return name == "keep_all" ? sim::UnsyncedFate::keep_all : sim::UnsyncedFate::random;
}

class PowerLoss final : public Fault {
  void strike(Scene& scene) override {
    for (sim::Disk* disk : scene.disks())
      disk->set_power_loss(fate_of(scene.text("unsynced")), scene.ratio("torn"));
    for (sim::Node* node : scene.nodes()) {
      const std::uint64_t before = lost(scene, *node);
      if (!power_off(scene, *node, "had no power already")) continue;
      scene.did("power off at " + node->name() +
                ", bytes lost on its disks: " + std::to_string(lost(scene, *node) - before));
    }
    // What the next loss of power takes is the business of that one.
    for (sim::Disk* disk : scene.disks()) disk->set_power_loss(sim::UnsyncedFate::random);
  }
  static std::uint64_t lost(const Scene& scene, const sim::Node& node) {
    std::uint64_t sum = 0;
    for (const sim::Disk* disk : scene.disks()) sum += &disk->node() == &node ? disk->counts().bytes_lost : 0;
    return sum;
  }
  void heal(Scene& scene) override {
    for (sim::Node* node : scene.nodes()) power_on(scene, *node, "power on at ");
  }
};

}  // namespace

const FaultType& node_power_loss() {
  static const FaultType type{
      .name = "node.power_loss",
      .summary = "a machine loses power, and with it what was not flushed",
      .targets = TargetKind::nodes,
      .lasts = true,
      .params = {{.name = "unsynced",
                  .type = ParamType::choice,
                  .fallback = "random",
                  .doc = "what becomes of data that was not flushed: a random beginning survives, nothing, "
                         "or everything",
                  .choices = {"random", "lose_all", "keep_all"}},
                 {.name = "torn",
                  .type = ParamType::ratio,
                  .fallback = "1/4",
                  .doc = "probability that the first lost entry of a file is partly there"}},
      .basis = "known_failures.md K: M3",
      .make = &make<PowerLoss>,
  };
  return type;
}

}  // namespace wrackline::faults
