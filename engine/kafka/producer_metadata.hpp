// What a producer knows of the cluster: the leader of each partition, with its epoch.
//
// Partitions of all topics that the producer writes to are numbered densely (PartitionId), in the order in
// which the topics are added. Metadata that is older than the leader epoch already known is ignored per
// partition (L-50). The wish for an update is a flag here: asking the cluster and the refresh backoff are the
// actor's.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/kafka/leader_and_epoch.hpp"
#include "engine/kafka/record_batch.hpp"

namespace wrackline::kafka {

using PartitionId = std::uint32_t;  ///< dense over all partitions that one producer knows
using TopicIndex = std::uint32_t;   ///< dense over the topics that one producer knows

class ProducerMetadata {
 public:
  struct Topic {
    PartitionId first = 0;
    std::int32_t partitions = 0;
    std::vector<std::int32_t> available;  ///< partition numbers that have a leader, ascending
  };

  TopicIndex add_topic(std::int32_t partitions);

  /// False when the news is older than what is known.
  bool update(PartitionId partition, LeaderAndEpoch leader);

  LeaderAndEpoch leader(PartitionId partition) const { return leaders_[partition]; }
  /// A broker that the cluster has, whether it leads something or not. Leaders are known by themselves.
  void add_broker(BrokerId node);
  std::span<const BrokerId> brokers() const { return brokers_; }

  /// In the order of the partitions.
  std::span<const PartitionId> led_by(BrokerId node) const;
  const Topic& topic(TopicIndex index) const { return topics_[index]; }
  TopicIndex topic_of(PartitionId partition) const { return topic_of_[partition]; }
  PartitionId id_of(TopicIndex topic, std::int32_t partition) const {
    return topics_[topic].first + static_cast<PartitionId>(partition);
  }
  std::size_t topics() const { return topics_.size(); }
  std::size_t partitions() const { return leaders_.size(); }

  void request_update() { update_requested_ = true; }
  bool update_requested() const { return update_requested_; }
  /// The actor sent the request.
  void update_sent() { update_requested_ = false; }

 private:
  std::vector<Topic> topics_;
  std::vector<TopicIndex> topic_of_;
  std::vector<LeaderAndEpoch> leaders_;
  std::vector<std::vector<PartitionId>> led_by_;  ///< by broker id
  std::vector<BrokerId> brokers_;                 ///< ascending
  bool update_requested_ = false;
};

}  // namespace wrackline::kafka
