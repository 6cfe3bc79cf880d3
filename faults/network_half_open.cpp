// network.half_open: a firewall forgets the connections of the targets: both sides believe them open, nothing
// passes, and only timeouts can tell.
#include "faults/network_fault.hpp"

namespace wrackline::faults {
namespace {

class NetworkHalfOpen final : public Fault {
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
        connections += scene.world.network->half_open_connections(*process, peer);
    }
    if (connections == 0) return scene.missed("no connection to half-open");
    scene.did(std::to_string(connections) + " connections half-open", connections);
  }
};

}  // namespace

const FaultType& network_half_open() {
  static const FaultType type{
      .name = "network.half_open",
      .summary = "connections look open and pass nothing any more",
      .targets = TargetKind::processes,
      .lasts = false,
      .params = {peers_param()},
      .basis = "known_failures.md K: M1",
      .make = &make<NetworkHalfOpen>,
  };
  return type;
}

}  // namespace wrackline::faults
