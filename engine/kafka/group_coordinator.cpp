#include "engine/kafka/group_coordinator.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::kafka {

namespace {

/// How a failed append of the coordinator looks to a member.
Errors to_response_error(Errors append) {
  switch (append) {
    case Errors::unknown_topic_or_partition:
    case Errors::not_enough_replicas:
    case Errors::not_enough_replicas_after_append:
    case Errors::request_timed_out:
      return Errors::coordinator_not_available;
    case Errors::not_leader_or_follower:
    case Errors::kafka_storage_error:
      return Errors::not_coordinator;
    case Errors::message_too_large:
    case Errors::record_list_too_large:
    case Errors::invalid_fetch_size:
      return Errors::unknown_server_error;
    default:
      return append;
  }
}

void set_error(GroupResponse& response, Errors error) {
  std::visit(
      [&](auto& body) {
        using Body = std::decay_t<decltype(body)>;
        body = Body{};
        body.error = error;
      },
      response);
}

}  // namespace

GroupCoordinator::GroupCoordinator(GroupCoordinatorConfig config, std::int64_t now_ms)
    : config_{std::move(config)}, next_member_{config_.first_member_number} {
  timers_.schedule({TimerKind::expiry, "", ""}, now_ms + config_.offsets_retention_check_interval_ms);
}

void GroupCoordinator::load(const GroupRecord& record, std::int64_t producer_id) {
  if (const auto* const metadata = std::get_if<GroupMetadataRecord>(&record)) {
    groups_.erase(metadata->group);
    if (!metadata->tombstone) groups_.emplace(metadata->group, Held{ClassicGroup{*metadata}, {}, 0});
    return;
  }
  const auto& offset = std::get<OffsetCommitRecord>(record);
  if (!offset.tombstone && !groups_.contains(offset.group)) {
    groups_.emplace(offset.group, Held{ClassicGroup{offset.group, 0}, {}, 0});
  }
  offsets_.replay(offset, producer_id);
}

void GroupCoordinator::start(std::int64_t now_ms) {
  for (auto& [id, held] : groups_) {
    for (const ClassicGroupMember& member : held.group.members()) {
      schedule_heartbeat(held.group, member.id, now_ms + member.session_timeout_ms);
    }
  }
}

void GroupCoordinator::unload() {
  for (auto& [id, held] : groups_) {
    for (ClassicGroupMember& member : held.group.members()) {
      if (member.awaiting_join) {
        JoinGroupResponse response;
        response.error = Errors::not_coordinator;
        response.member_id = member.id;
        complete_join_answer(member, std::move(response));
      }
      if (member.awaiting_sync) {
        SyncGroupResponse response;
        response.error = Errors::not_coordinator;
        answer(*member.awaiting_sync, std::move(response));
        member.awaiting_sync.reset();
      }
    }
    held.group.transition_to(ClassicGroupState::Dead, 0);
  }
  for (PendingWrite& pending : pending_) {
    for (GroupAnswer& waiting : pending.answers) {
      set_error(waiting.response, Errors::not_coordinator);
      outbox_.answers.push_back(std::move(waiting));
    }
  }
  pending_.clear();
}

const ClassicGroup* GroupCoordinator::group(std::string_view id) const {
  const auto at = groups_.find(id);
  return at == groups_.end() ? nullptr : &at->second.group;
}

GroupCoordinator::Held* GroupCoordinator::held(std::string_view id) {
  const auto at = groups_.find(id);
  return at == groups_.end() ? nullptr : &at->second;
}

GroupCoordinator::Held& GroupCoordinator::create(const std::string& id, std::int64_t now_ms) {
  return groups_.emplace(id, Held{ClassicGroup{id, now_ms}, {}, 0}).first->second;
}

void GroupCoordinator::answer(RequestId request, GroupResponse response) {
  outbox_.answers.push_back({request, std::move(response)});
}

void GroupCoordinator::answer_after_writes(RequestId request, GroupResponse response) {
  if (pending_.empty()) {
    answer(request, std::move(response));
  } else {
    pending_.back().answers.push_back({request, std::move(response)});
  }
}

GroupCoordinator::PendingWrite& GroupCoordinator::write(std::vector<GroupRecord> records) {
  PendingWrite pending;
  pending.id = next_write_++;
  pending_.push_back(std::move(pending));
  GroupWrite append;
  append.id = pending_.back().id;
  append.records = std::move(records);
  outbox_.writes.push_back(std::move(append));
  return pending_.back();
}

