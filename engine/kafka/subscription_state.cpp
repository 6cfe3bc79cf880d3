#include "engine/kafka/subscription_state.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::kafka {

std::string_view name_of(FetchState state) {
  switch (state) {
    case FetchState::INITIALIZING:
      return "INITIALIZING";
    case FetchState::FETCHING:
      return "FETCHING";
    case FetchState::AWAIT_RESET:
      return "AWAIT_RESET";
    case FetchState::AWAIT_VALIDATION:
      return "AWAIT_VALIDATION";
  }
  return "";
}

bool SubscriptionState::subscribe(std::vector<TopicId> topics) {
  type_ = Type::topics;
  std::sort(topics.begin(), topics.end());
  if (topics == subscription_) return false;
  subscription_ = std::move(topics);
  return true;
}

bool SubscriptionState::assign_from_user(const TopicPartitions& partitions) {
  type_ = Type::user_assigned;
  TopicPartitions wanted = partitions;
  std::sort(wanted.begin(), wanted.end());
  if (wanted == assigned_sorted()) return false;
  assign_all(wanted);
  std::vector<TopicId> topics;
  for (const TopicPartition partition : wanted) {
    if (topics.empty() || topics.back() != partition.topic) topics.push_back(partition.topic);
  }
  const bool changed = topics != subscription_;
  subscription_ = std::move(topics);
  return changed;
}

void SubscriptionState::assign_from_subscribed(const TopicPartitions& partitions) { assign_all(partitions); }

void SubscriptionState::assign_all(const TopicPartitions& partitions) {
  ++assignment_id_;
  std::vector<PartitionFetchState> next;
  next.reserve(partitions.size());
  for (const TopicPartition partition : partitions) {
    if (const PartitionFetchState* const known = find(partition)) {
      next.push_back(*known);
    } else {
      next.emplace_back();
      next.back().partition = partition;
    }
  }
  assigned_ = std::move(next);
}

void SubscriptionState::unsubscribe() {
  type_ = Type::none;
  subscription_.clear();
  assigned_.clear();
  ++assignment_id_;
}

bool SubscriptionState::is_subscribed(TopicId topic) const {
  return std::binary_search(subscription_.begin(), subscription_.end(), topic);
}

TopicPartitions SubscriptionState::assigned_sorted() const {
  TopicPartitions all;
  all.reserve(assigned_.size());
  for (const PartitionFetchState& state : assigned_) all.push_back(state.partition);
  std::sort(all.begin(), all.end());
  return all;
}

PartitionFetchState* SubscriptionState::find(TopicPartition partition) {
  for (PartitionFetchState& state : assigned_) {
    if (state.partition == partition) return &state;
  }
  return nullptr;
}

const PartitionFetchState* SubscriptionState::find(TopicPartition partition) const {
  for (const PartitionFetchState& state : assigned_) {
    if (state.partition == partition) return &state;
  }
  return nullptr;
}

void SubscriptionState::move_to_end(TopicPartition partition) {
  const auto at = std::find_if(assigned_.begin(), assigned_.end(), [&](const PartitionFetchState& state) {
    return state.partition == partition;
  });
  if (at != assigned_.end()) std::rotate(at, at + 1, assigned_.end());
}

bool SubscriptionState::transition(PartitionFetchState& state, FetchState to) {
  // The only step that is not allowed: a lost position has to be found again before it can be validated.
  if (state.state == FetchState::AWAIT_RESET && to == FetchState::AWAIT_VALIDATION) return false;
  state.state = to;
  state.next_retry_ms = 0;
  if (to == FetchState::AWAIT_RESET || to == FetchState::INITIALIZING) state.position.reset();
  return true;
}

void SubscriptionState::validate(PartitionFetchState& state, const FetchPosition& position) {
  const bool can_validate =
      position.offset_epoch != kNoLeaderEpoch && position.current_leader.epoch != kNoLeaderEpoch;
  if (transition(state, can_validate ? FetchState::AWAIT_VALIDATION : FetchState::FETCHING)) {
    state.position = position;
  }
}

void SubscriptionState::seek_validated(TopicPartition partition, const FetchPosition& position) {
  PartitionFetchState* const state = find(partition);
  assert(state != nullptr);
  transition(*state, FetchState::FETCHING);
  state->position = position;
  state->reset.reset();
}

void SubscriptionState::seek_unvalidated(TopicPartition partition, const FetchPosition& position) {
  seek_validated(partition, position);
  validate(*find(partition), position);
}

void SubscriptionState::maybe_seek_unvalidated(TopicPartition partition, const FetchPosition& position,
                                               const ResetStrategy& requested) {
  const PartitionFetchState* const state = find(partition);
  if (state == nullptr || state->state != FetchState::AWAIT_RESET || state->reset != requested) return;
  seek_unvalidated(partition, position);
}

