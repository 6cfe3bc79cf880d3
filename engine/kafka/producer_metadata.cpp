#include "engine/kafka/producer_metadata.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::kafka {

TopicIndex ProducerMetadata::add_topic(std::int32_t partitions) {
  assert(partitions > 0);
  const auto index = static_cast<TopicIndex>(topics_.size());
  topics_.push_back({static_cast<PartitionId>(leaders_.size()), partitions, {}});
  const std::size_t total = leaders_.size() + static_cast<std::size_t>(partitions);
  leaders_.resize(total);
  topic_of_.resize(total, index);
  return index;
}

bool ProducerMetadata::update(PartitionId partition, LeaderAndEpoch news) {
  LeaderAndEpoch& known = leaders_[partition];
  if (news.epoch < known.epoch) return false;
  if (news.leader != known.leader) {
    Topic& topic = topics_[topic_of_[partition]];
    const auto number = static_cast<std::int32_t>(partition - topic.first);
    if (known.leader != kNoBroker) {
      std::erase(led_by_[static_cast<std::size_t>(known.leader)], partition);
      if (news.leader == kNoBroker) std::erase(topic.available, number);
    }
    if (news.leader != kNoBroker) {
      add_broker(news.leader);
      const auto node = static_cast<std::size_t>(news.leader);
      if (led_by_.size() <= node) led_by_.resize(node + 1);
      auto& led = led_by_[node];
      led.insert(std::lower_bound(led.begin(), led.end(), partition), partition);
      if (known.leader == kNoBroker) {
        topic.available.insert(std::lower_bound(topic.available.begin(), topic.available.end(), number),
                               number);
      }
    }
  }
  known = news;
  return true;
}

void ProducerMetadata::add_broker(BrokerId node) {
  const auto at = std::lower_bound(brokers_.begin(), brokers_.end(), node);
  if (at == brokers_.end() || *at != node) brokers_.insert(at, node);
}

std::span<const PartitionId> ProducerMetadata::led_by(BrokerId node) const {
  const auto index = static_cast<std::size_t>(node);
  if (node < 0 || index >= led_by_.size()) return {};
  return led_by_[index];
}

}  // namespace wrackline::kafka
