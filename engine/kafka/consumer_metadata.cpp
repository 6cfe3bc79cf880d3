#include "engine/kafka/consumer_metadata.hpp"

#include <algorithm>

namespace wrackline::kafka {

LeaderEpoch ConsumerMetadata::last_seen_epoch(TopicPartition partition) const {
  for (const SeenEpoch& seen : seen_) {
    if (seen.partition == partition) return seen.epoch;
  }
  return kNoLeaderEpoch;
}

void ConsumerMetadata::see_epoch(TopicPartition partition, LeaderEpoch epoch) {
  for (SeenEpoch& seen : seen_) {
    if (seen.partition == partition) {
      seen.epoch = epoch;
      return;
    }
  }
  seen_.push_back({partition, epoch});
}

void ConsumerMetadata::update(std::vector<PartitionMetadata> partitions, std::int64_t now_ms) {
  update_requested_ = false;
  ++version_;
  last_update_ms_ = now_ms;
  for (PartitionMetadata& fresh : partitions) {
    // Without a leader the answer carries an error that asks for another update.
    if (fresh.leader.leader == kNoBroker) update_requested_ = true;
    const LeaderEpoch seen = last_seen_epoch(fresh.partition);
    if (seen != kNoLeaderEpoch && fresh.leader.epoch < seen) {
      if (const PartitionMetadata* const known = find(fresh.partition)) fresh = *known;
    } else {
      see_epoch(fresh.partition, fresh.leader.epoch);
    }
  }
  std::sort(partitions.begin(), partitions.end(),
            [](const PartitionMetadata& a, const PartitionMetadata& b) { return a.partition < b.partition; });
  partitions_ = std::move(partitions);
}

const PartitionMetadata* ConsumerMetadata::find(TopicPartition partition) const {
  const auto at =
      std::lower_bound(partitions_.begin(), partitions_.end(), partition,
                       [](const PartitionMetadata& known, TopicPartition p) { return known.partition < p; });
  return at != partitions_.end() && at->partition == partition ? &*at : nullptr;
}

LeaderAndEpoch ConsumerMetadata::current_leader(TopicPartition partition) const {
  const PartitionMetadata* const known = find(partition);
  const LeaderEpoch seen = last_seen_epoch(partition);
  if (known == nullptr || (seen != kNoLeaderEpoch && known->leader.epoch != seen)) return {kNoBroker, seen};
  return known->leader;
}

std::int32_t ConsumerMetadata::partition_count(TopicId topic) const {
  const auto count =
      std::count_if(partitions_.begin(), partitions_.end(),
                    [&](const PartitionMetadata& known) { return known.partition.topic == topic; });
  return count == 0 ? -1 : static_cast<std::int32_t>(count);
}

bool ConsumerMetadata::is_online(TopicPartition partition, BrokerId replica) const {
  const PartitionMetadata* const known = find(partition);
  if (known == nullptr) return false;
  const auto has = [&](const std::vector<BrokerId>& brokers) {
    return std::find(brokers.begin(), brokers.end(), replica) != brokers.end();
  };
  return has(known->replicas) && !has(known->offline_replicas);
}

bool ConsumerMetadata::update_last_seen_epoch_if_newer(TopicPartition partition, LeaderEpoch epoch) {
  const LeaderEpoch seen = last_seen_epoch(partition);
  if (seen == kNoLeaderEpoch || epoch <= seen) return false;
  see_epoch(partition, epoch);
  update_requested_ = true;
  return true;
}

bool ConsumerMetadata::update_leadership(TopicPartition partition, LeaderAndEpoch leader) {
  const LeaderAndEpoch current = current_leader(partition);
  if (current.epoch != kNoLeaderEpoch && leader.epoch <= current.epoch) return false;
  for (PartitionMetadata& known : partitions_) {
    if (known.partition != partition) continue;
    known.leader = leader;
    see_epoch(partition, leader.epoch);
    return true;
  }
  return false;
}

}  // namespace wrackline::kafka
