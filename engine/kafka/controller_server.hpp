// The controller's process: takes the brokers' requests, runs the fencing task, and lets brokers wait for
// news.
//
// The decisions are ClusterController's. Its log is safe (the quorum is not modelled); after a crash the
// process continues over it with fresh broker sessions (L-32, last line).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/kafka/cluster_context.hpp"
#include "engine/kafka/wire.hpp"
#include "sim/network.hpp"

namespace wrackline::kafka {

class ControllerServer final : public sim::Endpoint {
 public:
  ControllerServer(ClusterContext& cluster, sim::Process& process);

  sim::Task<> run(sim::Process& process);
  ClusterController& controller() { return controller_; }
  sim::Process& process() { return process_; }
  /// A decision was taken from outside (a lever): tells the brokers.
  void publish();

  void on_message(sim::Socket socket, sim::Message message) override;
  void on_closed(sim::Socket socket, sim::CloseReason why) override;

 private:
  struct Waiting {
    sim::Socket socket;
    std::uint64_t correlation = 0;
    MetadataOffset from = 0;
    sim::EventHandle timeout;
    std::uint64_t number = 0;
  };
  void answer_metadata(const Waiting& waiting);
  static void metadata_wait_over(void* self, std::uint64_t number);

  ClusterContext& cluster_;
  sim::Process& process_;
  ClusterController controller_;
  std::vector<Waiting> waiting_;
  MetadataOffset announced_ = 0;  ///< moments were announced for records below
  std::vector<PartitionRegistration> known_;
  std::vector<ControlledBroker> known_brokers_;
  std::uint64_t next_number_ = 1;
};

}  // namespace wrackline::kafka