GroupCoordinator::PendingWrite& GroupCoordinator::write_and_replay(std::vector<GroupRecord> records) {
  for (const GroupRecord& record : records) {
    if (const auto* const metadata = std::get_if<GroupMetadataRecord>(&record)) {
      assert(metadata->tombstone);
      groups_.erase(metadata->group);
    } else {
      offsets_.replay(std::get<OffsetCommitRecord>(record), kNoProducerId);
    }
  }
  return write(std::move(records));
}

void GroupCoordinator::on_written(WriteId id, Errors error, std::int64_t now_ms) {
  const auto at =
      std::find_if(pending_.begin(), pending_.end(), [&](const PendingWrite& w) { return w.id == id; });
  if (at == pending_.end()) return;  // unloaded meanwhile
  at->done = true;
  at->error = error;
  // Appends are committed in order; a report that overtakes an earlier one waits for it.
  while (!pending_.empty() && pending_.front().done) {
    PendingWrite finished = std::move(pending_.front());
    pending_.erase(pending_.begin());
    complete(finished, now_ms);
  }
}

void GroupCoordinator::complete(PendingWrite& finished, std::int64_t now_ms) {
  const Errors error = finished.error == Errors::none ? Errors::none : to_response_error(finished.error);
  // What was not replicated in time stays in the log all the same, and counts: only the answer is an error
  // (CoordinatorRuntime; the old coordinator of 3.9 forgets it in memory until it loads the log again).
  if (error != Errors::none && finished.error != Errors::request_timed_out) {
    for (auto undo = finished.undo.rbegin(); undo != finished.undo.rend(); ++undo) {
      offsets_.restore(undo->group, undo->partition, undo->written, undo->previous);
    }
  }
  for (GroupAnswer& waiting : finished.answers) {
    if (error != Errors::none) set_error(waiting.response, error);
    outbox_.answers.push_back(std::move(waiting));
  }
  if (finished.after == After::nothing) return;
  Held* const owner = held(finished.group);
  if (owner == nullptr) return;
  ClassicGroup& group = owner->group;
  if (finished.after == After::assignment) {
    if (!group.is(ClassicGroupState::CompletingRebalance) || group.generation() != finished.generation)
      return;
    for (ClassicGroupMember& member : group.members()) {
      member.assignment = {};
      if (error != Errors::none) continue;
      for (auto& [id, assignment] : finished.assignments) {
        if (id == member.id) member.assignment = assignment;
      }
    }
    propagate_assignment(group, error, now_ms);
    if (error == Errors::none) {
      group.transition_to(ClassicGroupState::Stable, now_ms);
    } else {
      rebalance_or_complete(*owner, now_ms);
    }
    return;
  }
  ClassicGroupMember* const member = group.member(finished.member);
  if (member == nullptr || !member->awaiting_join) return;
  JoinGroupResponse response;
  if (error != Errors::none) {
    response.error = error;
    response.generation = group.generation();
    response.protocol = group.protocol();
    response.leader = finished.previous_leader;
  } else if (finished.skip_assignment) {
    const bool leads = group.is_leader(member->id);
    response = current_generation(group, member->id, leads);
    response.skip_assignment = leads;
  } else {
    response = current_generation(group, member->id, false);
    response.leader = finished.previous_leader;
  }
  complete_join_answer(*member, std::move(response));
}

void GroupCoordinator::heartbeat(const HeartbeatRequest& request, std::int64_t now_ms) {
  Held* const owner = held(request.group);
  const auto decide = [&] {
    if (owner == nullptr) return Errors::unknown_member_id;
    const ClassicGroup& group = owner->group;
    if (group.is(ClassicGroupState::Dead)) return Errors::coordinator_not_available;
    const Errors error = group.validate_member(request.member_id, request.instance_id);
    if (error != Errors::none) return error;
    if (request.generation != group.generation()) return Errors::illegal_generation;
    if (group.is(ClassicGroupState::Empty)) return Errors::unknown_member_id;
    schedule_heartbeat(group, request.member_id,
                       now_ms + group.member(request.member_id)->session_timeout_ms);
    return group.is(ClassicGroupState::PreparingRebalance) ? Errors::rebalance_in_progress : Errors::none;
  };
  answer_after_writes(request.request, HeartbeatResponse{decide()});
}

