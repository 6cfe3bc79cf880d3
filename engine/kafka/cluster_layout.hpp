// Topics, partitions and where their replicas are: fixed when the cluster is built, known to everybody.
//
// Topics are numbered in the order of their names (topic_partition.hpp), partitions densely over all topics:
// a `PartitionId` means the same partition to every producer, broker and observer of the run. Replicas are
// placed as Kafka does for a new topic without racks: the leader of partition p is broker (p + shift) mod n,
// the followers are the next. The internal topic __consumer_offsets is one of them.
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kafka/producer_metadata.hpp"
#include "engine/kafka/topic_partition.hpp"

namespace wrackline::kafka {

inline constexpr std::string_view kOffsetsTopic = "__consumer_offsets";

struct TopicLayout {
  std::string name;
  std::int32_t partitions = 1;
  PartitionId first = 0;  ///< PartitionId of its partition 0
  std::int32_t replication_factor = 1;
};

class ClusterLayout {
 public:
  ClusterLayout() = default;
  /// `topics` in any order; `first` is filled in here.
  ClusterLayout(std::vector<TopicLayout> topics, std::vector<BrokerId> brokers);

  const std::vector<TopicLayout>& topics() const { return topics_; }
  const std::vector<BrokerId>& brokers() const { return brokers_; }
  std::size_t partition_count() const { return partitions_.size(); }
  const std::vector<BrokerId>& replicas(PartitionId id) const { return replicas_[id]; }
  TopicPartition partition(PartitionId id) const { return partitions_[id]; }
  PartitionId id_of(TopicPartition partition) const {
    return topics_[static_cast<std::size_t>(partition.topic)].first +
           static_cast<PartitionId>(partition.partition);
  }
  /// Asserts that the topic exists.
  TopicId topic_id(std::string_view name) const;
  bool has_topic(std::string_view name) const;
  std::string name_of(PartitionId id) const;

 private:
  std::vector<TopicLayout> topics_;  ///< by name
  std::vector<BrokerId> brokers_;
  std::vector<TopicPartition> partitions_;
  std::vector<std::vector<BrokerId>> replicas_;
};

}  // namespace wrackline::kafka
