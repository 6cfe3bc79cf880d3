// The join and sync phases of GroupCoordinator (C-17, C-18, C-22).
#include <algorithm>
#include <cassert>

#include "engine/kafka/group_coordinator.hpp"

namespace wrackline::kafka {

std::string GroupCoordinator::new_member_id(const JoinGroupRequest& request) {
  const std::string number = std::to_string(next_member_++);
  if (!config_.member_id_prefix.empty()) return config_.member_id_prefix + number;
  return request.instance_id.value_or(request.client_id) + "-" + number;
}

bool GroupCoordinator::accepts(const ClassicGroup& group, std::string_view id) const {
  const auto limit = static_cast<std::size_t>(config_.max_size);
  const ClassicGroupMember* const member = group.member(id);
  switch (group.state()) {
    case ClassicGroupState::Empty:
    case ClassicGroupState::Dead:
      return true;
    case ClassicGroupState::PreparingRebalance:
      return (member != nullptr && member->awaiting_join) || group.awaiting_join() < limit;
    case ClassicGroupState::CompletingRebalance:
    case ClassicGroupState::Stable:
      return member != nullptr || group.members().size() < limit;
  }
  return true;
}

void GroupCoordinator::join_group(const JoinGroupRequest& request, std::int64_t now_ms) {
  Held* owner = held(request.group);
  const bool is_new_group = owner == nullptr;
  if (is_new_group) {
    if (!request.member_id.empty()) {
      JoinGroupResponse response;
      response.error = Errors::unknown_member_id;
      response.member_id = request.member_id;
      answer(request.request, std::move(response));
      return;
    }
    owner = &create(request.group, now_ms);
  }
  bool wrote = false;
  if (!accepts(owner->group, request.member_id)) {
    owner->group.remove(request.member_id);
    JoinGroupResponse response;
    response.error = Errors::group_max_size_reached;
    answer(request.request, std::move(response));
  } else if (request.member_id.empty()) {
    wrote = join_new(request, *owner, now_ms);
  } else {
    wrote = join_existing(request, *owner, now_ms);
  }
  if (is_new_group && !wrote) {
    GroupMetadataRecord record;
    record.group = request.group;
    record.protocol_type = "";
    record.state_timestamp_ms = now_ms;
    write({std::move(record)});
  }
}

bool GroupCoordinator::join_new(const JoinGroupRequest& request, Held& owner, std::int64_t now_ms) {
  ClassicGroup& group = owner.group;
  JoinGroupResponse refused;
  if (group.is(ClassicGroupState::Dead)) {
    refused.error = Errors::coordinator_not_available;
    answer(request.request, std::move(refused));
    return false;
  }
  if (!group.supports(request.protocol_type, request.protocols)) {
    refused.error = Errors::inconsistent_group_protocol;
    answer(request.request, std::move(refused));
    return false;
  }
  const std::uint64_t order = next_member_;
  if (request.instance_id) {
    if (const std::string* const old_id = group.static_member(*request.instance_id)) {
      return replace_static(request, owner, std::string{*old_id}, now_ms);
    }
    return add_member(request, owner, new_member_id(request), order, now_ms);
  }
  std::string id = new_member_id(request);
  if (!request.requires_known_member_id) return add_member(request, owner, std::move(id), order, now_ms);
  schedule_heartbeat(group, id, now_ms + request.session_timeout_ms);
  refused.error = Errors::member_id_required;
  refused.member_id = id;
  group.add_pending(std::move(id), order);
  answer(request.request, std::move(refused));
  return false;
}

bool GroupCoordinator::join_existing(const JoinGroupRequest& request, Held& owner, std::int64_t now_ms) {
  ClassicGroup& group = owner.group;
  const auto refuse = [&](Errors error) {
    JoinGroupResponse response;
    response.error = error;
    response.member_id = request.member_id;
    answer(request.request, std::move(response));
    return false;
  };
  if (group.is(ClassicGroupState::Dead)) return refuse(Errors::coordinator_not_available);
  if (!group.supports(request.protocol_type, request.protocols))
    return refuse(Errors::inconsistent_group_protocol);
  if (const auto order = group.pending_order(request.member_id)) {
    // A pending id was given to a dynamic member; the real coordinator fails on an instance id here.
    if (request.instance_id) return refuse(Errors::unknown_server_error);
    return add_member(request, owner, request.member_id, *order, now_ms);
  }
  const Errors error = group.validate_member(request.member_id, request.instance_id);
  if (error != Errors::none) return refuse(error);
  ClassicGroupMember& member = *group.member(request.member_id);
  const bool unchanged = member.protocols == request.protocols;
  switch (group.state()) {
    case ClassicGroupState::PreparingRebalance:
      return update_member(request, owner, member, now_ms);
    case ClassicGroupState::CompletingRebalance:
      if (!unchanged) return update_member(request, owner, member, now_ms);
      answer(request.request, current_generation(group, member.id, group.is_leader(member.id)));
      return false;
    case ClassicGroupState::Stable:
      // The leader may want another assignment for reasons the coordinator can not see.
      if (group.is_leader(member.id) || !unchanged) return update_member(request, owner, member, now_ms);
      answer(request.request, current_generation(group, member.id, false));
      return false;
    case ClassicGroupState::Empty:
    case ClassicGroupState::Dead:
      break;
  }
  return refuse(Errors::unknown_member_id);
}

JoinGroupResponse GroupCoordinator::current_generation(const ClassicGroup& group, const std::string& member,
                                                       bool with_members) const {
  JoinGroupResponse response;
  response.member_id = member;
  response.generation = group.generation();
  response.protocol = group.protocol();
  response.leader = group.leader().value_or("");
  if (with_members) response.members = group.join_members();
  return response;
}

bool GroupCoordinator::add_member(const JoinGroupRequest& request, Held& owner, std::string id,
                                  std::uint64_t order, std::int64_t now_ms) {
  ClassicGroup& group = owner.group;
  ClassicGroupMember member;
  member.id = std::move(id);
  member.order = order;
  member.instance_id = request.instance_id;
  member.session_timeout_ms = request.session_timeout_ms;
  member.rebalance_timeout_ms = request.rebalance_timeout_ms;
  member.protocols = request.protocols;
  member.awaiting_join = request.request;
  member.is_new = true;
  if (group.is(ClassicGroupState::PreparingRebalance) && group.previous_state() == ClassicGroupState::Empty) {
    group.new_member_added = true;
  }
  const ClassicGroupMember& added = group.add(std::move(member), request.protocol_type);
  // Its join may be parked for long; until the answer reaches it, it can not heartbeat.
  schedule_heartbeat(group, added.id, now_ms + config_.new_member_join_timeout_ms);
  return rebalance_or_complete(owner, now_ms);
}

bool GroupCoordinator::update_member(const JoinGroupRequest& request, Held& owner, ClassicGroupMember& member,
                                     std::int64_t now_ms) {
  member.protocols = request.protocols;
  member.rebalance_timeout_ms = request.rebalance_timeout_ms;
  member.session_timeout_ms = request.session_timeout_ms;
  member.awaiting_join = request.request;
  return rebalance_or_complete(owner, now_ms);
}

bool GroupCoordinator::replace_static(const JoinGroupRequest& request, Held& owner, const std::string& old_id,
                                      std::int64_t now_ms) {
  ClassicGroup& group = owner.group;
  const std::string previous_leader = group.leader().value_or("");
  {
    ClassicGroupMember& old = *group.member(old_id);
    if (old.awaiting_join) {
      JoinGroupResponse fenced;
      fenced.error = Errors::fenced_instance_id;
      fenced.member_id = old_id;
      complete_join_answer(old, std::move(fenced));
    }
    if (old.awaiting_sync) {
      SyncGroupResponse fenced;
      fenced.error = Errors::fenced_instance_id;
      answer(*old.awaiting_sync, std::move(fenced));
      old.awaiting_sync.reset();
    }
  }
  const std::uint64_t order = next_member_;
  ClassicGroupMember& member = group.replace_static(old_id, new_member_id(request), order);
  schedule_heartbeat(group, member.id, now_ms + member.session_timeout_ms);
  member.protocols = request.protocols;
  member.rebalance_timeout_ms = request.rebalance_timeout_ms;
  member.session_timeout_ms = request.session_timeout_ms;
  member.awaiting_join = request.request;
  if (group.is(ClassicGroupState::Stable)) {
    if (group.protocol() == group.select_protocol()) {
      // C-22: nothing changes for the others; the new member id only has to be in the log.
      PendingWrite& pending = write({group.to_record(nullptr)});
      pending.after = After::static_join;
      pending.group = group.id();
      pending.member = member.id;
      pending.skip_assignment = request.supports_skip_assignment;
      pending.previous_leader = previous_leader;
      return true;
    }
    return rebalance_or_complete(owner, now_ms);
  }
  if (group.is(ClassicGroupState::CompletingRebalance)) return prepare_rebalance(owner, now_ms);
  return maybe_complete_join(owner, now_ms);
}

bool GroupCoordinator::rebalance_or_complete(Held& owner, std::int64_t now_ms) {
  if (owner.group.can_rebalance()) return prepare_rebalance(owner, now_ms);
  return maybe_complete_join(owner, now_ms);
}

bool GroupCoordinator::prepare_rebalance(Held& owner, std::int64_t now_ms) {
  ClassicGroup& group = owner.group;
  if (group.is(ClassicGroupState::CompletingRebalance)) {
    for (ClassicGroupMember& member : group.members()) member.assignment = {};
    propagate_assignment(group, Errors::rebalance_in_progress, now_ms);
  }
  group.pending_sync.clear();
  timers_.cancel({TimerKind::sync, group.id(), ""});
  const bool initial = group.is(ClassicGroupState::Empty);
  if (initial) {
    const std::int32_t delay_ms = config_.initial_rebalance_delay_ms;
    owner.join_timer = {true, delay_ms, std::max(group.rebalance_timeout_ms() - delay_ms, 0)};
    timers_.schedule({TimerKind::join, group.id(), ""}, now_ms + delay_ms);
  }
  group.transition_to(ClassicGroupState::PreparingRebalance, now_ms);
  return !initial && complete_join_or_wait(owner, now_ms);
}

bool GroupCoordinator::force_rebalance(const std::string& id, std::int64_t now_ms) {
  Held* const owner = held(id);
  if (owner == nullptr || owner->group.members().empty() || !owner->group.can_rebalance()) return false;
  prepare_rebalance(*owner, now_ms);
  return true;
}

bool GroupCoordinator::maybe_complete_join(Held& owner, std::int64_t now_ms) {
  const ClassicGroup& group = owner.group;
  if (!group.is(ClassicGroupState::PreparingRebalance)) return false;
  // The initial delay is waited for in full (C-18).
  if (group.previous_state() == ClassicGroupState::Empty) return false;
  return group.all_joined() && complete_join(owner, now_ms);
}

bool GroupCoordinator::complete_join_or_wait(Held& owner, std::int64_t now_ms) {
  if (owner.group.all_joined()) return complete_join(owner, now_ms);
  owner.join_timer = {};
  timers_.schedule({TimerKind::join, owner.group.id(), ""}, now_ms + owner.group.rebalance_timeout_ms());
  return false;
}

void GroupCoordinator::slice_or_complete(const TimerKey& key, std::int64_t now_ms) {
  Held* const owner = held(key.group);
  if (owner == nullptr) return;
  JoinTimer& timer = owner->join_timer;
  if (timer.initial && owner->group.new_member_added && timer.remaining_ms != 0) {
    owner->group.new_member_added = false;
    const std::int32_t next_ms = std::min(config_.initial_rebalance_delay_ms, timer.remaining_ms);
    timer = {true, next_ms, std::max(timer.remaining_ms - timer.delay_ms, 0)};
    timers_.schedule(key, now_ms + next_ms);
    return;
  }
  complete_join(*owner, now_ms);
}

bool GroupCoordinator::complete_join(Held& owner, std::int64_t now_ms) {
  ClassicGroup& group = owner.group;
  timers_.cancel({TimerKind::join, group.id(), ""});
  std::vector<std::string> late;
  for (const ClassicGroupMember& member : group.members()) {
    if (!member.awaiting_join && !member.is_static()) late.push_back(member.id);
  }
  for (const std::string& id : late) {
    group.remove(id);
    timers_.cancel({TimerKind::heartbeat, group.id(), id});
  }
  if (group.is(ClassicGroupState::Dead)) return false;
  if (!group.elect_joined_leader() && !group.members().empty()) {
    // Only static members are left and none rejoined: wait for them once more.
    owner.join_timer = {};
    timers_.schedule({TimerKind::join, group.id(), ""}, now_ms + group.rebalance_timeout_ms());
    return false;
  }
  group.next_generation(now_ms);
  if (group.is(ClassicGroupState::Empty)) {
    write({group.to_record(nullptr)});
    return true;
  }
  for (ClassicGroupMember& member : group.members()) {
    if (member.awaiting_join) {
      complete_join_answer(member, current_generation(group, member.id, group.is_leader(member.id)));
    }
    schedule_heartbeat(group, member.id, now_ms + member.session_timeout_ms);
    member.is_new = false;
    group.pending_sync.push_back(member.id);
  }
  owner.sync_timer_generation = group.generation();
  timers_.schedule({TimerKind::sync, group.id(), ""}, now_ms + group.rebalance_timeout_ms());
  return false;
}

void GroupCoordinator::complete_join_answer(ClassicGroupMember& member, JoinGroupResponse response) {
  assert(member.awaiting_join);
  answer(*member.awaiting_join, std::move(response));
  member.awaiting_join.reset();
}

void GroupCoordinator::propagate_assignment(ClassicGroup& group, Errors error, std::int64_t now_ms) {
  for (ClassicGroupMember& member : group.members()) {
    if (!member.awaiting_sync) continue;
    SyncGroupResponse response;
    response.error = error;
    if (error == Errors::none) {
      response.protocol = group.protocol();
      response.assignment = member.assignment;
    }
    answer(*member.awaiting_sync, std::move(response));
    member.awaiting_sync.reset();
    schedule_heartbeat(group, member.id, now_ms + member.session_timeout_ms);
  }
}

void GroupCoordinator::schedule_heartbeat(const ClassicGroup& group, const std::string& member,
                                          std::int64_t deadline_ms) {
  timers_.schedule({TimerKind::heartbeat, group.id(), member}, deadline_ms);
}

void GroupCoordinator::expire_heartbeat(const TimerKey& key, std::int64_t now_ms) {
  Held* const owner = held(key.group);
  if (owner == nullptr || owner->group.is(ClassicGroupState::Dead)) return;
  ClassicGroup& group = owner->group;
  if (group.is_pending(key.member)) {
    group.remove(key.member);
  } else {
    ClassicGroupMember* const member = group.member(key.member);
    if (member == nullptr || member->has_satisfied_heartbeat()) return;
    if (member->awaiting_join) {
      JoinGroupResponse response;
      response.error = Errors::unknown_member_id;
      complete_join_answer(*member, std::move(response));
    }
    group.remove(key.member);
    if (group.is(ClassicGroupState::Stable) || group.is(ClassicGroupState::CompletingRebalance)) {
      rebalance_or_complete(*owner, now_ms);
      return;
    }
  }
  if (group.is(ClassicGroupState::PreparingRebalance) && group.all_joined()) complete_join(*owner, now_ms);
}

void GroupCoordinator::expire_sync(const TimerKey& key, std::int64_t now_ms) {
  Held* const owner = held(key.group);
  if (owner == nullptr || owner->sync_timer_generation != owner->group.generation()) return;
  ClassicGroup& group = owner->group;
  if (!group.is(ClassicGroupState::CompletingRebalance) && !group.is(ClassicGroupState::Stable)) return;
  if (group.pending_sync.empty()) return;
  const std::vector<std::string> silent = group.pending_sync;
  for (const std::string& id : silent) {
    group.remove(id);
    timers_.cancel({TimerKind::heartbeat, group.id(), id});
  }
  prepare_rebalance(*owner, now_ms);
}

void GroupCoordinator::sync_group(const SyncGroupRequest& request, std::int64_t now_ms) {
  static_cast<void>(now_ms);
  Held* const owner = held(request.group);
  const auto refuse = [&](Errors error) {
    SyncGroupResponse response;
    response.error = error;
    answer(request.request, std::move(response));
  };
  if (owner == nullptr || owner->group.is(ClassicGroupState::Empty)) return refuse(Errors::unknown_member_id);
  ClassicGroup& group = owner->group;
  if (group.is(ClassicGroupState::Dead)) return refuse(Errors::coordinator_not_available);
  const Errors error = group.validate_member(request.member_id, request.instance_id);
  if (error != Errors::none) return refuse(error);
  if (request.generation != group.generation()) return refuse(Errors::illegal_generation);
  const auto differs = [](const std::optional<std::string>& a, const std::optional<std::string>& b) {
    return a && b && *a != *b;
  };
  if (differs(request.protocol_type, group.protocol_type()) || differs(request.protocol, group.protocol())) {
    return refuse(Errors::inconsistent_group_protocol);
  }
  if (group.is(ClassicGroupState::PreparingRebalance)) return refuse(Errors::rebalance_in_progress);
  ClassicGroupMember& member = *group.member(request.member_id);
  std::erase(group.pending_sync, member.id);
  if (group.pending_sync.empty()) timers_.cancel({TimerKind::sync, group.id(), ""});
  if (group.is(ClassicGroupState::Stable)) {
    SyncGroupResponse response;
    response.protocol = group.protocol();
    response.assignment = member.assignment;
    answer(request.request, std::move(response));
    return;
  }
  member.awaiting_sync = request.request;
  if (!group.is_leader(member.id)) return;
  PendingWrite& pending = write({group.to_record(&request.assignments)});
  pending.after = After::assignment;
  pending.group = group.id();
  pending.generation = group.generation();
  pending.assignments = request.assignments;
}

}  // namespace wrackline::kafka
