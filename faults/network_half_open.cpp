// network.half_open: a firewall forgets the connections of the targets: both sides believe them open, nothing
// passes, and only timeouts can tell.
#include "faults/network_fault.hpp"

namespace wrackline::faults {
namespace {

class NetworkHalfOpen final : public Fault {
  void strike(Scene& scene) override {
    to_connections(scene, &sim::Network::half_open_connections, "half-open");
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
