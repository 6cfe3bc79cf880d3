// kafka.assignor: the client assignors and the coordinator's range assignor. Its uniform assignor is not
// modelled.
#include <optional>
#include <string>

#include "engine/kafka/assignor.hpp"
#include "scenarios/conform/conform.hpp"
#include "scenarios/conform/kafka_names.hpp"

namespace wrackline::conform {

namespace {

using namespace kafka;

Json assign_step(const TopicNames& names, const Json& in) {
  const std::string name = in.at("assignor");
  const std::optional<AssignorKind> kind = assignor_of(name);
  const bool on_server = name == "server-range";
  if (!kind && !on_server) throw NotModelledError{"assignor " + name};

  std::vector<AssignorTopic> topics;
  for (const auto& [topic_name, partitions] : in.at("topics").items()) {
    AssignorTopic topic;
    topic.topic = names.id(topic_name);
    topic.partitions = partitions;
    if (in.contains("racks") && in.at("racks").contains(topic_name)) {
      for (const Json& racks : in.at("racks").at(topic_name)) topic.racks.push_back(racks);
    }
    topics.push_back(std::move(topic));
  }
  std::vector<AssignorMember> members;
  for (const auto& [id, given] : in.at("members").items()) {
    AssignorMember member;
    member.id = id;
    for (const Json& topic : given.at("topics")) member.topics.push_back(names.id(topic));
    if (given.contains("instance")) member.instance_id = given.at("instance").get<std::string>();
    member.rack = given.value("rack", "");
    if (given.contains("owned")) {
      for (const Json& partition : given.at("owned")) member.owned.push_back(names.partition(partition));
    }
    member.generation = given.value("generation", kNoGeneration);
    members.push_back(std::move(member));
  }
  std::optional<GroupAssignment> assignment;
  if (on_server) {
    assignment = assign_server_range(topics, members);
    if (!assignment) return Json{{"exception", "PartitionAssignorException"}};
  } else {
    assignment = assign(*kind, topics, members);
  }
  Json out = Json::object();
  for (std::size_t i = 0; i < members.size(); ++i) {
    Json partitions = Json::array();
    for (const TopicPartition partition : (*assignment)[i]) partitions.push_back(names.name(partition));
    out[members[i].id] = std::move(partitions);
  }
  return Json{{"assignment", std::move(out)}};
}

}  // namespace

Outcome kafka_assignor(const Json& recorded_case) {
  const TopicNames names{recorded_case};
  return replay(recorded_case, [&](const Json& in) { return assign_step(names, in); });
}

}  // namespace wrackline::conform
