// How topics and partitions are named inside the models: by numbers. Whoever sets up the cluster numbers
// topics in the order of their names, so that "sorted by topic name", which several rules of Kafka need, is
// sorted by number.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

namespace wrackline::kafka {

using TopicId = std::int32_t;

struct TopicPartition {
  TopicId topic = 0;
  std::int32_t partition = 0;

  auto operator<=>(const TopicPartition&) const = default;
};

using TopicPartitions = std::vector<TopicPartition>;

}  // namespace wrackline::kafka