void SubscriptionState::set_position(TopicPartition partition, const FetchPosition& position) {
  PartitionFetchState* const state = find(partition);
  assert(state != nullptr && state->has_valid_position());
  state->position = position;
}

void SubscriptionState::request_reset(TopicPartition partition, const ResetStrategy& strategy) {
  PartitionFetchState* const state = find(partition);
  if (state == nullptr) return;
  transition(*state, FetchState::AWAIT_RESET);
  state->reset = strategy;
}

bool SubscriptionState::maybe_validate_position(TopicPartition partition, const LeaderAndEpoch& leader) {
  PartitionFetchState* const state = find(partition);
  if (state == nullptr || state->state == FetchState::AWAIT_RESET || leader.leader == kNoBroker) return false;
  if (state->position && state->position->current_leader != leader) {
    validate(*state, {state->position->offset, state->position->offset_epoch, leader});
    state->preferred_replica = kNoBroker;
  }
  return state->state == FetchState::AWAIT_VALIDATION;
}

void SubscriptionState::complete_validation(TopicPartition partition) {
  PartitionFetchState* const state = find(partition);
  if (state != nullptr && state->position) transition(*state, FetchState::FETCHING);
}

std::optional<ConsumerException::Divergence> SubscriptionState::maybe_complete_validation(
    const FetchPosition& requested, const ListedEpochEnd& end, bool& truncated) {
  truncated = false;
  PartitionFetchState* const state = find(end.partition);
  if (state == nullptr || state->state != FetchState::AWAIT_VALIDATION || state->position != requested) {
    return std::nullopt;
  }
  if (end.end_offset == kNoOffset || end.leader_epoch == kNoLeaderEpoch) {
    if (has_default_reset()) {
      request_reset(end.partition);
    } else {
      truncated = true;
    }
    return std::nullopt;
  }
  if (end.end_offset < requested.offset) {
    if (!has_default_reset()) {
      truncated = true;
      return ConsumerException::Divergence{end.partition, end.end_offset, end.leader_epoch};
    }
    seek_validated(end.partition, {end.end_offset, end.leader_epoch, requested.current_leader});
    return std::nullopt;
  }
  complete_validation(end.partition);
  return std::nullopt;
}

TopicPartitions SubscriptionState::reset_initializing() {
  TopicPartitions without_offset;
  for (const PartitionFetchState& state : assigned_) {
    if (state.state != FetchState::INITIALIZING) continue;
    if (has_default_reset()) {
      request_reset(state.partition);
    } else {
      without_offset.push_back(state.partition);
    }
  }
  std::sort(without_offset.begin(), without_offset.end());
  return without_offset;
}

void SubscriptionState::set_next_retry(TopicPartition partition, std::int64_t at_ms) {
  if (PartitionFetchState* const state = find(partition)) state->next_retry_ms = at_ms;
}

void SubscriptionState::pause(TopicPartition partition, bool paused) {
  if (PartitionFetchState* const state = find(partition)) state->paused = paused;
}

void SubscriptionState::mark_pending_revocation() {
  for (PartitionFetchState& state : assigned_) state.pending_revocation = true;
}

bool SubscriptionState::has_all_positions() const {
  return std::all_of(assigned_.begin(), assigned_.end(),
                     [](const PartitionFetchState& state) { return state.has_valid_position(); });
}

std::optional<Offset> SubscriptionState::lag(const PartitionFetchState& state,
                                             IsolationLevel isolation) const {
  const Offset end =
      isolation == IsolationLevel::read_committed ? state.last_stable_offset : state.high_watermark;
  if (!state.position || end == kNoOffset) return std::nullopt;
  return end - state.position->offset;
}

BrokerId SubscriptionState::preferred_replica(PartitionFetchState& state, std::int64_t now_ms) {
  if (state.preferred_replica != kNoBroker && now_ms > state.preferred_replica_until_ms) {
    state.preferred_replica = kNoBroker;
  }
  return state.preferred_replica;
}

bool SubscriptionState::clear_preferred_replica(TopicPartition partition) {
  PartitionFetchState* const state = find(partition);
  if (state == nullptr || state->preferred_replica == kNoBroker) return false;
  state->preferred_replica = kNoBroker;
  return true;
}

std::vector<OffsetToCommit> SubscriptionState::all_consumed() const {
  std::vector<OffsetToCommit> consumed;
  for (const PartitionFetchState& state : assigned_) {
    if (!state.has_valid_position()) continue;
    consumed.push_back({state.partition, state.position->offset, state.position->offset_epoch, ""});
  }
  std::sort(consumed.begin(), consumed.end(),
            [](const OffsetToCommit& a, const OffsetToCommit& b) { return a.partition < b.partition; });
  return consumed;
}

}  // namespace wrackline::kafka
