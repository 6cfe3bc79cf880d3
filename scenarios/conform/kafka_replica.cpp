// Driver of kafka.replica: the controller's decision, applied to one registration step by step.
#include <algorithm>
#include <string>
#include <vector>

#include "engine/kafka/partition_registration.hpp"
#include "scenarios/conform/conform.hpp"

namespace wrackline::conform {

namespace {

using namespace wrackline::kafka;
using Ids = std::vector<BrokerId>;

Ids ids_of(const Json& given, const char* name) { return given.value(name, Ids{}); }

std::optional<Ids> optional_ids_of(const Json& given, const char* name) {
  if (!given.contains(name) || given.at(name).is_null()) return std::nullopt;
  return given.at(name).get<Ids>();
}

const char* name_of(LeaderRecoveryState state) {
  return state == LeaderRecoveryState::recovering ? "RECOVERING" : "RECOVERED";
}

Json sorted(Ids ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// "3.6-IV0" and later bump the leader epoch no more when the ISR shrinks.
bool before_3_6(const std::string& metadata_version) {
  const std::size_t dot = metadata_version.find('.');
  const int major = std::stoi(metadata_version.substr(0, dot));
  const int minor = std::stoi(metadata_version.substr(dot + 1));
  return major < 3 || (major == 3 && minor < 6);
}

PartitionRegistration registration_of(const Json& given) {
  PartitionRegistration partition;
  partition.replicas = ids_of(given, "replicas");
  partition.isr = ids_of(given, "isr");
  partition.elr = ids_of(given, "elr");
  partition.last_known_elr = ids_of(given, "last_known_elr");
  partition.removing = ids_of(given, "removing");
  partition.adding = ids_of(given, "adding");
  partition.leader = given.at("leader");
  partition.leader_recovery_state = given.at("leader_recovery_state") == "RECOVERING"
                                        ? LeaderRecoveryState::recovering
                                        : LeaderRecoveryState::recovered;
  partition.leader_epoch = given.at("leader_epoch");
  partition.partition_epoch = given.at("partition_epoch");
  return partition;
}

Json shown(const PartitionRegistration& partition) {
  return {{"replicas", partition.replicas},
          {"isr", partition.isr},
          {"elr", sorted(partition.elr)},
          {"last_known_elr", partition.last_known_elr},
          {"removing", partition.removing},
          {"adding", partition.adding},
          {"leader", partition.leader},
          {"leader_recovery_state", name_of(partition.leader_recovery_state)},
          {"leader_epoch", partition.leader_epoch},
          {"partition_epoch", partition.partition_epoch}};
}

Json shown(const PartitionChange& change) {
  Json record = Json::object();
  if (change.isr) record["isr"] = *change.isr;
  if (change.leader) record["leader"] = *change.leader;
  if (change.replicas) record["replicas"] = *change.replicas;
  if (change.removing) record["removing"] = *change.removing;
  if (change.adding) record["adding"] = *change.adding;
  if (change.elr) record["elr"] = sorted(*change.elr);
  if (change.last_known_elr) record["last_known_elr"] = *change.last_known_elr;
  if (change.leader_recovery_state) record["leader_recovery_state"] = name_of(*change.leader_recovery_state);
  return record;
}

Election election_of(const std::string& name) {
  if (name == "ONLINE") return Election::online;
  if (name == "PREFERRED") return Election::preferred;
  if (name == "UNCLEAN") return Election::unclean;
  throw NotModelledError{"election " + name};
}

}  // namespace

Outcome kafka_replica(const Json& recorded) {
  const Json& config = recorded.at("config");
  PartitionChangeRules rules;
  rules.elr_enabled = config.at("eligible.leader.replicas.enabled");
  const Json& min_isr = config.at("min.insync.replicas");
  rules.min_insync_replicas =
      min_isr.is_string() ? std::stoi(min_isr.get<std::string>()) : min_isr.get<std::int32_t>();
  rules.bump_leader_epoch_on_shrink = before_3_6(config.at("metadata.version"));
  rules.last_known_leader_must_live = !recorded.at("version").get<std::string>().starts_with("3.");
  PartitionRegistration partition = registration_of(config.at("initial"));

  return replay(recorded, [&](const Json& in) {
    const Ids live = ids_of(in, "live");
    const Ids unclean_shutdown = ids_of(in, "unclean_shutdown");
    const PartitionChangeRequest request{.live = live,
                                         .election = election_of(in.at("election")),
                                         .target_isr = optional_ids_of(in, "target_isr"),
                                         .unclean_shutdown = unclean_shutdown,
                                         .target_replicas = optional_ids_of(in, "target_replicas"),
                                         .target_removing = optional_ids_of(in, "target_removing"),
                                         .target_adding = optional_ids_of(in, "target_adding")};
    const auto change = decide_partition_change(partition, rules, request);
    if (change) partition = partition.merge(*change);
    return Json{{"record", change ? shown(*change) : Json(nullptr)}, {"partition", shown(partition)}};
  });
}

}  // namespace wrackline::conform
