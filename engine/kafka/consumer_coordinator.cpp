#include "engine/kafka/consumer_coordinator.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::kafka {

std::string_view name_of(MemberState state) {
  switch (state) {
    case MemberState::UNJOINED:
      return "UNJOINED";
    case MemberState::PREPARING_REBALANCE:
      return "PREPARING_REBALANCE";
    case MemberState::COMPLETING_REBALANCE:
      return "COMPLETING_REBALANCE";
    case MemberState::STABLE:
      return "STABLE";
  }
  return "";
}

ConsumerException ConsumerCoordinator::failed_with(std::string_view name, bool retriable) {
  ConsumerException exception;
  exception.name = name;
  exception.retriable = retriable;
  return exception;
}

ConsumerException ConsumerCoordinator::failed_with(Errors error) {
  ConsumerException exception = failed_with(exception_name(error), is_retriable(error));
  exception.code = error;
  return exception;
}

CoordinatorPoll ConsumerCoordinator::failed_poll(ConsumerException exception) {
  CoordinatorPoll poll;
  poll.kind = CoordinatorPoll::Kind::failed;
  poll.exception = std::move(exception);
  return poll;
}

CoordinatorPoll ConsumerCoordinator::callback_poll(RebalanceCallback::Kind kind, TopicPartitions partitions) {
  CoordinatorPoll poll;
  poll.kind = CoordinatorPoll::Kind::callback;
  poll.callback = {kind, std::move(partitions)};
  return poll;
}

namespace {

CoordinatorPoll plain(CoordinatorPoll::Kind kind) {
  CoordinatorPoll poll;
  poll.kind = kind;
  return poll;
}

TopicPartitions minus(const TopicPartitions& from, const TopicPartitions& what) {
  TopicPartitions rest;
  std::set_difference(from.begin(), from.end(), what.begin(), what.end(), std::back_inserter(rest));
  return rest;
}

constexpr auto kReady = CoordinatorPoll::Kind::ready;
constexpr auto kNotReady = CoordinatorPoll::Kind::not_ready;

/// The consumer reports what the application's listener threw as the cause of its own exception.
ConsumerException listener_failed() {
  ConsumerException exception;
  exception.name = "KafkaException";
  exception.cause = "RuntimeException";
  return exception;
}

}  // namespace

ConsumerCoordinator::ConsumerCoordinator(ConsumerGroupConfig config, SubscriptionState& subscriptions,
                                         ConsumerMetadata& metadata, ConsumerNetworkClient& network,
                                         std::int64_t now_ms)
    : config_{std::move(config)}, subscriptions_{subscriptions}, metadata_{metadata}, network_{network} {
  assert(!config_.assignors.empty());
  const bool cooperative =
      std::all_of(config_.assignors.begin(), config_.assignors.end(),
                  [](AssignorKind kind) { return supports(kind, RebalanceProtocol::cooperative); });
  protocol_ = cooperative ? RebalanceProtocol::cooperative : RebalanceProtocol::eager;
  auto_commit_at_ms_ = now_ms + config_.auto_commit_interval_ms;
  reset_heartbeat_timers(now_ms);
  metadata_.request_update();
}

void ConsumerCoordinator::reset_heartbeat_timers(std::int64_t now_ms) {
  heartbeat_at_ms_ = now_ms + config_.heartbeat_interval_ms;
  session_deadline_ms_ = now_ms + config_.session_timeout_ms;
  poll_deadline_ms_ = now_ms + config_.max_poll_interval_ms;
}

