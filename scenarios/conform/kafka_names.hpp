// Topic names of a recorded case and the numbers that stand for them in the models: numbered in the order of
// the names.
#pragma once

#include <string>
#include <vector>

#include "engine/kafka/topic_partition.hpp"
#include "scenarios/conform/conform.hpp"

namespace wrackline::conform {

class TopicNames {
 public:
  /// Finds every topic that an input of the case names: keys and entries of `topics`, and partitions like
  /// "t-0".
  explicit TopicNames(const Json& recorded_case);

  kafka::TopicId id(const std::string& name) const;
  kafka::TopicPartition partition(const std::string& name) const;
  const std::string& name(kafka::TopicId topic) const { return names_.at(static_cast<std::size_t>(topic)); }
  std::string name(kafka::TopicPartition partition) const;
  /// {"t": [0, 1]}
  Json by_topic(const kafka::TopicPartitions& partitions) const;

 private:
  void collect(const Json& value, bool below_topics);

  std::vector<std::string> names_;  ///< ascending
};

}  // namespace wrackline::conform
