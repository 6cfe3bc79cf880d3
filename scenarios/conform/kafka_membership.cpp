// kafka.membership: ConsumerCoordinator of one consumer, on a network operated by the steps. Metadata
// requests are answered at once with what the last `metadata` step gave.
#include <deque>
#include <map>
#include <string>

#include "engine/kafka/consumer_coordinator.hpp"
#include "scenarios/conform/conform.hpp"
#include "scenarios/conform/kafka_names.hpp"

namespace wrackline::conform {

namespace {

using namespace kafka;

constexpr BrokerId kBroker = 0;

ConsumerGroupConfig config_of(const Json& given) {
  ConsumerGroupConfig config;
  config.group = "g";
  const std::string strategy = given.value("partition.assignment.strategy", "range");
  const std::optional<AssignorKind> kind = assignor_of(strategy);
  if (!kind) throw NotModelledError{"assignor " + strategy};
  config.assignors = {*kind};
  if (given.contains("group.instance.id"))
    config.instance_id = given.at("group.instance.id").get<std::string>();
  config.session_timeout_ms = given.value("session.timeout.ms", config.session_timeout_ms);
  config.heartbeat_interval_ms = given.value("heartbeat.interval.ms", config.heartbeat_interval_ms);
  config.max_poll_interval_ms = given.value("max.poll.interval.ms", config.max_poll_interval_ms);
  config.request_timeout_ms = given.value("request.timeout.ms", config.request_timeout_ms);
  config.retry_backoff_ms = given.value("retry.backoff.ms", config.retry_backoff_ms);
  config.auto_commit = given.value("enable.auto.commit", config.auto_commit);
  config.auto_commit_interval_ms = given.value("auto.commit.interval.ms", config.auto_commit_interval_ms);
  return config;
}

Errors error_in(const Json& given, const char* key) {
  return given.contains(key) ? *find_error(given.at(key).get<std::string>()) : Errors::none;
}

class MembershipDriver final : public MetadataUpdater {
 public:
  explicit MembershipDriver(const Json& recorded_case)
      : names_{recorded_case},
        config_{config_of(recorded_case.at("config"))},
        now_ms_{recorded_case.at("config").value("start_ms", std::int64_t{0})},
        subscriptions_{{ResetStrategy::Kind::latest, 0}},
        network_{config_.request_timeout_ms},
        coordinator_{config_, subscriptions_, metadata_, network_, now_ms_} {
    network_.add_handler(&coordinator_);
    network_.set_metadata_updater(this);
  }

  void maybe_update(std::int64_t) override {
    if (metadata_.update_requested()) metadata_.update(topics_, now_ms_);
  }

  Json step(const Json& in) {
    const std::string op = in.at("op");
    Json out = Json::object();
    const std::int64_t before_ms = now_ms_;
    if (op == "poll") {
      poll(out);
    } else if (op == "heartbeat_thread") {
      const ConsumerCoordinator::HeartbeatPass pass = coordinator_.heartbeat_pass(now_ms_);
      out["running"] = pass.running;
      if (pass.failed) out["failed"] = pass.failed->name;
    } else if (op == "metadata") {
      metadata(in);
    } else if (op == "subscribe") {
      std::vector<TopicId> topics;
      for (const Json& topic : in.at("topics")) topics.push_back(names_.id(topic));
      if (subscriptions_.subscribe(std::move(topics))) metadata_.request_update();
    } else if (op == "unsubscribe") {
      if (const auto callback = coordinator_.prepare_leave()) run(*callback, out);
      coordinator_.leave_group(LeaveOnClose::by_default, now_ms_);
      subscriptions_.unsubscribe();
    } else if (op == "assign_manually") {
      TopicPartitions partitions;
      for (const Json& name : in.at("partitions")) partitions.push_back(names_.partition(name));
      if (subscriptions_.assign_from_user(partitions)) metadata_.request_update();
    } else if (op == "position") {
      const TopicPartition partition = names_.partition(in.at("partition"));
      if (subscriptions_.is_assigned(partition)) {
        subscriptions_.seek_validated(partition, {in.at("offset"), kNoLeaderEpoch, {}});
      } else {
        out["assigned"] = false;
      }
    } else if (op == "request_rejoin") {
      coordinator_.request_rejoin();
    } else if (op == "callback_throws") {
      throws_.push_back(in.at("callback"));
    } else if (op == "disconnect") {
      network_.connection_lost({kAnyBroker, false});
    } else if (op == "advance_time") {
      now_ms_ += in.at("ms").get<std::int64_t>();
      out["now"] = now_ms_;
    } else if (op == "commit_async") {
      const ConsumerCoordinator::AsyncCommit commit = coordinator_.commit_async(offsets_of(in), now_ms_);
      if (commit.exception) {
        print(*commit.exception, out);
      } else {
        out["commit"] = "c" + std::to_string(commit.commit);
      }
    } else if (op == "commit_sync") {
      commit_sync(in, out);
    } else if (op == "fetch_committed") {
      const ConsumerCoordinator::CommittedOffsets committed =
          coordinator_.init_with_committed_offsets(now_ms_);
      if (committed.exception) {
        print(*committed.exception, out);
      } else {
        out["done"] = committed.done;
      }
    } else if (op == "close") {
      close(in, out);
    } else if (op == "respond") {
      respond(sent_.at(in.at("req").get<std::string>()), in);
    } else {
      throw NotModelledError{"op " + op};
    }
    if (now_ms_ != before_ms) out["now"] = now_ms_;
    print_requests();
    if (!requests_.empty()) out["requests"] = std::move(requests_);
    requests_ = Json::array();
    print_commits(out);
    out["state"] = changed_state();
    return out;
  }

