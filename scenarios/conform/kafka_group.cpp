// kafka.group: GroupCoordinator with every write committed at once. Groups of the consumer protocol (KIP-848)
// are not modelled: a case that sends its heartbeat is named so.
#include <algorithm>
#include <string>

#include "engine/kafka/group_coordinator.hpp"
#include "scenarios/conform/conform.hpp"
#include "scenarios/conform/kafka_names.hpp"

namespace wrackline::conform {

namespace {

using namespace kafka;

constexpr const char* kGroup = "g";

class GroupDriver {
 public:
  explicit GroupDriver(const Json& recorded_case)
      : topics_{recorded_case}, coordinator_{config_of(recorded_case), 0} {}

  Json step(const Json& in) {
    const std::string op = in.at("op");
    Json out = Json::object();
    if (op == "join") {
      join(in);
    } else if (op == "sync") {
      sync(in);
    } else if (op == "heartbeat") {
      HeartbeatRequest request{0, kGroup, in.at("member"), instance_of(in), in.at("generation")};
      coordinator_.heartbeat(request, now_ms_);
    } else if (op == "leave") {
      LeaveGroupRequest request;
      request.group = kGroup;
      for (const Json& member : in.at("members")) {
        request.members.push_back({member.value("member", ""), instance_of(member)});
      }
      coordinator_.leave_group(request, now_ms_);
    } else if (op == "commit" || op == "txn_commit") {
      commit(in, op == "txn_commit");
    } else if (op == "txn_marker") {
      coordinator_.end_transaction(in.at("pid"), in.at("result") == "COMMIT");
    } else if (op == "fetch_offsets") {
      fetch(in, out);
    } else if (op == "delete_group") {
      coordinator_.delete_group(0, kGroup, now_ms_);
    } else if (op == "advance_time") {
      const std::int64_t until_ms = now_ms_ + in.at("ms").get<std::int64_t>();
      while (coordinator_.next_deadline_ms() <= until_ms) {
        now_ms_ = coordinator_.next_deadline_ms();
        coordinator_.run_timers(now_ms_);
        commit_writes();
      }
      now_ms_ = until_ms;
      out["now"] = now_ms_;
    } else if (op != "metadata") {
      throw NotModelledError{"op " + op};
    }
    commit_writes();
    print(out);
    return out;
  }

 private:
  static GroupCoordinatorConfig config_of(const Json& recorded_case) {
    const Json& given = recorded_case.at("config");
    GroupCoordinatorConfig config;
    config.member_id_prefix = "m";
    config.initial_rebalance_delay_ms = given.value("group.initial.rebalance.delay.ms", 3000);
    config.max_size = given.value("group.max.size", config.max_size);
    if (given.contains("offsets.retention.minutes")) {
      config.offsets_retention_ms = given.at("offsets.retention.minutes").get<std::int64_t>() * 60000;
    }
    config.offsets_retention_check_interval_ms =
        given.value("offsets.retention.check.interval.ms", config.offsets_retention_check_interval_ms);
    config.offset_metadata_max_bytes =
        given.value("offset.metadata.max.bytes", config.offset_metadata_max_bytes);
    return config;
  }

  static std::optional<std::string> instance_of(const Json& in) {
    if (!in.contains("instance") || in.at("instance").is_null()) return std::nullopt;
    return in.at("instance").get<std::string>();
  }

  RequestId request_of(const Json& in) {
    requests_.push_back(in.at("req"));
    return requests_.size();
  }

  void join(const Json& in) {
    JoinGroupRequest request;
    request.request = request_of(in);
    request.group = kGroup;
    request.member_id = in.at("member");
    request.instance_id = instance_of(in);
    request.session_timeout_ms = in.value("session_timeout_ms", 10000);
    request.rebalance_timeout_ms = in.value("rebalance_timeout_ms", 30000);
    request.protocol_type = in.value("protocol_type", "consumer");
    const int version = in.value("version", 9);
    request.requires_known_member_id = version >= 4;
    request.supports_skip_assignment = version >= 9;
    Subscription subscription;
    for (const Json& topic : in.value("topics", Json::array({"t"})))
      subscription.topics.push_back(topics_.id(topic));
    for (const Json& name : in.value("protocols", Json::array({"range"}))) {
      request.protocols.push_back({name, subscription});
    }
    coordinator_.join_group(request, now_ms_);
  }

  void sync(const Json& in) {
    SyncGroupRequest request;
    request.request = request_of(in);
    request.group = kGroup;
    request.member_id = in.at("member");
    request.instance_id = instance_of(in);
    request.generation = in.at("generation");
    if (in.contains("protocol")) request.protocol = in.at("protocol").get<std::string>();
    if (in.contains("protocol_type")) request.protocol_type = in.at("protocol_type").get<std::string>();
    const Json given_assignment = in.value("assignment", Json::object());
    for (const auto& [member, given] : given_assignment.items()) {
      Assignment assignment;
      assignment.user_data = given;
      request.assignments.emplace_back(member, assignment);
    }
    coordinator_.sync_group(request, now_ms_);
  }

  void commit(const Json& in, bool transactional) {
    OffsetCommitRequest request;
    request.group = kGroup;
    request.member_id = in.at("member");
    request.instance_id = instance_of(in);
    request.generation = in.at("generation");
    const std::string metadata = in.value("metadata", "");
    for (const auto& [name, offset] : in.at("offsets").items()) {
      request.offsets.push_back({topics_.partition(name), offset, kNoLeaderEpoch, metadata});
    }
    if (!transactional) {
      coordinator_.commit_offsets(request, now_ms_);
      return;
    }
    coordinator_.txn_commit_offsets({request, in.at("pid"), in.at("producer_epoch").get<std::int16_t>()},
                                    now_ms_);
  }

