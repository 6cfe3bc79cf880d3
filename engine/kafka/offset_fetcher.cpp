#include "engine/kafka/offset_fetcher.hpp"

#include <algorithm>

namespace wrackline::kafka {

namespace {

ConsumerException no_offset(TopicPartitions partitions) {
  ConsumerException failure;
  failure.name = "NoOffsetForPartitionException";
  failure.partitions = std::move(partitions);
  return failure;
}

std::optional<ConsumerException> take(std::optional<ConsumerException>& cached) {
  std::optional<ConsumerException> taken;
  taken.swap(cached);
  return taken;
}

}  // namespace

void OffsetFetcher::validate_on_metadata_change() {
  if (seen_metadata_version_ == metadata_.version()) return;
  seen_metadata_version_ = metadata_.version();
  for (const TopicPartition partition : subscriptions_.assigned_sorted()) {
    subscriptions_.maybe_validate_position(partition, metadata_.current_leader(partition));
  }
}

std::optional<ConsumerException> OffsetFetcher::validate_positions(std::int64_t now_ms) {
  if (auto failure = take(validation_failure_)) return failure;
  validate_on_metadata_change();
  struct Plan {
    BrokerId node;
    OffsetForLeaderEpochRequest request;
    std::vector<Validation> validations;
  };
  std::vector<Plan> plans;
  for (const PartitionFetchState& state : subscriptions_.assigned()) {
    if (state.state != FetchState::AWAIT_VALIDATION || now_ms < state.next_retry_ms) continue;
    const BrokerId node = state.position->current_leader.leader;
    if (node == kNoBroker) continue;
    auto plan = std::find_if(plans.begin(), plans.end(), [&](const Plan& p) { return p.node == node; });
    if (plan == plans.end()) {
      plans.push_back({node, {}, {}});
      plan = std::prev(plans.end());
    }
    plan->request.partitions.push_back(
        {state.partition, state.position->offset_epoch, state.position->current_leader.epoch});
    plan->validations.push_back({state.partition, *state.position});
  }
  for (Plan& plan : plans) {
    for (const Validation& validation : plan.validations) {
      subscriptions_.set_next_retry(validation.partition, now_ms + request_timeout_ms_);
    }
    InFlight request;
    request.validations = std::move(plan.validations);
    request.id = network_.send({plan.node, false}, std::move(plan.request), now_ms);
    in_flight_.push_back(std::move(request));
  }
  return std::nullopt;
}

std::optional<ConsumerException> OffsetFetcher::reset_positions(std::int64_t now_ms,
                                                                std::int64_t wall_clock_ms) {
  if (auto failure = take(reset_failure_)) return failure;
  struct Plan {
    BrokerId node;
    ListOffsetsRequest request;
    std::vector<Reset> resets;
  };
  std::vector<Plan> plans;
  for (const PartitionFetchState& state : subscriptions_.assigned()) {
    if (state.state != FetchState::AWAIT_RESET || now_ms < state.next_retry_ms) continue;
    std::int64_t timestamp = kLatestTimestamp;
    switch (state.reset->kind) {
      case ResetStrategy::Kind::none:
        return no_offset({state.partition});
      case ResetStrategy::Kind::latest:
        break;
      case ResetStrategy::Kind::earliest:
        timestamp = kEarliestTimestamp;
        break;
      case ResetStrategy::Kind::by_duration:
        timestamp = wall_clock_ms - state.reset->duration_ms;
        break;
    }
    const LeaderAndEpoch leader = metadata_.current_leader(state.partition);
    if (leader.leader == kNoBroker) {
      metadata_.request_update();
      continue;
    }
    if (network_.is_unavailable({leader.leader, false}, now_ms)) continue;
    auto plan =
        std::find_if(plans.begin(), plans.end(), [&](const Plan& p) { return p.node == leader.leader; });
    if (plan == plans.end()) {
      plans.push_back({leader.leader, {isolation_, {}}, {}});
      plan = std::prev(plans.end());
    }
    plan->request.partitions.push_back({state.partition, timestamp, leader.epoch});
    plan->resets.push_back({state.partition, *state.reset});
  }
  for (Plan& plan : plans) {
    for (const Reset& reset : plan.resets) {
      subscriptions_.set_next_retry(reset.partition, now_ms + request_timeout_ms_);
    }
    InFlight request;
    request.resets = std::move(plan.resets);
    request.id = network_.send({plan.node, false}, std::move(plan.request), now_ms);
    in_flight_.push_back(std::move(request));
  }
  return std::nullopt;
}

bool OffsetFetcher::handle(RequestId id, ConsumerResponseBody& body, std::int64_t now_ms) {
  const auto at =
      std::find_if(in_flight_.begin(), in_flight_.end(), [&](const InFlight& r) { return r.id == id; });
  if (at == in_flight_.end()) return false;
  const InFlight request = std::move(*at);
  in_flight_.erase(at);
  if (!request.resets.empty()) {
    handle_reset(request, body, now_ms);
  } else {
    handle_validation(request, body, now_ms);
  }
  return true;
}

void OffsetFetcher::handle_reset(const InFlight& request, ConsumerResponseBody& body, std::int64_t now_ms) {
  const auto fail_all = [&] {
    for (const Reset& reset : request.resets) {
      subscriptions_.set_next_retry(reset.partition, now_ms + retry_backoff_ms_);
    }
    metadata_.request_update();
  };
  const auto* const response = std::get_if<ListOffsetsResponse>(&body);
  if (response == nullptr) return fail_all();
  TopicPartitions unauthorized;
  for (const ListedOffset& listed : response->partitions) {
    if (listed.error == Errors::topic_authorization_failed) unauthorized.push_back(listed.partition);
  }
  if (!unauthorized.empty()) {
    fail_all();
    reset_failure_.emplace();
    reset_failure_->name = "TopicAuthorizationException";
    reset_failure_->partitions = std::move(unauthorized);
    return;
  }
  bool retry = false;
  for (const ListedOffset& listed : response->partitions) {
    // UNSUPPORTED_FOR_MESSAGE_FORMAT and an unknown offset count as "no answer for this partition".
    if (listed.error == Errors::none || listed.error == Errors::unsupported_for_message_format) continue;
    subscriptions_.set_next_retry(listed.partition, now_ms + retry_backoff_ms_);
    retry = true;
  }
  if (retry) metadata_.request_update();
  for (const ListedOffset& listed : response->partitions) {
    if (listed.error != Errors::none || listed.offset == kNoOffset) continue;
    const auto reset = std::find_if(request.resets.begin(), request.resets.end(),
                                    [&](const Reset& asked) { return asked.partition == listed.partition; });
    if (reset == request.resets.end()) continue;
    // Without an epoch the position needs no validation: the leader itself named it.
    const FetchPosition position{listed.offset, kNoLeaderEpoch, metadata_.current_leader(listed.partition)};
    if (listed.leader_epoch != kNoLeaderEpoch) {
      metadata_.update_last_seen_epoch_if_newer(listed.partition, listed.leader_epoch);
    }
    subscriptions_.maybe_seek_unvalidated(listed.partition, position, reset->strategy);
  }
}

void OffsetFetcher::handle_validation(const InFlight& request, ConsumerResponseBody& body,
                                      std::int64_t now_ms) {
  const auto retry = [&](TopicPartition partition) {
    subscriptions_.set_next_retry(partition, now_ms + retry_backoff_ms_);
    metadata_.request_update();
  };
  const auto* const response = std::get_if<OffsetForLeaderEpochResponse>(&body);
  if (response == nullptr) {
    for (const Validation& validation : request.validations) retry(validation.partition);
    return;
  }
  TopicPartitions unauthorized;
  for (const ListedEpochEnd& end : response->partitions) {
    if (end.error == Errors::topic_authorization_failed) unauthorized.push_back(end.partition);
  }
  if (!unauthorized.empty()) {
    for (const Validation& validation : request.validations) retry(validation.partition);
    validation_failure_.emplace();
    validation_failure_->name = "TopicAuthorizationException";
    validation_failure_->partitions = std::move(unauthorized);
    return;
  }
  std::optional<ConsumerException> truncation;
  for (const Validation& validation : request.validations) {
    const auto end =
        std::find_if(response->partitions.begin(), response->partitions.end(),
                     [&](const ListedEpochEnd& e) { return e.partition == validation.partition; });
    if (end == response->partitions.end() || end->error != Errors::none) {
      retry(validation.partition);
      continue;
    }
    bool truncated = false;
    const auto divergence = subscriptions_.maybe_complete_validation(validation.position, *end, truncated);
    if (!truncated) continue;
    if (!truncation) {
      truncation.emplace();
      truncation->name = "LogTruncationException";
    }
    truncation->partitions.push_back(validation.partition);
    truncation->offsets.push_back(validation.position.offset);
    if (divergence) truncation->divergent.push_back(*divergence);
  }
  if (truncation && !validation_failure_) validation_failure_ = std::move(truncation);
}

}  // namespace wrackline::kafka
