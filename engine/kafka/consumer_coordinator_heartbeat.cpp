// Leaving the group, and the heartbeat thread.
#include "engine/kafka/consumer_coordinator.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::kafka {

std::optional<RebalanceCallback> ConsumerCoordinator::prepare_leave() {
  const TopicPartitions owned = subscriptions_.assigned_sorted();
  if (!subscriptions_.auto_assigned() || owned.empty()) return std::nullopt;
  const bool lost =
      generation_.id == kNoGeneration || generation_.member_id.empty() || rebalance_in_progress();
  leave_pending_ = true;
  callback_open_ = true;
  return RebalanceCallback{lost ? RebalanceCallback::Kind::lost : RebalanceCallback::Kind::revoked, owned};
}

void ConsumerCoordinator::leave_group(LeaveOnClose how, std::int64_t now_ms) {
  assert(!callback_open_);
  if (leave_pending_) subscriptions_.assign_from_subscribed({});
  leave_pending_ = false;
  // C-22: a static member keeps its place until the session timeout.
  const bool wants =
      how == LeaveOnClose::leave_group || (how == LeaveOnClose::by_default && !config_.instance_id);
  if (wants && !coordinator_unknown(now_ms) && state_ != MemberState::UNJOINED &&
      !generation_.member_id.empty()) {
    LeaveGroupRequest request;
    request.group = config_.group;
    request.members.push_back({generation_.member_id, config_.instance_id});
    send(Api::leave, std::move(request), now_ms);
    network_.poll(now_ms);
  }
  reset_state(true);
}

ConsumerCoordinator::HeartbeatPass ConsumerCoordinator::heartbeat_pass(std::int64_t now_ms) {
  HeartbeatPass pass;
  if (!thread_exists_ || !thread_enabled_) return pass;
  const bool joined = state_ == MemberState::COMPLETING_REBALANCE || state_ == MemberState::STABLE;
  if (!joined || thread_failure_) {
    thread_enabled_ = false;
    return pass;
  }
  pass.running = true;
  network_.poll(now_ms);
  if (leading_) continue_as_leader(now_ms);
  if (coordinator_unknown(now_ms)) {
    // Asks every other time, so that a look-up whose answer is lost does not last for ever.
    if (find_) {
      find_.reset();
    } else {
      lookup_coordinator(now_ms);
    }
  } else if (now_ms >= session_deadline_ms_) {
    mark_coordinator_unknown(false);
  } else if (now_ms >= poll_deadline_ms_) {
    leave_group(LeaveOnClose::by_default, now_ms);
  } else if (now_ms >= heartbeat_at_ms_) {
    send_heartbeat(now_ms);
    network_.poll(now_ms);
  }
  pass.failed = thread_failure_;
  return pass;
}

void ConsumerCoordinator::send_heartbeat(std::int64_t now_ms) {
  heartbeat_at_ms_ = now_ms + config_.heartbeat_interval_ms;
  HeartbeatRequest request;
  request.group = config_.group;
  request.member_id = generation_.member_id;
  request.instance_id = config_.instance_id;
  request.generation = generation_.id;
  send(Api::heartbeat, std::move(request), now_ms);
}

std::int64_t ConsumerCoordinator::heartbeat_deadline_ms(std::int64_t now_ms) const {
  const bool joined = state_ == MemberState::COMPLETING_REBALANCE || state_ == MemberState::STABLE;
  if (!thread_exists_ || !thread_enabled_ || thread_failure_ || !joined) return kNoDeadlineMs;
  if (coordinator_ == kNoBroker) return now_ms + config_.retry_backoff_ms;
  return std::max(now_ms, std::min({heartbeat_at_ms_, session_deadline_ms_, poll_deadline_ms_}));
}

}  // namespace wrackline::kafka
