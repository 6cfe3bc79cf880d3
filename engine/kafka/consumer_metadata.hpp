// What a client believes about topics: partition counts, leaders and their epochs, which replicas are
// reachable.
//
// The actor fetches metadata when `update_requested()` (no more often than `retry.backoff.ms`) or when it is
// older than `metadata.max.age.ms`, and calls `update` with the answer. Epochs make it monotonic: an answer
// whose leader epoch is older than the last one seen does not replace what is known (KIP-320). Modelled:
// C-10, KIP-951 (leaders named in fetch answers). Not modelled: topic ids, controllers, authorization. From:
// Metadata, ConsumerMetadata, MetadataSnapshot.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kafka/consumer_messages.hpp"

namespace wrackline::kafka {

struct PartitionMetadata {
  TopicPartition partition;
  LeaderAndEpoch leader;
  std::vector<BrokerId> replicas;
  std::vector<BrokerId> offline_replicas;
};

class ConsumerMetadata {
 public:
  explicit ConsumerMetadata(std::int64_t max_age_ms = 300000) : max_age_ms_{max_age_ms} {}

  void update(std::vector<PartitionMetadata> partitions, std::int64_t now_ms);
  void request_update() { update_requested_ = true; }
  bool update_requested() const { return update_requested_; }
  bool has_metadata() const { return version_ > 0; }
  /// Grows with every change of what is known.
  std::int32_t version() const { return version_; }
  std::int64_t last_update_ms() const { return last_update_ms_; }
  std::int64_t max_age_ms() const { return max_age_ms_; }

  LeaderAndEpoch current_leader(TopicPartition partition) const;
  const PartitionMetadata* find(TopicPartition partition) const;
  /// -1: the topic is not known.
  std::int32_t partition_count(TopicId topic) const;
  bool is_online(TopicPartition partition, BrokerId replica) const;
  bool update_last_seen_epoch_if_newer(TopicPartition partition, LeaderEpoch epoch);
  /// KIP-951; answers whether it was news.
  bool update_leadership(TopicPartition partition, LeaderAndEpoch leader);
  const std::vector<PartitionMetadata>& partitions() const { return partitions_; }

 private:
  struct SeenEpoch {
    TopicPartition partition;
    LeaderEpoch epoch;
  };
  LeaderEpoch last_seen_epoch(TopicPartition partition) const;
  void see_epoch(TopicPartition partition, LeaderEpoch epoch);

  std::int64_t max_age_ms_;
  std::int64_t last_update_ms_ = 0;
  std::int32_t version_ = 0;
  bool update_requested_ = false;
  std::vector<PartitionMetadata> partitions_;  ///< by partition
  std::vector<SeenEpoch> seen_;
};

}  // namespace wrackline::kafka