CoordinatorPoll ConsumerCoordinator::poll(std::int64_t now_ms) {
  assert(!callback_open_);
  if (leading_) continue_as_leader(now_ms);
  if (stage_ == Stage::idle) {
    update_subscription_metadata();
    if (Failure failure = invoke_completed(now_ms)) return failed_poll(std::move(*failure));
    if (!subscriptions_.auto_assigned()) {
      network_.poll(now_ms);
    } else {
      Failure failure;
      poll_heartbeat(failure, now_ms);
      if (failure) return failed_poll(std::move(*failure));
      if (coordinator_unknown(now_ms) && !ensure_coordinator_ready(failure, now_ms)) {
        return failure ? failed_poll(std::move(*failure)) : plain(kNotReady);
      }
      if (rejoin_needed_or_pending()) {
        thread_exists_ = true;
        CoordinatorPoll joined = join_if_needed(now_ms);
        if (joined.kind != kReady) return joined;
      }
    }
  } else {
    CoordinatorPoll joined = join_if_needed(now_ms);
    if (joined.kind != kReady) return joined;
  }
  if (Failure failure = maybe_auto_commit(now_ms)) return failed_poll(std::move(*failure));
  return plain(kReady);
}

void ConsumerCoordinator::callback_done(bool threw) {
  assert(callback_open_);
  callback_open_ = false;
  callback_threw_ = threw;
}

std::int64_t ConsumerCoordinator::next_poll_ms(std::int64_t now_ms) const {
  std::int64_t next = kNoDeadlineMs;
  if (config_.auto_commit) next = auto_commit_at_ms_;
  if (state_ == MemberState::COMPLETING_REBALANCE || state_ == MemberState::STABLE) {
    next = std::min(next, heartbeat_at_ms_);
  }
  if (retry_at_ms_ > now_ms) next = std::min(next, retry_at_ms_);
  // Due, and polling did not help: it waits for somebody else (the heartbeat thread, the coordinator).
  return next > now_ms ? next : now_ms + config_.retry_backoff_ms;
}

void ConsumerCoordinator::update_subscription_metadata() {
  if (metadata_.version() <= metadata_snapshot_.version) return;
  metadata_snapshot_.version = metadata_.version();
  metadata_snapshot_.partitions.clear();
  std::vector<TopicId> topics = subscriptions_.subscription();
  topics.insert(topics.end(), group_subscription_.begin(), group_subscription_.end());
  std::sort(topics.begin(), topics.end());
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  for (const TopicId topic : topics) {
    const std::int32_t count = metadata_.partition_count(topic);
    if (count >= 0) metadata_snapshot_.partitions.emplace_back(topic, count);
  }
}

bool ConsumerCoordinator::rejoin_needed_or_pending() {
  if (!subscriptions_.auto_assigned()) return false;
  // The leader computed the assignment from a picture of the topics that is no longer true.
  if (assignment_snapshot_ && !assignment_snapshot_->matches(metadata_snapshot_)) {
    rejoin_needed_ = true;
    return true;
  }
  if (joined_subscription_ && *joined_subscription_ != subscriptions_.subscription()) {
    rejoin_needed_ = true;
    return true;
  }
  return rejoin_needed_ || join_.has_value();
}

void ConsumerCoordinator::poll_heartbeat(Failure& failure, std::int64_t now_ms) {
  if (!thread_exists_) return;
  if (thread_failure_) {
    failure.swap(thread_failure_);
    thread_exists_ = false;
    thread_enabled_ = false;
    return;
  }
  poll_deadline_ms_ = now_ms + config_.max_poll_interval_ms;
}

