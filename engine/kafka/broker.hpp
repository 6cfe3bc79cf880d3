// A broker: takes requests off its connections one at a time each (L-51), spends processor time on them,
// hands them to the replica manager or the group coordinators, and answers; registers with the controller,
// sends heartbeats, and follows the metadata log.
//
// Life of the process: load the logs (recovery from the recovery point if the last stop was not clean),
// register (refused while the session of the earlier incarnation lasts, L-27), catch up with the metadata, be
// unfenced, serve. A graceful stop asks the controller to move its leaderships away first. What a crash takes
// is everything here except the logs and checkpoints. Not modelled: listeners, quotas, authentication, log
// directories. From: KafkaApis, BrokerLifecycleManager, BrokerMetadataPublisher.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "engine/kafka/cleaner_thread.hpp"
#include "engine/kafka/group_service.hpp"
#include "engine/kafka/replica_fetcher.hpp"
#include "engine/kafka/replica_manager.hpp"

namespace wrackline::kafka {

class Broker final : public sim::Endpoint, public MetadataCache, public Responder, public ReplicaListener {
 public:
  Broker(ClusterContext& cluster, BrokerId id, sim::Process& process, sim::Disk& disk);

  sim::Task<> run(sim::Process& process);
  sim::Task<> stop(sim::Process& process);

  BrokerId id() const { return id_; }
  sim::Process& process() { return process_; }
  sim::Disk& disk() { return disk_; }
  ReplicaManager& replicas() { return replicas_; }
  GroupService& groups() { return groups_; }

  // Endpoint: clients and followers.
  void on_message(sim::Socket socket, sim::Message message) override;
  void on_closed(sim::Socket socket, sim::CloseReason why) override;
  // MetadataCache
  BrokerView broker(BrokerId id) const override;
  // Responder
  void respond(Ticket ticket, Api api, std::uint32_t bytes, sim::Message message) override;
  void hang_up(Ticket ticket) override;
  // ReplicaListener
  void internal_write_done(PartitionId partition, std::uint64_t token, Errors error) override;
  void isr_proposed(AlterPartitionProposal proposal) override;
  void log_directory_failed() override;
  void compacted_segment_closed() override { cleaner_.segment_closed(); }
  void log_truncated(PartitionId partition, Offset offset) override { cleaner_.truncated(partition, offset); }

 private:
  /// The broker's own connection to the controller.
  class ControllerChannel final : public sim::Endpoint {
   public:
    explicit ControllerChannel(Broker& broker) : broker_{broker} {}
    void on_message(sim::Socket socket, sim::Message message) override;
    void on_closed(sim::Socket socket, sim::CloseReason why) override;
    /// Connects if need be.
    template <class T>
    void send(Api api, T request) {
      open();
      socket_.send(kind_of(api), kSmallMessageBytes, std::move(request));
      broker_.owed(api);
    }
    void reset() { socket_ = {}; }
    void close() { socket_.close(); }

   private:
    void open();
    Broker& broker_;
    sim::Socket socket_;
  };

  struct Pending {
    sim::Socket socket;
    sim::Message message;
    std::uint64_t correlation = 0;
    std::uint32_t generation = 0;
    bool in_use = false;
  };

  // broker.cpp: requests
  static void cpu_done(void* self, std::uint64_t slot);
  void handle(std::uint32_t slot);
  void handle_consumer(Ticket ticket, ConsumerRequest& request);
  void handle_transactional(Ticket ticket, const TxnRequest& request);
  MetadataResponse metadata() const;
  sim::Duration cost_of(sim::Message& message);
  void release(std::uint32_t slot);

  // broker_lifecycle.cpp
  void forget_everything();
  void start_serving();
  void send_registration();
  void send_heartbeat();
  void fetch_metadata();
  void send_alter_partition();
  void on_controller_message(sim::Message& message);
  void on_controller_lost();
  void owed(Api api);
  static void on_controller_silent(void* self, std::uint64_t);
  void apply(const MetadataFetchResponse& news);
  void apply_partition(PartitionId partition, const PartitionRegistration& state);
  sim::Task<> heartbeat_loop();
  sim::Task<> isr_loop();
  sim::Task<> checkpoint_loop();
  sim::Task<> retention_loop();
  sim::Task<> flush_loop();
  static void on_halt(void* self, std::uint64_t incarnation);
  static void on_supervisor(void* self, std::uint64_t incarnation);
  static void on_registration_timer(void* self, std::uint64_t);
  static void on_metadata_timer(void* self, std::uint64_t);
  static void on_alter_timer(void* self, std::uint64_t);

  ClusterContext& cluster_;
  BrokerId id_;
  sim::Process& process_;
  sim::Disk& disk_;
  ReplicaManager replicas_;
  GroupService groups_;
  CleanerThread cleaner_;
  ControllerChannel channel_;
  sim::Stream cost_draws_;

  std::vector<Pending> pending_;
  std::vector<std::uint32_t> free_;

  std::map<BrokerId, std::unique_ptr<ReplicaFetcher>> fetchers_;
  AlterPartitionManager alter_partition_;
  std::vector<PartitionRegistration> registrations_;  ///< by PartitionId: the metadata cache
  std::map<BrokerId, ControlledBroker> brokers_;
  MetadataOffset metadata_next_ = 0;
  bool metadata_in_flight_ = false;
  BrokerEpoch epoch_ = kNoBrokerEpoch;
  bool registered_ = false;
  bool stopping_ = false;
  bool may_stop_ = false;
  bool halting_ = false;
  sim::EventHandle alter_timer_;
  /// Until when the controller must have answered.
  struct Owed {
    Api api;
    sim::Time by;
  };
  std::vector<Owed> owed_;
  sim::EventHandle silence_;
  sim::Time silence_at_{};

  // On disk:
  bool stopped_cleanly_ = true;
  BrokerEpoch clean_epoch_ = kNoBrokerEpoch;  ///< in the clean-shutdown file
};

}  // namespace wrackline::kafka
