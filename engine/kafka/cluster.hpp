// A whole cluster: a controller, brokers with their nodes and disks, the topics; the roles that faults can
// name and the levers that they can pull.
//
// Roles (sim/selector.hpp): broker, controller, kafka.leader(topic/partition),
// kafka.follower(topic/partition), kafka.coordinator(group). Levers (sim/lever.hpp):
// kafka.unclean_election(topic/partition), kafka.preferred_election(topic/partition),
// kafka.leader_move(topic/partition, broker), group.force_rebalance(group).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/kafka/broker.hpp"
#include "engine/kafka/controller_server.hpp"

namespace wrackline::kafka {

/// The group coordinator makes its topic so: compacted, in segments of offsets.topic.segment.bytes.
inline LogConfig default_offsets_topic_log() {
  LogConfig log;
  log.compacted = true;
  log.deleted = false;
  log.retention_ms = -1;
  log.segment_bytes = 104'857'600;
  return log;
}

struct ClusterSpec {
  std::int32_t brokers = 3;
  std::vector<std::string> zones;  ///< brokers are dealt over them in turn; empty: one zone
  unsigned broker_cores = 8;
  std::vector<TopicLayout> topics;      ///< without __consumer_offsets
  std::vector<TopicSettings> settings;  ///< of `topics`, in their order
  std::int32_t offsets_topic_partitions = 50;
  std::int32_t offsets_topic_replication_factor = 3;
  LogConfig offsets_topic_log = default_offsets_topic_log();
  BrokerSettings broker;
  sim::DiskOptions disk;
};

class Cluster {
 public:
  Cluster(sim::Simulation& simulation, sim::Network& network, sim::Observer& observer,
          const ClusterSpec& spec);

  void start();
  ClusterContext& context() { return *context_; }
  const ClusterLayout& layout() const { return context_->layout; }
  ControllerServer& controller() { return *controller_; }
  std::size_t broker_count() const { return brokers_.size(); }
  Broker& broker(std::size_t index) { return *brokers_[index]; }
  Broker* leader_of(PartitionId partition);

  /// Where a group may resume after whatever comes, as of the last look_at_commits().
  const PossibleCommits& possible_commits() const { return context_->possible_commits; }
  void look_at_commits();
  /// No reader of the run will ask for records below this offset again: their memory is given back
  /// everywhere.
  void forget_below(PartitionId partition, Offset offset);
  /// Power may be lost in this run: what is not durable must not be forgotten either.
  void expect_power_loss() { power_may_fail_ = true; }
  /// What the leaders' logs hold beyond what consumers may read, for the closing of the books.
  template <class Visit>
  void for_each_uncommitted(Visit&& visit);

 private:
  void add_roles();
  void add_levers();
  /// Below it all replicas agree, and no failure takes that away. Nothing: there is no telling now.
  std::optional<Offset> certain_below(PartitionId partition);
  bool parse_partition(const std::string& text, PartitionId& partition) const;

  sim::Simulation& simulation_;
  bool power_may_fail_ = false;
  std::unique_ptr<ClusterContext> context_;
  std::vector<std::unique_ptr<sim::Disk>> disks_;
  std::vector<std::unique_ptr<Broker>> brokers_;
  std::unique_ptr<ControllerServer> controller_;
};

template <class Visit>
void Cluster::for_each_uncommitted(Visit&& visit) {
  for (PartitionId p = 0; p < layout().partition_count(); ++p) {
    if (!context_->truth.observed(p)) continue;
    for (auto& broker : brokers_) {
      Partition* const replica = broker->replicas().find(p);
      if (replica == nullptr) continue;
      for (const RecordBatch& batch : replica->log().batches()) {
        if (batch.records && batch.last_offset >= context_->truth.committed_end(p)) visit(p, batch);
      }
    }
  }
}

}  // namespace wrackline::kafka