CoordinatorPoll ConsumerCoordinator::join_if_needed(std::int64_t now_ms) {
  while (true) {
    if (stage_ == Stage::idle) {
      if (!rejoin_needed_or_pending()) return plain(kReady);
      Failure failure;
      if (!ensure_coordinator_ready(failure, now_ms)) {
        return failure ? failed_poll(std::move(*failure)) : plain(kNotReady);
      }
      if (needs_join_prepare_) {
        needs_join_prepare_ = false;
        CoordinatorPoll prepared = join_prepare(now_ms);
        if (prepared.kind == kNotReady) needs_join_prepare_ = true;
        if (prepared.kind != kReady) return prepared;
      }
    } else if (stage_ == Stage::preparing) {
      stage_ = Stage::idle;
      if (Failure failure = finish_join_prepare()) return failed_poll(std::move(*failure));
    }
    if (stage_ == Stage::idle) {
      if (!join_) initiate_join(now_ms);
      network_.poll(now_ms);
      if (!join_->done) return plain(kNotReady);
      if (join_->failure) {
        const ConsumerException exception = *join_->failure;
        join_.reset();
        if (exception.code != Errors::member_id_required) rejoin_needed_ = true;
        if (exception.code == Errors::unknown_member_id || exception.code == Errors::illegal_generation ||
            exception.code == Errors::rebalance_in_progress || exception.code == Errors::member_id_required) {
          continue;
        }
        if (!exception.retriable) return failed_poll(exception);
        retry_at_ms_ = now_ms + config_.retry_backoff_ms;
        return plain(kNotReady);
      }
      const bool was_reset = generation_.id == kNoGeneration && !generation_.protocol;
      if (was_reset || state_ != MemberState::STABLE) {
        // The heartbeat thread lost the membership before the application could learn of the assignment.
        reset_state(true);
        join_.reset();
        continue;
      }
    }
    CoordinatorPoll completed = join_complete(now_ms);
    if (completed.kind != kReady) return completed;
    join_.reset();
    needs_join_prepare_ = true;
  }
}

CoordinatorPoll ConsumerCoordinator::join_prepare(std::int64_t now_ms) {
  // An answer that arrives while this waits may reset the generation; the callback is chosen by what was
  // before.
  const MemberGeneration generation = generation_;
  if (!join_prepare_deadline_ms_) join_prepare_deadline_ms_ = now_ms + config_.max_poll_interval_ms;
  if (config_.auto_commit && !before_join_) {
    // C-20: nothing more is handed out, so that the commit covers all that was.
    if (protocol_ == RebalanceProtocol::eager) subscriptions_.mark_pending_revocation();
    Failure failure;
    auto_commit_async(Purpose::before_join, failure, now_ms);
    if (failure) return failed_poll(std::move(*failure));
  }
  if (before_join_) {
    network_.poll(now_ms);
    const bool expired = now_ms >= *join_prepare_deadline_ms_;
    const bool wait = !expired && (!before_join_->done || before_join_->retry);
    if (before_join_->done) before_join_.reset();
    if (wait) {
      retry_at_ms_ = now_ms + config_.retry_backoff_ms;
      return plain(kNotReady);
    }
  }
  const TopicPartitions owned = subscriptions_.assigned_sorted();
  TopicPartitions taken;
  bool call = false;
  prepare_kind_ = RebalanceCallback::Kind::revoked;
  kept_.clear();
  if (generation.id == kNoGeneration || generation.member_id.empty()) {
    prepare_kind_ = RebalanceCallback::Kind::lost;
    taken = owned;
    call = !owned.empty();
  } else if (protocol_ == RebalanceProtocol::eager) {
    taken = owned;
    call = true;
  } else {
    for (const TopicPartition partition : owned) {
      (subscriptions_.is_subscribed(partition.topic) ? kept_ : taken).push_back(partition);
    }
    call = !taken.empty();
  }
  if (!call) {
    kept_ = owned;
    callback_threw_ = false;
    finish_join_prepare();
    return plain(kReady);
  }
  stage_ = Stage::preparing;
  callback_open_ = true;
  return callback_poll(prepare_kind_, std::move(taken));
}

ConsumerCoordinator::Failure ConsumerCoordinator::finish_join_prepare() {
  if (kept_ != subscriptions_.assigned_sorted()) subscriptions_.assign_from_subscribed(kept_);
  is_leader_ = false;
  group_subscription_.clear();
  join_prepare_deadline_ms_.reset();
  before_join_.reset();
  if (callback_threw_) return listener_failed();
  return std::nullopt;
}

