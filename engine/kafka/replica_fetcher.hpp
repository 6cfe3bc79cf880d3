// How a follower copies: one sequential fetch loop per leader broker (send, wait, append and write, repeat).
//
// Modelled: L-6 (one fetch outstanding per leader), L-20 and L-21 (truncate on a diverging answer, then fetch
// on), L-23 (out of range: truncate to the leader's end, or start over at its log start), backoff of a
// partition after an error, the socket timeout, and reconnection. `num.replica.fetchers` is 1. From:
// ReplicaFetcherThread, AbstractFetcherThread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/kafka/replica_manager.hpp"
#include "sim/network.hpp"

namespace wrackline::kafka {

class ReplicaFetcher final : public sim::Endpoint {
 public:
  ReplicaFetcher(ClusterContext& cluster, BrokerId self, BrokerId leader, sim::Process& process,
                 ReplicaManager& replicas);

  void set_broker_epoch(BrokerEpoch epoch) { broker_epoch_ = epoch; }
  void add(PartitionId partition);
  void remove(PartitionId partition);
  void stop();

  void on_message(sim::Socket socket, sim::Message message) override;
  void on_closed(sim::Socket socket, sim::CloseReason why) override;

 private:
  struct Fetched {
    PartitionId partition = 0;
    std::int64_t delayed_until_ms = 0;
  };
  void fetch_soon();
  void fetch();
  void retry_after(sim::Duration delay);
  void take(ReplicaFetchResponse& response);
  void take_partition(const ReplicaFetchedPartition& got, const ReplicaFetchResponse& response);
  void on_written(std::uint64_t write, sim::DiskResult result);
  void delay(PartitionId partition);
  static void on_timer(void* self, std::uint64_t);
  static void on_socket_timeout(void* self, std::uint64_t);

  ClusterContext& cluster_;
  BrokerId self_;
  BrokerId leader_;
  sim::Process& process_;
  ReplicaManager& replicas_;
  BrokerEpoch broker_epoch_ = kNoBrokerEpoch;
  std::vector<Fetched> partitions_;
  sim::Socket socket_;
  bool in_flight_ = false;
  std::uint32_t writes_ = 0;  ///< that the thread waits for before it fetches again
  std::uint64_t correlation_ = 0;
  sim::EventHandle timer_;
  sim::EventHandle socket_timeout_;
};

}  // namespace wrackline::kafka
