// The active controller: which brokers live, who leads what, and the record of every change.
//
// Modelled (L-16, L-26 … L-31, L-33): registration with incarnations and broker epochs, broker sessions
// fenced by a task that runs every session/8, unfencing once a broker has caught up with the metadata,
// controlled shutdown that moves leaderships away first, AlterPartition with all its refusals, elections
// (clean, by ELR, last known leader, unclean, preferred), and the metadata log that brokers fetch: every
// change has an offset, so brokers can be behind. Not modelled: the quorum of controllers (one controller;
// its process can be killed, its log is safe), topic creation and reassignment while the cluster runs. From:
// ClusterControlManager, BrokerHeartbeatManager, ReplicationControlManager.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/kafka/alter_partition_manager.hpp"
#include "engine/kafka/partition.hpp"
#include "engine/kafka/partition_registration.hpp"
#include "engine/kafka/topic_partition.hpp"

namespace wrackline::kafka {

using MetadataOffset = std::int64_t;

struct ControllerConfig {
  std::int64_t session_timeout_ms = 9000;  ///< broker.session.timeout.ms
  bool elr_enabled = true;                 ///< eligible.leader.replicas.version = 1
  PartitionChangeRules rules{};            ///< of the version; min_insync_replicas is per partition
};

/// Settings of a topic that the controller decides by.
struct ControlledPartition {
  TopicPartition partition;
  std::vector<BrokerId> replicas;
  std::int32_t min_insync_replicas = 1;
  bool unclean_election = false;  ///< unclean.leader.election.enable
};

struct ControlledBroker {
  BrokerId id = -1;
  BrokerEpoch epoch = kNoBrokerEpoch;
  std::uint64_t incarnation = 0;
  bool registered = false;
  bool fenced = true;
  bool shutting_down = false;
  std::int64_t last_contact_ms = 0;
  MetadataOffset registered_at = 0;  ///< offset of its registration record
};

/// What brokers learn from the metadata log: the new state of one broker or one partition.
struct MetadataRecord {
  MetadataOffset offset = 0;
  std::optional<ControlledBroker> broker;
  std::size_t partition = 0;  ///< index in the order of the constructor; meaningful without `broker`
  PartitionRegistration registration;
  bool unclean = false;  ///< an election that may have lost data
};

struct RegisterAnswer {
  Errors error = Errors::none;
  BrokerEpoch epoch = kNoBrokerEpoch;
};

struct BrokerHeartbeat {
  BrokerId broker = -1;
  BrokerEpoch epoch = kNoBrokerEpoch;
  MetadataOffset caught_up_to = 0;
  bool want_shut_down = false;
};

struct BrokerHeartbeatAnswer {
  Errors error = Errors::none;
  bool fenced = true;
  bool should_shut_down = false;
};

class ClusterController {
 public:
  /// All partitions start with their first replica as leader and everybody in sync.
  ClusterController(ControllerConfig config, std::span<const BrokerId> brokers,
                    std::vector<ControlledPartition> partitions);

  /// A cluster that has been up for a while: every broker is registered, unfenced and has just been heard of.
  void bootstrap(std::int64_t now_ms);
  /// `clean_epoch`: the broker epoch of its clean-shutdown file; kNoBrokerEpoch: it did not stop cleanly
  /// (KIP-966).
  RegisterAnswer register_broker(BrokerId broker, std::uint64_t incarnation, BrokerEpoch clean_epoch,
                                 std::int64_t now_ms);
  BrokerHeartbeatAnswer heartbeat(const BrokerHeartbeat& beat, std::int64_t now_ms);
  /// How often to call fence_stale_brokers.
  std::int64_t fence_check_interval_ms() const { return config_.session_timeout_ms / 8; }
  /// Fences at most one broker a call, as the real task does, and answers whom.
  std::optional<BrokerId> fence_stale_brokers(std::int64_t now_ms);
  /// The controller process started again: every known broker gets a full session.
  void restart_sessions(std::int64_t now_ms);

  struct AlterPartitionResult {
    Errors top_level = Errors::none;
    std::vector<AlterPartitionAnswer> partitions;
  };
  AlterPartitionResult alter_partition(BrokerId broker, BrokerEpoch epoch,
                                       std::span<const AlterPartitionProposal> proposals);

  /// Each answers whether the partition's leader changed.
  bool elect_unclean(std::size_t partition);
  bool elect_preferred(std::size_t partition);
  bool move_leader(std::size_t partition, BrokerId to);

  std::size_t partition_count() const { return partitions_.size(); }
  const PartitionRegistration& registration(std::size_t partition) const {
    return partitions_[partition].state;
  }
  const ControlledBroker& broker(BrokerId id) const;
  std::span<const ControlledBroker> brokers() const { return brokers_; }
  MetadataOffset end_offset() const { return next_offset_; }
  /// The records from `from` on; those before the first kept one are folded into a snapshot (`everything`).
  std::span<const MetadataRecord> records_from(MetadataOffset from) const;
  std::vector<MetadataRecord> everything() const;

 private:
  struct Controlled {
    ControlledPartition about;
    PartitionRegistration state;
  };

  ControlledBroker* find(BrokerId id);
  std::optional<std::size_t> index_of(TopicPartition partition) const;
  std::vector<BrokerId> acceptable_leaders() const;
  void write_broker(const ControlledBroker& broker);
  bool change(std::size_t partition, Election election, std::optional<std::vector<BrokerId>> target_isr,
              std::span<const BrokerId> unclean_shutdown = {});
  void remove_from_isrs(BrokerId broker);
  void offer_leadership(BrokerId broker);
  Errors check(const AlterPartitionProposal& proposal, BrokerId broker, std::size_t partition) const;

  ControllerConfig config_;
  std::vector<ControlledBroker> brokers_;  ///< by id
  std::vector<Controlled> partitions_;
  std::vector<MetadataRecord> records_;
  MetadataOffset next_offset_ = 1;
  BrokerEpoch next_epoch_ = 1;
};

}  // namespace wrackline::kafka