void GroupCoordinator::leave_group(const LeaveGroupRequest& request, std::int64_t now_ms) {
  LeaveGroupResponse response;
  Held* const owner = held(request.group);
  if (owner == nullptr) {
    response.error = Errors::unknown_member_id;
    answer_after_writes(request.request, std::move(response));
    return;
  }
  ClassicGroup& group = owner->group;
  if (group.is(ClassicGroupState::Dead)) {
    response.error = Errors::coordinator_not_available;
    answer_after_writes(request.request, std::move(response));
    return;
  }
  bool somebody_left = false;
  for (const LeavingMember& leaving : request.members) {
    Errors error = Errors::none;
    if (leaving.member_id.empty()) {
      const std::string* const known =
          leaving.instance_id ? group.static_member(*leaving.instance_id) : nullptr;
      if (known == nullptr) {
        error = Errors::unknown_member_id;
      } else {
        remove_member(*owner, std::string{*known});
      }
    } else if (group.is_pending(leaving.member_id)) {
      group.remove(leaving.member_id);
      timers_.cancel({TimerKind::heartbeat, group.id(), leaving.member_id});
    } else {
      error = group.validate_member(leaving.member_id, leaving.instance_id);
      if (error == Errors::none) remove_member(*owner, leaving.member_id);
    }
    somebody_left = somebody_left || error == Errors::none;
    response.members.push_back(error);
  }
  if (somebody_left) {
    if (group.is(ClassicGroupState::Stable) || group.is(ClassicGroupState::CompletingRebalance)) {
      rebalance_or_complete(*owner, now_ms);
    } else if (group.is(ClassicGroupState::PreparingRebalance)) {
      maybe_complete_join(*owner, now_ms);
    }
  }
  answer_after_writes(request.request, std::move(response));
}

void GroupCoordinator::remove_member(Held& owner, const std::string& id) {
  ClassicGroupMember* const member = owner.group.member(id);
  assert(member != nullptr);
  timers_.cancel({TimerKind::heartbeat, owner.group.id(), id});
  if (member->awaiting_join) {
    JoinGroupResponse response;
    response.error = Errors::unknown_member_id;
    complete_join_answer(*member, std::move(response));
  }
  owner.group.remove(id);
}

void GroupCoordinator::delete_group(RequestId request, const std::string& id, std::int64_t) {
  const Held* const owner = held(id);
  DeleteGroupResponse response;
  if (owner == nullptr || owner->group.is(ClassicGroupState::Dead)) {
    response.error = Errors::group_id_not_found;
  } else if (!owner->group.is(ClassicGroupState::Empty)) {
    response.error = Errors::non_empty_group;
  }
  if (response.error == Errors::none) {
    std::vector<GroupRecord> records;
    offsets_.delete_all(id, records);
    GroupMetadataRecord tombstone;
    tombstone.group = id;
    tombstone.tombstone = true;
    records.emplace_back(std::move(tombstone));
    write_and_replay(std::move(records));
  }
  answer_after_writes(request, response);
}

void GroupCoordinator::run_timers(std::int64_t now_ms) {
  while (auto due = timers_.pop_due(now_ms)) {
    const TimerKey& key = due->key;
    FiredTimer fired;
    fired.at_ms = now_ms;
    fired.group = key.group;
    const WriteId first_write = next_write_;
    switch (key.kind) {
      case TimerKind::heartbeat:
        fired.name = "heartbeat-" + key.group + "-" + key.member;
        expire_heartbeat(key, now_ms);
        break;
      case TimerKind::join:
        fired.name = "join-" + key.group;
        slice_or_complete(key, now_ms);
        break;
      case TimerKind::sync:
        fired.name = "sync-" + key.group;
        expire_sync(key, now_ms);
        break;
      case TimerKind::expiry:
        fired.name = "expire-group-metadata";
        expire_offsets(now_ms);
        break;
    }
    for (const GroupWrite& append : outbox_.writes) {
      if (append.id >= first_write) fired.records += append.records.size();
    }
    outbox_.timers.push_back(std::move(fired));
  }
}