 private:
  struct Sent {
    RequestId id;
    std::string api;
    std::vector<TopicPartition> partitions;
  };

  void run(const RebalanceCallback& callback, Json& out) {
    static constexpr const char* kNames[] = {"revoked", "assigned", "lost"};
    const char* const name = kNames[static_cast<std::size_t>(callback.kind)];
    out["callbacks"].push_back({{"callback", name}, {"partitions", names_.by_topic(callback.partitions)}});
    const auto armed = std::find(throws_.begin(), throws_.end(), name);
    const bool threw = armed != throws_.end();
    if (threw) throws_.erase(armed);
    coordinator_.callback_done(threw);
  }

  static void print(const ConsumerException& exception, Json& out) {
    out["exception"] = exception.name;
    if (!exception.cause.empty()) out["cause"] = exception.cause;
  }

  void poll(Json& out) {
    while (true) {
      const CoordinatorPoll polled = coordinator_.poll(now_ms_);
      if (polled.kind == CoordinatorPoll::Kind::callback) {
        run(polled.callback, out);
        continue;
      }
      if (polled.kind == CoordinatorPoll::Kind::failed) {
        print(polled.exception, out);
      } else {
        out["ready"] = polled.kind == CoordinatorPoll::Kind::ready;
        network_.poll(now_ms_);
      }
      return;
    }
  }

  void metadata(const Json& in) {
    topics_.clear();
    for (const auto& [name, count] : in.at("topics").items()) {
      for (std::int32_t p = 0; p < count.get<std::int32_t>(); ++p) {
        topics_.push_back({{names_.id(name), p}, {kBroker, 0}, {kBroker}, {}});
      }
    }
    metadata_.update(topics_, now_ms_);
  }

  std::vector<OffsetToCommit> offsets_of(const Json& in) const {
    std::vector<OffsetToCommit> offsets;
    for (const auto& [name, offset] : in.at("offsets").items()) {
      offsets.push_back({names_.partition(name), offset, kNoLeaderEpoch, ""});
    }
    return offsets;
  }

  /// Requests that wait in the outbox get their prepared answers; then the clock runs as the recording client
  /// let it.
  void wait(std::deque<Json>& answers) {
    for (const std::string& request : print_requests()) {
      const Sent& sent = sent_.at(request);
      if (answers.empty() || answers.front().at("api") != sent.api) continue;
      respond(sent, answers.front());
      answers.pop_front();
    }
    now_ms_ = coordinator_.blocked_until_ms(now_ms_);
  }

  static std::deque<Json> answers_of(const Json& in) {
    std::deque<Json> answers;
    for (const Json& answer : in.at("answers")) answers.push_back(answer);
    return answers;
  }

  void commit_sync(const Json& in, Json& out) {
    std::deque<Json> answers = answers_of(in);
    coordinator_.start_commit_sync(offsets_of(in), in.at("timeout_ms"), now_ms_);
    while (true) {
      const ConsumerCoordinator::SyncCommit commit = coordinator_.continue_commit_sync(now_ms_);
      if (!commit.done) {
        wait(answers);
        continue;
      }
      if (commit.exception) {
        print(*commit.exception, out);
      } else {
        out["committed"] = commit.committed;
      }
      return;
    }
  }

