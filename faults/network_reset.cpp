// network.reset: connections of the targets break (RST): both sides are told, what was on its way is lost.
#include "faults/network_fault.hpp"

namespace wrackline::faults {
namespace {

class NetworkReset final : public Fault {
  void strike(Scene& scene) override { to_connections(scene, &sim::Network::reset_connections, "reset"); }
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
