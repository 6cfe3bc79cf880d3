#include "engine/kafka/cluster_layout.hpp"

#include <algorithm>

namespace wrackline::kafka {

ClusterLayout::ClusterLayout(std::vector<TopicLayout> topics, std::vector<BrokerId> brokers)
    : topics_{std::move(topics)}, brokers_{std::move(brokers)} {
  std::sort(topics_.begin(), topics_.end(),
            [](const TopicLayout& a, const TopicLayout& b) { return a.name < b.name; });
  std::sort(brokers_.begin(), brokers_.end());
  for (std::size_t t = 0; t < topics_.size(); ++t) {
    TopicLayout& topic = topics_[t];
    assert(topic.replication_factor >= 1 &&
           static_cast<std::size_t>(topic.replication_factor) <= brokers_.size());
    topic.first = static_cast<PartitionId>(partitions_.size());
    for (std::int32_t p = 0; p < topic.partitions; ++p) {
      partitions_.push_back({static_cast<TopicId>(t), p});
      std::vector<BrokerId> replicas;
      for (std::int32_t r = 0; r < topic.replication_factor; ++r) {
        replicas.push_back(
            brokers_[(t + static_cast<std::size_t>(p) + static_cast<std::size_t>(r)) % brokers_.size()]);
      }
      replicas_.push_back(std::move(replicas));
    }
  }
}

bool ClusterLayout::has_topic(std::string_view name) const {
  return std::any_of(topics_.begin(), topics_.end(),
                     [&](const TopicLayout& topic) { return topic.name == name; });
}

TopicId ClusterLayout::topic_id(std::string_view name) const {
  const auto found = std::find_if(topics_.begin(), topics_.end(),
                                  [&](const TopicLayout& topic) { return topic.name == name; });
  assert(found != topics_.end());
  return static_cast<TopicId>(found - topics_.begin());
}

std::string ClusterLayout::name_of(PartitionId id) const {
  const TopicPartition at = partitions_[id];
  return topics_[static_cast<std::size_t>(at.topic)].name + "/" + std::to_string(at.partition);
}

}  // namespace wrackline::kafka