  void close(const Json& in, Json& out) {
    std::deque<Json> answers = answers_of(in);
    LeaveOnClose how = LeaveOnClose::by_default;
    const std::string operation = in.value("group_membership_operation", "DEFAULT");
    if (operation == "LEAVE_GROUP") how = LeaveOnClose::leave_group;
    if (operation == "REMAIN_IN_GROUP") how = LeaveOnClose::remain_in_group;
    coordinator_.start_close(how, in.at("timeout_ms"), now_ms_);
    while (true) {
      const CoordinatorPoll closing = coordinator_.continue_close(now_ms_);
      if (closing.kind == CoordinatorPoll::Kind::ready) return;
      if (closing.kind == CoordinatorPoll::Kind::callback) {
        run(closing.callback, out);
      } else {
        wait(answers);
      }
    }
  }

  void respond(const Sent& request, const Json& given) {
    const Errors error = error_in(given, "error");
    if (request.api == "FIND_COORDINATOR") {
      network_.deliver(request.id,
                       FindCoordinatorResponse{error, error == Errors::none ? kBroker : kNoBroker});
    } else if (request.api == "JOIN_GROUP") {
      network_.deliver(request.id, join_response(given, error));
    } else if (request.api == "SYNC_GROUP") {
      SyncGroupResponse response;
      response.error = error;
      if (error == Errors::none) {
        response.protocol = coordinator_.generation().protocol;
        if (given.contains("assignment")) {
          for (const Json& name : given.at("assignment")) {
            response.assignment.partitions.push_back(names_.partition(name));
          }
        }
      }
      network_.deliver(request.id, std::move(response));
    } else if (request.api == "HEARTBEAT") {
      network_.deliver(request.id, HeartbeatResponse{error});
    } else if (request.api == "LEAVE_GROUP") {
      LeaveGroupResponse response;
      response.error = error;
      network_.deliver(request.id, std::move(response));
    } else if (request.api == "OFFSET_COMMIT") {
      OffsetCommitResponse response;
      for (const TopicPartition partition : request.partitions) {
        Errors refused = error;
        const std::string name = names_.name(partition);
        if (given.contains("partition_errors") && given.at("partition_errors").contains(name)) {
          refused = *find_error(given.at("partition_errors").at(name).get<std::string>());
        }
        response.partitions.emplace_back(partition, refused);
      }
      network_.deliver(request.id, std::move(response));
    } else {
      OffsetFetchResponse response;
      response.error = error_in(given, "group_error");
      for (const TopicPartition partition : request.partitions) {
        const std::string name = names_.name(partition);
        FetchedOffset fetched;
        fetched.partition = partition;
        if (given.contains("offsets")) fetched.offset = given.at("offsets").value(name, kNoOffset);
        if (given.contains("partition_errors") && given.at("partition_errors").contains(name)) {
          fetched.error = *find_error(given.at("partition_errors").at(name).get<std::string>());
        }
        response.partitions.push_back(fetched);
      }
      network_.deliver(request.id, std::move(response));
    }
  }

  JoinGroupResponse join_response(const Json& given, Errors error) const {
    JoinGroupResponse response;
    response.error = error;
    response.generation = given.value("generation", kNoGeneration);
    response.member_id = given.value("member_id", "");
    response.leader = given.value("leader", "");
    if (error != Errors::none) return response;
    response.protocol = std::string{name_of(config_.assignors.front())};
    if (!given.contains("members")) return response;
    for (const auto& [id, member] : given.at("members").items()) {
      JoinGroupMember joined;
      joined.member_id = id;
      for (const Json& topic : member.at("topics")) joined.metadata.topics.push_back(names_.id(topic));
      if (member.contains("owned")) {
        for (const Json& name : member.at("owned")) joined.metadata.owned.push_back(names_.partition(name));
      }
      joined.metadata.generation = member.value("owned_generation", kNoGeneration);
      response.members.push_back(std::move(joined));
    }
    return response;
  }

  std::vector<std::string> print_requests() {
    std::vector<std::string> fresh;
    for (const OutgoingRequest& request : network_.outbox()) {
      Sent sent{request.id, "", {}};
      Json printed = std::visit([&](const auto& body) { return print_request(body, sent); }, request.body);
      const std::string name = "r" + std::to_string(sent_.size() + 1);
      printed["req"] = name;
      printed["api"] = sent.api;
      requests_.push_back(std::move(printed));
      sent_.emplace(name, std::move(sent));
      fresh.push_back(name);
    }
    network_.outbox().clear();
    return fresh;
  }