void ConsumerCoordinator::initiate_join(std::int64_t now_ms) {
  state_ = MemberState::PREPARING_REBALANCE;
  join_ = Join{};
  if (coordinator_unknown(now_ms)) {
    fail_join(failed_with(Errors::coordinator_not_available));
    return;
  }
  joined_subscription_ = subscriptions_.subscription();
  JoinGroupRequest request;
  request.group = config_.group;
  request.client_id = config_.client_id;
  request.member_id = generation_.member_id;
  request.instance_id = config_.instance_id;
  request.session_timeout_ms = config_.session_timeout_ms;
  request.rebalance_timeout_ms = config_.max_poll_interval_ms;
  for (const AssignorKind kind : config_.assignors) {
    Subscription subscription;
    subscription.topics = subscriptions_.subscription();
    subscription.owned = subscriptions_.assigned_sorted();
    subscription.generation = generation_.id;
    subscription.rack = config_.rack;
    if (kind == AssignorKind::sticky) {
      // Eager: nothing is owned any more; the assignor remembers in its own data.
      subscription.owned = sticky_memory_;
      subscription.generation = sticky_generation_;
    }
    request.protocols.push_back({std::string{name_of(kind)}, std::move(subscription)});
  }
  const std::int64_t timeout_ms =
      std::max(config_.request_timeout_ms, std::int64_t{config_.max_poll_interval_ms} + 5000);
  send(Api::join, std::move(request), now_ms, timeout_ms);
}

CoordinatorPoll ConsumerCoordinator::join_complete(std::int64_t now_ms) {
  switch (stage_) {
    case Stage::idle:
    case Stage::preparing:
      break;
    case Stage::revoking:
      listener_failed_ = listener_failed_ || callback_threw_;
      // C-21: what was given up goes to its new owner in a second round.
      rejoin_needed_ = true;
      return assign_and_announce(now_ms);
    case Stage::assigning:
      stage_ = Stage::idle;
      listener_failed_ = listener_failed_ || callback_threw_;
      if (listener_failed_) return failed_poll(listener_failed());
      return plain(kReady);
  }
  if (!is_leader_) assignment_snapshot_.reset();
  listener_failed_ = false;
  TopicPartitions& assigned = join_->assignment.partitions;
  std::sort(assigned.begin(), assigned.end());
  const bool fits = std::all_of(assigned.begin(), assigned.end(), [&](TopicPartition partition) {
    return subscriptions_.is_subscribed(partition.topic);
  });
  if (!fits) {
    rejoin_needed_ = true;
    return plain(kReady);
  }
  const TopicPartitions owned = subscriptions_.assigned_sorted();
  added_ = minus(assigned, owned);
  if (protocol_ == RebalanceProtocol::cooperative) {
    TopicPartitions revoked = minus(owned, assigned);
    if (!revoked.empty()) {
      stage_ = Stage::revoking;
      callback_open_ = true;
      return callback_poll(RebalanceCallback::Kind::revoked, std::move(revoked));
    }
  }
  return assign_and_announce(now_ms);
}

CoordinatorPoll ConsumerCoordinator::assign_and_announce(std::int64_t now_ms) {
  sticky_memory_ = join_->assignment.partitions;
  sticky_generation_ = generation_.id;
  auto_commit_at_ms_ = now_ms + config_.auto_commit_interval_ms;
  subscriptions_.assign_from_subscribed(join_->assignment.partitions);
  stage_ = Stage::assigning;
  callback_open_ = true;
  return callback_poll(RebalanceCallback::Kind::assigned, added_);
}

void ConsumerCoordinator::reset_state(bool reset_member_id) {
  state_ = MemberState::UNJOINED;
  generation_.id = kNoGeneration;
  generation_.protocol.reset();
  if (reset_member_id) generation_.member_id.clear();
  rejoin_needed_ = true;
  needs_join_prepare_ = true;
}

std::optional<MemberGeneration> ConsumerCoordinator::generation_if_stable() const {
  if (state_ != MemberState::STABLE) return std::nullopt;
  return generation_;
}

}  // namespace wrackline::kafka
