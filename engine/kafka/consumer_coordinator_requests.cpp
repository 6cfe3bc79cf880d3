// What ConsumerCoordinator makes of the answers of its coordinator (C-7, C-13, C-17 as a member sees them).
#include <algorithm>
#include <cassert>

#include "engine/kafka/consumer_coordinator.hpp"

namespace wrackline::kafka {

namespace {

constexpr std::string_view kDisconnect = "DisconnectException";

}  // namespace

ConsumerCoordinator::InFlight& ConsumerCoordinator::send(Api api, ConsumerRequestBody body,
                                                         std::int64_t now_ms,
                                                         std::optional<std::int64_t> timeout_ms) {
  InFlight request;
  request.api = api;
  request.sent = generation_;
  const ConsumerNetworkClient::Connection to =
      api == Api::find ? ConsumerNetworkClient::Connection{kAnyBroker, false} : connection();
  request.id = network_.send(to, std::move(body), now_ms, timeout_ms);
  in_flight_.push_back(std::move(request));
  return in_flight_.back();
}

void ConsumerCoordinator::mark_coordinator_unknown(bool disconnected) {
  if (coordinator_ == kNoBroker) return;
  if (!disconnected) network_.disconnect(connection());
  coordinator_ = kNoBroker;
}

bool ConsumerCoordinator::coordinator_unknown(std::int64_t now_ms) {
  if (coordinator_ != kNoBroker && network_.is_unavailable(connection(), now_ms))
    mark_coordinator_unknown(true);
  return coordinator_ == kNoBroker;
}

void ConsumerCoordinator::lookup_coordinator(std::int64_t now_ms) {
  if (find_) return;
  find_ = Find{};
  find_->id = send(Api::find, FindCoordinatorRequest{config_.group}, now_ms).id;
}

bool ConsumerCoordinator::ensure_coordinator_ready(Failure& failure, std::int64_t now_ms) {
  if (!coordinator_unknown(now_ms)) return true;
  lookup_coordinator(now_ms);
  network_.poll(now_ms);
  if (!find_ || !find_->done) return !coordinator_unknown(now_ms);
  const Failure failed = find_->failure;
  if (failed && failed->retriable) {
    metadata_.request_update();
    network_.poll(now_ms);
    retry_at_ms_ = now_ms + config_.retry_backoff_ms;
  }
  find_.reset();
  if (failed && !failed->retriable) {
    failure = failed;
    return false;
  }
  return !coordinator_unknown(now_ms);
}

bool ConsumerCoordinator::handle(RequestId id, ConsumerResponseBody& body, std::int64_t now_ms) {
  const auto at =
      std::find_if(in_flight_.begin(), in_flight_.end(), [&](const InFlight& open) { return open.id == id; });
  if (at == in_flight_.end()) return false;
  const InFlight request = std::move(*at);
  in_flight_.erase(at);
  if (std::holds_alternative<Disconnected>(body) && request.api != Api::find) mark_coordinator_unknown(true);
  switch (request.api) {
    case Api::find:
      handle_find(request, body, now_ms);
      break;
    case Api::join:
      handle_join(request, body, now_ms);
      break;
    case Api::sync:
      handle_sync(request, body);
      break;
    case Api::heartbeat:
      handle_heartbeat(request, body, now_ms);
      break;
    case Api::commit:
      handle_commit(request, body, now_ms);
      break;
    case Api::fetch:
      handle_fetch(request, body);
      break;
    case Api::leave:
      break;
  }
  return true;
}

void ConsumerCoordinator::handle_find(const InFlight& request, const ConsumerResponseBody& body,
                                      std::int64_t now_ms) {
  Failure failure;
  if (const auto* const response = std::get_if<FindCoordinatorResponse>(&body)) {
    if (response->error == Errors::none) {
      coordinator_ = response->coordinator;
      session_deadline_ms_ = now_ms + config_.session_timeout_ms;
    } else {
      failure = failed_with(response->error);
    }
  } else {
    failure = failed_with(kDisconnect, true);
  }
  if (find_ && find_->id == request.id) {
    find_->done = true;
    find_->failure = failure;
  }
  release_waiting_commits(request.id, failure, now_ms);
}

void ConsumerCoordinator::fail_join(ConsumerException exception) {
  if (!join_) return;
  join_->done = true;
  join_->failure = std::move(exception);
}

void ConsumerCoordinator::handle_join(const InFlight& request, ConsumerResponseBody& body,
                                      std::int64_t now_ms) {
  auto* const response = std::get_if<JoinGroupResponse>(&body);
  if (response == nullptr) return fail_join(failed_with(kDisconnect, true));
  switch (response->error) {
    case Errors::none:
      break;
    case Errors::unknown_member_id:
      if (generation_ == request.sent) reset_state(true);
      return fail_join(failed_with(response->error));
    case Errors::coordinator_not_available:
    case Errors::not_coordinator:
      mark_coordinator_unknown(false);
      return fail_join(failed_with(response->error));
    case Errors::member_id_required:
      generation_ = {kNoGeneration, response->member_id, std::nullopt};
      rejoin_needed_ = true;
      return fail_join(failed_with(response->error));
    case Errors::coordinator_load_in_progress:
    case Errors::fenced_instance_id:
    case Errors::inconsistent_group_protocol:
    case Errors::invalid_session_timeout:
    case Errors::invalid_group_id:
    case Errors::group_authorization_failed:
    case Errors::group_max_size_reached:
    case Errors::unsupported_version:
    case Errors::rebalance_in_progress:
      return fail_join(failed_with(response->error));
    default:
      return fail_join(failed_with("KafkaException", false));
  }
  if (state_ != MemberState::PREPARING_REBALANCE)
    return fail_join(failed_with("UnjoinedGroupException", true));
  state_ = MemberState::COMPLETING_REBALANCE;
  if (thread_exists_) {
    thread_enabled_ = true;
    reset_heartbeat_timers(now_ms);
  }
  generation_ = {response->generation, response->member_id, response->protocol};
  if (response->leader == response->member_id) {
    leading_ = std::move(*response);
    continue_as_leader(now_ms);
  } else {
    send_sync({}, now_ms);
  }
}

void ConsumerCoordinator::continue_as_leader(std::int64_t now_ms) {
  if (state_ != MemberState::COMPLETING_REBALANCE || generation_.id != leading_->generation) {
    leading_.reset();
    return fail_join(failed_with("UnjoinedGroupException", true));
  }
  std::vector<TopicId> topics;
  for (const JoinGroupMember& member : leading_->members) {
    topics.insert(topics.end(), member.metadata.topics.begin(), member.metadata.topics.end());
  }
  std::sort(topics.begin(), topics.end());
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  const bool news = std::any_of(topics.begin(), topics.end(), [&](TopicId topic) {
    return !subscriptions_.is_subscribed(topic) &&
           std::find(group_subscription_.begin(), group_subscription_.end(), topic) ==
               group_subscription_.end();
  });
  group_subscription_ = topics;
  if (news) metadata_.request_update();
  const JoinGroupResponse response = std::move(*leading_);
  leading_.reset();
  if (metadata_.update_requested()) {
    network_.transmit(now_ms);
    if (metadata_.update_requested()) {
      leading_ = response;
      return;
    }
  }
  update_subscription_metadata();
  is_leader_ = true;
  assignment_snapshot_ = metadata_snapshot_;
  if (response.skip_assignment) return send_sync({}, now_ms);

  std::vector<AssignorTopic> known;
  for (const TopicId topic : topics) {
    const std::int32_t count = metadata_.partition_count(topic);
    if (count > 0) known.push_back({topic, count, {}});
  }
  std::vector<AssignorMember> members;
  for (const JoinGroupMember& member : response.members) {
    members.push_back({member.member_id, member.instance_id, member.metadata.topics, member.metadata.owned,
                       member.metadata.generation, member.metadata.rack});
  }
  const std::optional<AssignorKind> kind = assignor_of(response.protocol.value_or(""));
  if (!kind) return fail_join(failed_with("IllegalStateException", false));
  GroupAssignment shares = assign(*kind, known, members);
  std::vector<std::pair<std::string, Assignment>> assignments;
  for (std::size_t i = 0; i < members.size(); ++i) {
    assignments.emplace_back(members[i].id, Assignment{std::move(shares[i]), ""});
  }
  send_sync(std::move(assignments), now_ms);
}

void ConsumerCoordinator::send_sync(std::vector<std::pair<std::string, Assignment>> assignments,
                                    std::int64_t now_ms) {
  if (coordinator_unknown(now_ms)) return fail_join(failed_with(Errors::coordinator_not_available));
  SyncGroupRequest request;
  request.group = config_.group;
  request.member_id = generation_.member_id;
  request.instance_id = config_.instance_id;
  request.generation = generation_.id;
  request.protocol_type = "consumer";
  request.protocol = generation_.protocol;
  request.assignments = std::move(assignments);
  send(Api::sync, std::move(request), now_ms);
}

void ConsumerCoordinator::handle_sync(const InFlight& request, ConsumerResponseBody& body) {
  auto* const response = std::get_if<SyncGroupResponse>(&body);
  if (response == nullptr) return fail_join(failed_with(kDisconnect, true));
  switch (response->error) {
    case Errors::none:
      break;
    case Errors::unknown_member_id:
    case Errors::illegal_generation:
      if (generation_ == request.sent) reset_state(response->error != Errors::illegal_generation);
      return fail_join(failed_with(response->error));
    case Errors::coordinator_not_available:
    case Errors::not_coordinator:
      mark_coordinator_unknown(false);
      return fail_join(failed_with(response->error));
    case Errors::group_authorization_failed:
    case Errors::rebalance_in_progress:
    case Errors::fenced_instance_id:
      return fail_join(failed_with(response->error));
    default:
      return fail_join(failed_with("KafkaException", false));
  }
  const bool was_reset = generation_.id == kNoGeneration && !generation_.protocol;
  if (was_reset || state_ != MemberState::COMPLETING_REBALANCE) {
    return fail_join(failed_with(Errors::illegal_generation));
  }
  if (response->protocol && response->protocol != generation_.protocol) {
    return fail_join(failed_with(Errors::inconsistent_group_protocol));
  }
  state_ = MemberState::STABLE;
  rejoin_needed_ = false;
  if (!join_) return;
  join_->done = true;
  join_->assignment = std::move(response->assignment);
}

void ConsumerCoordinator::handle_heartbeat(const InFlight& request, const ConsumerResponseBody& body,
                                           std::int64_t now_ms) {
  const auto received = [&] { session_deadline_ms_ = now_ms + config_.session_timeout_ms; };
  const auto failed = [&] { heartbeat_at_ms_ = now_ms + config_.retry_backoff_ms; };
  const auto* const response = std::get_if<HeartbeatResponse>(&body);
  if (response == nullptr) return failed();
  switch (response->error) {
    case Errors::none:
      return received();
    case Errors::coordinator_not_available:
    case Errors::not_coordinator:
      mark_coordinator_unknown(false);
      return failed();
    case Errors::rebalance_in_progress:
      if (state_ == MemberState::STABLE) rejoin_needed_ = true;
      return received();
    case Errors::illegal_generation:
    case Errors::unknown_member_id:
    case Errors::fenced_instance_id:
      if (generation_ != request.sent) return received();
      reset_state(response->error != Errors::illegal_generation);
      if (response->error == Errors::fenced_instance_id) {
        thread_failure_ = failed_with(response->error);
        return;
      }
      return failed();
    default:
      return failed();
  }
}

void ConsumerCoordinator::handle_commit(const InFlight& request, const ConsumerResponseBody& body,
                                        std::int64_t now_ms) {
  static_cast<void>(now_ms);
  const auto at = std::find_if(commits_.begin(), commits_.end(),
                               [&](const Commit& commit) { return commit.key == request.commit; });
  const auto* const response = std::get_if<OffsetCommitResponse>(&body);
  Failure failure =
      response == nullptr ? Failure{failed_with(kDisconnect, true)} : commit_failure(*response, request.sent);
  if (at == commits_.end()) return;
  const Commit commit = std::move(*at);
  commits_.erase(at);
  finish_commit(commit, std::move(failure));
}

ConsumerCoordinator::Failure ConsumerCoordinator::commit_failure(const OffsetCommitResponse& response,
                                                                 const MemberGeneration& sent) {
  std::vector<std::pair<TopicPartition, Errors>> errors = response.partitions;
  // An error of the whole request reaches the client as the same error on every partition.
  if (response.error != Errors::none) errors = {{TopicPartition{}, response.error}};
  bool unauthorized = false;
  for (const auto& [partition, error] : errors) {
    switch (error) {
      case Errors::none:
        break;
      case Errors::topic_authorization_failed:
        unauthorized = true;
        break;
      case Errors::group_authorization_failed:
      case Errors::offset_metadata_too_large:
      case Errors::invalid_commit_offset_size:
      case Errors::coordinator_load_in_progress:
      case Errors::unknown_topic_or_partition:
        return failed_with(error);
      case Errors::coordinator_not_available:
      case Errors::not_coordinator:
      case Errors::request_timed_out:
        mark_coordinator_unknown(false);
        return failed_with(error);
      case Errors::fenced_instance_id:
        if (generation_ == sent) return failed_with(error);
        if (state_ == MemberState::PREPARING_REBALANCE) return failed_with(Errors::rebalance_in_progress);
        return failed_with("CommitFailedException", false);
      case Errors::rebalance_in_progress:
        rejoin_needed_ = true;
        return failed_with(error);
      case Errors::unknown_member_id:
      case Errors::illegal_generation:
        if (generation_ != sent && state_ == MemberState::PREPARING_REBALANCE) {
          return failed_with(Errors::rebalance_in_progress);
        }
        reset_state(error != Errors::illegal_generation);
        return failed_with("CommitFailedException", false);
      default:
        return failed_with("KafkaException", false);
    }
  }
  if (unauthorized) return failed_with(Errors::topic_authorization_failed);
  return std::nullopt;
}

void ConsumerCoordinator::handle_fetch(const InFlight& request, ConsumerResponseBody& body) {
  const auto* const response = std::get_if<OffsetFetchResponse>(&body);
  Failure failure;
  if (response == nullptr) {
    failure = failed_with(kDisconnect, true);
  } else if (response->error != Errors::none) {
    if (response->error == Errors::coordinator_not_available || response->error == Errors::not_coordinator) {
      mark_coordinator_unknown(false);
    }
    const bool known = response->error == Errors::group_authorization_failed || is_retriable(response->error);
    failure = known ? failed_with(response->error) : failed_with("KafkaException", false);
  } else {
    bool unauthorized = false;
    bool unstable = false;
    for (const FetchedOffset& fetched : response->partitions) {
      if (fetched.error == Errors::none || failure) continue;
      if (fetched.error == Errors::topic_authorization_failed) {
        unauthorized = true;
      } else if (fetched.error == Errors::unstable_offset_commit) {
        unstable = true;
      } else {
        failure = failed_with("KafkaException", false);
      }
    }
    if (!failure && unauthorized) failure = failed_with(Errors::topic_authorization_failed);
    if (!failure && unstable) failure = failed_with(Errors::unstable_offset_commit);
  }
  if (!fetch_ || fetch_->id != request.id) return;
  fetch_->done = true;
  fetch_->failure = failure;
  if (response != nullptr) fetch_->offsets = response->partitions;
}

std::string_view ConsumerCoordinator::committed_metadata(TopicPartition partition, Offset offset) const {
  for (const FetchedOffset& known : restored_) {
    if (known.partition == partition && known.offset == offset) return known.metadata;
  }
  return {};
}

ConsumerCoordinator::CommittedOffsets ConsumerCoordinator::init_with_committed_offsets(std::int64_t now_ms) {
  TopicPartitions wanted;
  for (const PartitionFetchState& state : subscriptions_.assigned()) {
    if (state.state == FetchState::INITIALIZING) wanted.push_back(state.partition);
  }
  std::sort(wanted.begin(), wanted.end());
  if (wanted.empty()) return {true, std::nullopt};
  const std::optional<MemberGeneration> generation = generation_if_stable();
  if (fetch_ && (fetch_->partitions != wanted || fetch_->generation != generation)) fetch_.reset();
  Failure failure;
  if (!ensure_coordinator_ready(failure, now_ms)) return {false, failure};
  if (!fetch_) {
    fetch_ = Fetch{};
    fetch_->partitions = wanted;
    fetch_->generation = generation;
    OffsetFetchRequest request;
    request.group = config_.group;
    request.partitions = wanted;
    fetch_->id = send(Api::fetch, std::move(request), now_ms).id;
  }
  network_.poll(now_ms);
  if (!fetch_->done) return {false, std::nullopt};
  const Fetch fetched = std::move(*fetch_);
  fetch_.reset();
  if (fetched.failure) {
    if (!fetched.failure->retriable) return {false, fetched.failure};
    retry_at_ms_ = now_ms + config_.retry_backoff_ms;
    return {false, std::nullopt};
  }
  for (const FetchedOffset& committed : fetched.offsets) {
    if (committed.offset < 0) continue;
    if (committed.leader_epoch != kNoLeaderEpoch) {
      metadata_.update_last_seen_epoch_if_newer(committed.partition, committed.leader_epoch);
    }
    if (!subscriptions_.is_assigned(committed.partition)) continue;
    std::erase_if(restored_,
                  [&](const FetchedOffset& known) { return known.partition == committed.partition; });
    restored_.push_back(committed);
    subscriptions_.seek_unvalidated(committed.partition, {committed.offset, committed.leader_epoch,
                                                          metadata_.current_leader(committed.partition)});
  }
  return {true, std::nullopt};
}

}  // namespace wrackline::kafka
