// network.reset: connections of the targets break (RST): both sides are told, what was on its way is lost.
#include "faults/network_fault.hpp"

namespace wrackline::faults {
namespace {

class NetworkReset final : public Fault {
  void strike(Scene& scene) override {
    if (scene.world.network == nullptr) return scene.missed("this world has no network");
    std::vector<const sim::Process*> peers{nullptr};
    if (const std::string& selector = scene.text("peers"); !selector.empty()) {
      peers.clear();
      for (const sim::Node* node : scene.nodes_of(selector)) {
        for (const auto& process : node->processes()) peers.push_back(process.get());
      }
    }
    std::uint32_t connections = 0;
    for (const sim::Process* process : scene.processes()) {
      for (const sim::Process* peer : peers)
        connections += scene.world.network->reset_connections(*process, peer);
    }
    if (connections == 0) return scene.missed("no connection to reset");
    scene.did(std::to_string(connections) + " connections reset", connections);
  }
};

}  // namespace

const FaultType& network_reset() {
  static const FaultType type{
      .name = "network.reset",
      .summary = "the connections of the targets break",
      .targets = TargetKind::processes,
      .lasts = false,
      .params = {peers_param()},
      .basis = "known_failures.md K: pattern 1",
      .make = &make<NetworkReset>,
  };
  return type;
}

}  // namespace wrackline::faults