  template <typename Body>
  static Json print_request(const Body&, Sent&) {
    throw NotModelledError{"request without a printed form"};
  }

  Json print_request(const FindCoordinatorRequest&, Sent& sent) const {
    sent.api = "FIND_COORDINATOR";
    return Json::object();
  }

  Json print_request(const JoinGroupRequest& body, Sent& sent) const {
    sent.api = "JOIN_GROUP";
    const JoinProtocol& protocol = body.protocols.front();
    Json topics = Json::array();
    for (const TopicId topic : protocol.metadata.topics) topics.push_back(names_.name(topic));
    Json out{{"member_id", body.member_id},
             {"protocol", protocol.name},
             {"topics", std::move(topics)},
             {"owned", names_.by_topic(protocol.metadata.owned)},
             {"owned_generation",
              protocol.metadata.generation == kNoGeneration ? Json() : Json(protocol.metadata.generation)}};
    if (body.instance_id) out["instance"] = *body.instance_id;
    return out;
  }

  Json print_request(const SyncGroupRequest& body, Sent& sent) const {
    sent.api = "SYNC_GROUP";
    Json assignments = Json::object();
    for (const auto& [member, assignment] : body.assignments) {
      assignments[member] = names_.by_topic(assignment.partitions);
    }
    return {{"generation", body.generation},
            {"member_id", body.member_id},
            {"assignments", std::move(assignments)}};
  }

  Json print_request(const HeartbeatRequest& body, Sent& sent) const {
    sent.api = "HEARTBEAT";
    return {{"generation", body.generation}, {"member_id", body.member_id}};
  }

  Json print_request(const LeaveGroupRequest& body, Sent& sent) const {
    sent.api = "LEAVE_GROUP";
    return {{"member_id", body.members.front().member_id}};
  }

  Json print_request(const OffsetCommitRequest& body, Sent& sent) const {
    sent.api = "OFFSET_COMMIT";
    Json offsets = Json::object();
    for (const OffsetToCommit& commit : body.offsets) {
      offsets[names_.name(commit.partition)] = commit.offset;
      sent.partitions.push_back(commit.partition);
    }
    return {{"generation", body.generation}, {"member_id", body.member_id}, {"offsets", std::move(offsets)}};
  }

  Json print_request(const OffsetFetchRequest& body, Sent& sent) const {
    sent.api = "OFFSET_FETCH";
    sent.partitions = body.partitions;
    Json partitions = Json::array();
    for (const TopicPartition partition : body.partitions) partitions.push_back(names_.name(partition));
    return {{"partitions", std::move(partitions)}, {"require_stable", body.require_stable}};
  }

  void print_commits(Json& out) {
    for (const CommitResult& result : coordinator_.commit_results()) {
      Json printed{{"commit", "c" + std::to_string(result.commit)}, {"exception", nullptr}};
      if (result.exception) print(*result.exception, printed);
      out["commit_callbacks"].push_back(std::move(printed));
    }
    coordinator_.commit_results().clear();
  }

  Json changed_state() {
    const Json state{{"member_state", name_of(coordinator_.state())},
                     {"generation", coordinator_.generation().id},
                     {"member_id", coordinator_.generation().member_id},
                     {"coordinator_known", !coordinator_.coordinator_unknown(now_ms_)},
                     {"rejoin_needed_or_pending", coordinator_.rejoin_needed_or_pending()},
                     {"assigned", names_.by_topic(subscriptions_.assigned_sorted())}};
    Json changed = Json::object();
    for (const auto& [key, value] : state.items()) {
      if (!last_state_.contains(key) || last_state_.at(key) != value) changed[key] = value;
    }
    last_state_ = state;
    return changed;
  }

  TopicNames names_;
  ConsumerGroupConfig config_;
  std::int64_t now_ms_;
  ConsumerMetadata metadata_;
  SubscriptionState subscriptions_;
  ConsumerNetworkClient network_;
  ConsumerCoordinator coordinator_;
  std::vector<PartitionMetadata> topics_;
  std::vector<std::string> throws_;
  std::map<std::string, Sent> sent_;
  Json requests_ = Json::array();
  Json last_state_ = Json::object();
};

}  // namespace

Outcome kafka_membership(const Json& recorded_case) {
  MembershipDriver driver{recorded_case};
  return replay(recorded_case, [&](const Json& in) { return driver.step(in); });
}

}  // namespace wrackline::conform