void GroupCoordinator::expire_offsets(std::int64_t now_ms) {
  std::vector<GroupRecord> records;
  for (const auto& [id, owner] : groups_) {
    bool all_expired = !offsets_.has_open_transaction(id);
    if (const auto* const offsets = offsets_.offsets_of(id)) {
      for (const OffsetMetadataManager::Committed& known : *offsets) {
        const auto base_ms = owner.group.expiry_base_ms(known.commit_timestamp_ms);
        const bool expired = base_ms && !owner.group.is_subscribed(known.partition.topic) &&
                             now_ms - *base_ms >= config_.offsets_retention_ms &&
                             !offsets_.has_pending(id, known.partition);
        if (!expired) {
          all_expired = false;
          continue;
        }
        OffsetCommitRecord tombstone;
        tombstone.group = id;
        tombstone.partition = known.partition;
        tombstone.tombstone = true;
        records.emplace_back(std::move(tombstone));
      }
    }
    if (all_expired && owner.group.is(ClassicGroupState::Empty)) {
      GroupMetadataRecord tombstone;
      tombstone.group = id;
      tombstone.tombstone = true;
      records.emplace_back(std::move(tombstone));
    }
  }
  if (!records.empty()) write_and_replay(std::move(records));
  timers_.schedule({TimerKind::expiry, "", ""}, now_ms + config_.offsets_retention_check_interval_ms);
}

void GroupCoordinator::commit_offsets(const OffsetCommitRequest& request, std::int64_t now_ms) {
  commit(request, kNoProducerId, kNoProducerEpoch, now_ms);
}

void GroupCoordinator::txn_commit_offsets(const TxnOffsetCommitRequest& request, std::int64_t now_ms) {
  commit(request.commit, request.producer_id, request.producer_epoch, now_ms);
}

void GroupCoordinator::commit(const OffsetCommitRequest& request, std::int64_t producer_id,
                              std::int16_t producer_epoch, std::int64_t now_ms) {
  const bool transactional = producer_id != kNoProducerId;
  OffsetCommitResponse response;
  Held* owner = held(request.group);
  if (owner == nullptr) {
    if (request.generation >= 0) {
      response.error = transactional ? Errors::illegal_generation : Errors::group_id_not_found;
      answer_after_writes(request.request, std::move(response));
      return;
    }
    owner = &create(request.group, now_ms);
  }
  const ClassicGroup& group = owner->group;
  response.error = group.validate_commit(request, transactional);
  if (response.error != Errors::none) {
    answer_after_writes(request.request, std::move(response));
    return;
  }
  if (!transactional &&
      (group.is(ClassicGroupState::Stable) || group.is(ClassicGroupState::PreparingRebalance))) {
    schedule_heartbeat(group, request.member_id,
                       now_ms + group.member(request.member_id)->session_timeout_ms);
  }
  std::vector<GroupRecord> records;
  std::vector<Undo> undo;
  for (const OffsetToCommit& wanted : request.offsets) {
    if (std::ssize(wanted.metadata) > config_.offset_metadata_max_bytes) {
      response.partitions.emplace_back(wanted.partition, Errors::offset_metadata_too_large);
      continue;
    }
    response.partitions.emplace_back(wanted.partition, Errors::none);
    OffsetCommitRecord record;
    record.group = request.group;
    record.partition = wanted.partition;
    record.offset = wanted.offset;
    record.leader_epoch = wanted.leader_epoch;
    record.metadata = wanted.metadata;
    record.commit_timestamp_ms = now_ms;
    if (!transactional) {
      Undo before{request.group, wanted.partition, 0, std::nullopt};
      if (const auto* const known = offsets_.find(request.group, wanted.partition)) before.previous = *known;
      offsets_.replay(record, producer_id);
      before.written = offsets_.find(request.group, wanted.partition)->position;
      undo.push_back(std::move(before));
    } else {
      offsets_.replay(record, producer_id);
    }
    records.emplace_back(std::move(record));
  }
  if (!records.empty()) {
    write(std::move(records)).undo = std::move(undo);
    outbox_.writes.back().producer_id = producer_id;
    outbox_.writes.back().producer_epoch = producer_epoch;
  }
  answer_after_writes(request.request, std::move(response));
}

OffsetFetchResponse GroupCoordinator::fetch_offsets(const OffsetFetchRequest& request) const {
  OffsetFetchResponse response;
  offsets_.fetch(request, response);
  return response;
}

}  // namespace wrackline::kafka
