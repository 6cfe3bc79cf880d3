#include "scenarios/conform/kafka_names.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace wrackline::conform {

namespace {

/// "t-0" -> "t", 0
std::optional<std::pair<std::string, std::int32_t>> split(const std::string& name) {
  const auto dash = name.rfind('-');
  if (dash == std::string::npos || dash == 0 || dash + 1 == name.size()) return std::nullopt;
  std::int32_t partition = 0;
  const char* const end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data() + dash + 1, end, partition);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return std::pair{name.substr(0, dash), partition};
}

}  // namespace

TopicNames::TopicNames(const Json& recorded_case) {
  collect(recorded_case.at("config"), false);
  for (const Json& step : recorded_case.at("steps")) collect(step.at("in"), false);
  names_.emplace_back("t");  // what drivers take when a case names no topic
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
}

void TopicNames::collect(const Json& value, bool below_topics) {
  if (value.is_string()) {
    const std::string text = value.get<std::string>();
    if (below_topics) {
      names_.push_back(text);
    } else if (const auto parts = split(text)) {
      names_.push_back(parts->first);
    }
  } else if (value.is_array()) {
    for (const Json& element : value) collect(element, below_topics);
  } else if (value.is_object()) {
    for (const auto& [key, element] : value.items()) {
      if (below_topics) {
        names_.push_back(key);
      } else if (const auto parts = split(key)) {
        names_.push_back(parts->first);
      }
      const bool names_topics = key == "topics" || key == "owned" || key == "racks";
      collect(element, names_topics && !below_topics);
    }
  }
}

kafka::TopicId TopicNames::id(const std::string& name) const {
  const auto at = std::lower_bound(names_.begin(), names_.end(), name);
  if (at == names_.end() || *at != name) throw NotModelledError{"topic " + name};
  return static_cast<kafka::TopicId>(at - names_.begin());
}

kafka::TopicPartition TopicNames::partition(const std::string& name) const {
  const auto parts = split(name);
  if (!parts) throw NotModelledError{"partition " + name};
  return {id(parts->first), parts->second};
}

std::string TopicNames::name(kafka::TopicPartition partition) const {
  return name(partition.topic) + "-" + std::to_string(partition.partition);
}

Json TopicNames::by_topic(const kafka::TopicPartitions& partitions) const {
  Json out = Json::object();
  for (const kafka::TopicPartition partition : partitions)
    out[name(partition.topic)].push_back(partition.partition);
  return out;
}

}  // namespace wrackline::conform