  void fetch(const Json& in, Json& out) {
    if (in.contains("member") || in.contains("epoch"))
      throw NotModelledError{"offset fetch of a KIP-848 member"};
    OffsetFetchRequest request;
    request.group = kGroup;
    request.require_stable = in.at("require_stable");
    for (const Json& name : in.at("partitions")) request.partitions.push_back(topics_.partition(name));
    const OffsetFetchResponse response = coordinator_.fetch_offsets(request);
    out["error"] = error_name(response.error);
    if (response.error != Errors::none) return;
    Json offsets = Json::object();
    for (const FetchedOffset& fetched : response.partitions) {
      Json& value = offsets[topics_.name(fetched.partition)];
      if (fetched.error == Errors::none) {
        value = fetched.offset;
      } else {
        value = error_name(fetched.error);
      }
    }
    out["offsets"] = std::move(offsets);
  }

  void commit_writes() {
    while (!coordinator_.outbox().writes.empty()) {
      std::vector<GroupWrite> writes;
      writes.swap(coordinator_.outbox().writes);
      for (const GroupWrite& write : writes) coordinator_.on_written(write.id, Errors::none, now_ms_);
    }
  }

  void print(Json& out) {
    GroupOutbox& outbox = coordinator_.outbox();
    // Recorded in the order of the requests, whatever the order of the answers.
    std::sort(outbox.answers.begin(), outbox.answers.end(),
              [](const GroupAnswer& a, const GroupAnswer& b) { return a.request < b.request; });
    Json responses = Json::array();
    for (const GroupAnswer& answer : outbox.answers) {
      Json printed = std::visit([&](const auto& body) { return print_answer(body, out); }, answer.response);
      if (printed.is_null()) continue;
      printed["req"] = requests_.at(answer.request - 1);
      responses.push_back(std::move(printed));
    }
    if (!responses.empty()) out["responses"] = std::move(responses);
    Json timers = Json::array();
    for (const FiredTimer& fired : outbox.timers) {
      if (fired.name == "expire-group-metadata" && fired.records == 0) continue;
      Json printed{{"at", fired.at_ms}, {"timer", fired.name}};
      if (fired.name == "expire-group-metadata") printed["records"] = fired.records;
      timers.push_back(std::move(printed));
    }
    if (!timers.empty()) out["timers"] = std::move(timers);
    outbox.answers.clear();
    outbox.timers.clear();
    Json state = state_of(coordinator_.group(kGroup));
    if (state != last_state_) {
      out["state"] = state;
      last_state_ = std::move(state);
    }
  }

  static Json optional_name(const std::optional<std::string>& name) { return name ? Json(*name) : Json(); }

  static Json print_answer(const JoinGroupResponse& body, Json&) {
    Json out{{"kind", "join"}, {"error", error_name(body.error)}, {"member", body.member_id}};
    if (body.error != Errors::none) return out;
    out["generation"] = body.generation;
    out["protocol"] = optional_name(body.protocol);
    out["leader"] = body.leader;
    if (body.skip_assignment) out["skip_assignment"] = true;
    Json members = Json::array();
    for (const JoinGroupMember& member : body.members) members.push_back(member.member_id);
    out["members"] = std::move(members);
    return out;
  }

  static Json print_answer(const SyncGroupResponse& body, Json&) {
    Json out{{"kind", "sync"}, {"error", error_name(body.error)}};
    if (body.error != Errors::none) return out;
    out["protocol"] = optional_name(body.protocol);
    out["assignment"] = body.assignment.user_data;
    return out;
  }

  static Json print_answer(const HeartbeatResponse& body, Json& out) {
    out["error"] = error_name(body.error);
    return {};
  }

  static Json print_answer(const DeleteGroupResponse& body, Json& out) {
    out["error"] = error_name(body.error);
    return {};
  }

  static Json print_answer(const LeaveGroupResponse& body, Json& out) {
    out["error"] = error_name(body.error);
    if (body.error != Errors::none) return {};
    Json members = Json::array();
    for (const Errors error : body.members) members.push_back(error_name(error));
    out["member_errors"] = std::move(members);
    return {};
  }

  static Json print_answer(const OffsetCommitResponse& body, Json& out) {
    Errors error = body.error;
    for (const auto& [partition, refused] : body.partitions) {
      if (error == Errors::none) error = refused;
    }
    out["error"] = error_name(error);
    return {};
  }

  static Json state_of(const ClassicGroup* group) {
    if (group == nullptr) return Json{{"group", nullptr}};
    Json members = Json::object();
    for (const ClassicGroupMember& member : group->members()) {
      Json& printed = members[member.id];
      printed = {{"joining", member.awaiting_join.has_value()},
                 {"syncing", member.awaiting_sync.has_value()}};
      if (member.instance_id) printed["instance"] = *member.instance_id;
    }
    return Json{{"type", "classic"},
                {"state", name_of(group->state())},
                {"generation", group->generation()},
                {"protocol", optional_name(group->protocol())},
                {"leader", optional_name(group->leader())},
                {"members", std::move(members)},
                {"pending", group->pending_members()}};
  }

  TopicNames topics_;
  GroupCoordinator coordinator_;
  std::int64_t now_ms_ = 0;
  std::vector<std::string> requests_;
  Json last_state_;
};

}  // namespace

Outcome kafka_group(const Json& recorded_case) {
  for (const Json& recorded : recorded_case.at("steps")) {
    if (recorded.at("in").at("op") == "consumer_heartbeat") return NotModelled{"consumer protocol (KIP-848)"};
  }
  GroupDriver driver{recorded_case};
  return replay(recorded_case, [&](const Json& in) { return driver.step(in); });
}

}  // namespace wrackline::conform
