#include "engine/kafka/classic_group.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::kafka {

namespace {

constexpr std::string_view kConsumerProtocolType = "consumer";

/// Slot of a name in a Java HashMap of up to twelve entries: the real coordinator breaks a tie of votes by
/// it.
std::uint32_t hash_slot(std::string_view name) {
  std::uint32_t hash = 0;
  for (const char c : name) hash = hash * 31 + static_cast<unsigned char>(c);
  return (hash ^ (hash >> 16)) & 15;
}

}  // namespace

std::string_view name_of(ClassicGroupState state) {
  switch (state) {
    case ClassicGroupState::Empty:
      return "Empty";
    case ClassicGroupState::PreparingRebalance:
      return "PreparingRebalance";
    case ClassicGroupState::CompletingRebalance:
      return "CompletingRebalance";
    case ClassicGroupState::Stable:
      return "Stable";
    case ClassicGroupState::Dead:
      return "Dead";
  }
  return "";
}

const JoinProtocol* ClassicGroupMember::protocol(std::string_view name) const {
  for (const JoinProtocol& known : protocols) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

ClassicGroup::ClassicGroup(const GroupMetadataRecord& loaded)
    : id_{loaded.group},
      state_{loaded.members.empty() ? ClassicGroupState::Empty : ClassicGroupState::Stable},
      generation_{loaded.generation},
      protocol_type_{loaded.protocol_type},
      protocol_{loaded.protocol},
      leader_{loaded.leader} {
  if (loaded.state_timestamp_ms >= 0) state_timestamp_ms_ = loaded.state_timestamp_ms;
  std::uint64_t order = 0;
  for (const GroupMetadataMember& member : loaded.members) {
    ClassicGroupMember known;
    known.id = member.member_id;
    known.order = order++;
    known.instance_id = member.instance_id;
    known.session_timeout_ms = member.session_timeout_ms;
    known.rebalance_timeout_ms = member.rebalance_timeout_ms;
    known.protocols = {JoinProtocol{loaded.protocol.value_or(""), member.metadata}};
    known.assignment = member.assignment;
    members_.push_back(std::move(known));
  }
  compute_subscribed();
}

ClassicGroupMember* ClassicGroup::member(std::string_view id) {
  for (ClassicGroupMember& known : members_) {
    if (known.id == id) return &known;
  }
  return nullptr;
}

const ClassicGroupMember* ClassicGroup::member(std::string_view id) const {
  for (const ClassicGroupMember& known : members_) {
    if (known.id == id) return &known;
  }
  return nullptr;
}

const std::string* ClassicGroup::static_member(std::string_view instance_id) const {
  for (const ClassicGroupMember& known : members_) {
    if (known.instance_id && *known.instance_id == instance_id) return &known.id;
  }
  return nullptr;
}

bool ClassicGroup::is_pending(std::string_view id) const { return pending_order(id).has_value(); }

std::optional<std::uint64_t> ClassicGroup::pending_order(std::string_view id) const {
  for (const Pending& known : pending_) {
    if (known.id == id) return known.order;
  }
  return std::nullopt;
}

void ClassicGroup::add_pending(std::string id, std::uint64_t order) {
  pending_.push_back({std::move(id), order});
}

ClassicGroupMember& ClassicGroup::add(ClassicGroupMember member, const std::string& protocol_type) {
  assert(!member.instance_id || static_member(*member.instance_id) == nullptr);
  if (members_.empty()) protocol_type_ = protocol_type;
  if (!leader_) leader_ = member.id;
  std::erase_if(pending_, [&](const Pending& known) { return known.id == member.id; });
  const auto at = std::find_if(members_.begin(), members_.end(),
                               [&](const ClassicGroupMember& known) { return known.order > member.order; });
  return *members_.insert(at, std::move(member));
}

void ClassicGroup::remove(std::string_view id) {
  const std::string gone{id};  // `id` may be the name inside of the member that is erased
  std::erase_if(members_, [&](const ClassicGroupMember& known) { return known.id == gone; });
  if (is_leader(gone)) {
    if (members_.empty()) {
      leader_.reset();
    } else {
      leader_ = members_.front().id;
    }
  }
  std::erase_if(pending_, [&](const Pending& known) { return known.id == gone; });
  std::erase(pending_sync, gone);
}

ClassicGroupMember& ClassicGroup::replace_static(const std::string& old_id, std::string new_id,
                                                 std::uint64_t order) {
  const auto old = std::find_if(members_.begin(), members_.end(),
                                [&](const ClassicGroupMember& known) { return known.id == old_id; });
  assert(old != members_.end());
  ClassicGroupMember fresh = std::move(*old);
  members_.erase(old);
  if (is_leader(old_id)) leader_ = new_id;
  fresh.id = std::move(new_id);
  fresh.order = order;
  fresh.is_new = false;
  fresh.awaiting_join.reset();
  fresh.awaiting_sync.reset();
  const auto at = std::find_if(members_.begin(), members_.end(),
                               [&](const ClassicGroupMember& known) { return known.order > order; });
  return *members_.insert(at, std::move(fresh));
}

Errors ClassicGroup::validate_member(std::string_view id,
                                     const std::optional<std::string>& instance_id) const {
  if (instance_id) {
    const std::string* const known = static_member(*instance_id);
    if (known == nullptr) return Errors::unknown_member_id;
    if (*known != id) return Errors::fenced_instance_id;
  }
  return member(id) == nullptr ? Errors::unknown_member_id : Errors::none;
}

Errors ClassicGroup::validate_commit(const OffsetCommitRequest& request, bool transactional) const {
  if (is(ClassicGroupState::Dead)) return Errors::coordinator_not_available;
  if (request.generation < 0 && is(ClassicGroupState::Empty)) return Errors::none;
  if (request.generation >= 0 || !request.member_id.empty() || request.instance_id) {
    const Errors error = validate_member(request.member_id, request.instance_id);
    if (error != Errors::none) return error;
    if (request.generation != generation_) return Errors::illegal_generation;
  } else if (!transactional && !is(ClassicGroupState::Empty)) {
    return Errors::unknown_member_id;
  }
  // C-7: a transactional commit is fenced by the producer, so it may pass while the next generation is being
  // assigned.
  if (!transactional && is(ClassicGroupState::CompletingRebalance)) return Errors::rebalance_in_progress;
  return Errors::none;
}

bool ClassicGroup::supports(std::string_view protocol_type,
                            const std::vector<JoinProtocol>& protocols) const {
  if (is(ClassicGroupState::Empty)) return !protocol_type.empty() && !protocols.empty();
  if (!protocol_type_ || *protocol_type_ != protocol_type) return false;
  return std::any_of(protocols.begin(), protocols.end(), [&](const JoinProtocol& offered) {
    return std::all_of(members_.begin(), members_.end(), [&](const ClassicGroupMember& known) {
      return known.protocol(offered.name) != nullptr;
    });
  });
}

std::string ClassicGroup::select_protocol() const {
  assert(!members_.empty());
  const auto common = [&](const std::string& name) {
    return std::all_of(members_.begin(), members_.end(),
                       [&](const ClassicGroupMember& known) { return known.protocol(name) != nullptr; });
  };
  struct Votes {
    std::string name;
    int count;
  };
  std::vector<Votes> votes;
  for (const ClassicGroupMember& voter : members_) {
    const auto choice = std::find_if(voter.protocols.begin(), voter.protocols.end(),
                                     [&](const JoinProtocol& offered) { return common(offered.name); });
    assert(choice != voter.protocols.end());
    const auto known =
        std::find_if(votes.begin(), votes.end(), [&](const Votes& v) { return v.name == choice->name; });
    if (known == votes.end()) {
      votes.push_back({choice->name, 1});
    } else {
      ++known->count;
    }
  }
  return std::min_element(votes.begin(), votes.end(),
                          [](const Votes& a, const Votes& b) {
                            if (a.count != b.count) return a.count > b.count;
                            return hash_slot(a.name) < hash_slot(b.name);
                          })
      ->name;
}

std::size_t ClassicGroup::awaiting_join() const {
  return static_cast<std::size_t>(
      std::count_if(members_.begin(), members_.end(),
                    [](const ClassicGroupMember& known) { return known.awaiting_join.has_value(); }));
}

bool ClassicGroup::all_joined() const { return pending_.empty() && awaiting_join() == members_.size(); }

bool ClassicGroup::elect_joined_leader() {
  if (!leader_) return false;
  const ClassicGroupMember* const leader = member(*leader_);
  assert(leader != nullptr);
  if (leader->awaiting_join) return true;
  for (const ClassicGroupMember& candidate : members_) {
    if (candidate.awaiting_join) {
      leader_ = candidate.id;
      return true;
    }
  }
  return false;
}

std::int32_t ClassicGroup::rebalance_timeout_ms() const {
  std::int32_t longest = 0;
  for (const ClassicGroupMember& known : members_) longest = std::max(longest, known.rebalance_timeout_ms);
  return longest;
}

void ClassicGroup::next_generation(std::int64_t now_ms) {
  ++generation_;
  if (members_.empty()) {
    protocol_.reset();
    compute_subscribed();
    transition_to(ClassicGroupState::Empty, now_ms);
  } else {
    protocol_ = select_protocol();
    compute_subscribed();
    transition_to(ClassicGroupState::CompletingRebalance, now_ms);
  }
  pending_sync.clear();
}

void ClassicGroup::transition_to(ClassicGroupState state, std::int64_t now_ms) {
  previous_state_ = state_;
  state_ = state;
  state_timestamp_ms_ = now_ms;
}

bool ClassicGroup::can_rebalance() const {
  return is(ClassicGroupState::Empty) || is(ClassicGroupState::CompletingRebalance) ||
         is(ClassicGroupState::Stable);
}

std::vector<JoinGroupMember> ClassicGroup::join_members() const {
  std::vector<JoinGroupMember> all;
  all.reserve(members_.size());
  for (const ClassicGroupMember& known : members_) {
    const JoinProtocol* const chosen = known.protocol(protocol_.value_or(""));
    assert(chosen != nullptr);
    all.push_back({known.id, known.instance_id, chosen->metadata});
  }
  return all;
}

GroupMetadataRecord ClassicGroup::to_record(
    const std::vector<std::pair<std::string, Assignment>>* assignments) const {
  GroupMetadataRecord record;
  record.group = id_;
  record.generation = generation_;
  record.protocol_type = protocol_type_;
  record.protocol = protocol_;
  record.leader = leader_;
  record.state_timestamp_ms = state_timestamp_ms_.value_or(-1);
  for (const ClassicGroupMember& known : members_) {
    GroupMetadataMember member;
    member.member_id = known.id;
    member.instance_id = known.instance_id;
    member.session_timeout_ms = known.session_timeout_ms;
    member.rebalance_timeout_ms = known.rebalance_timeout_ms;
    if (const JoinProtocol* const chosen = known.protocol(protocol_.value_or("")))
      member.metadata = chosen->metadata;
    if (assignments == nullptr) {
      member.assignment = known.assignment;
    } else {
      for (const auto& [id, assignment] : *assignments) {
        if (id == known.id) member.assignment = assignment;
      }
    }
    record.members.push_back(std::move(member));
  }
  return record;
}

void ClassicGroup::compute_subscribed() {
  subscribed_.reset();
  if (protocol_type_ != kConsumerProtocolType) return;
  if (members_.empty()) {
    subscribed_.emplace();
    return;
  }
  if (!protocol_) return;
  subscribed_.emplace();
  for (const ClassicGroupMember& known : members_) {
    const JoinProtocol* const chosen = known.protocol(*protocol_);
    if (chosen == nullptr) continue;
    for (const TopicId topic : chosen->metadata.topics) {
      if (std::find(subscribed_->begin(), subscribed_->end(), topic) == subscribed_->end()) {
        subscribed_->push_back(topic);
      }
    }
  }
}

bool ClassicGroup::is_subscribed(TopicId topic) const {
  if (!subscribed_) return protocol_type_ == kConsumerProtocolType;
  return std::find(subscribed_->begin(), subscribed_->end(), topic) != subscribed_->end();
}

std::optional<std::int64_t> ClassicGroup::expiry_base_ms(std::int64_t commit_ms) const {
  if (!protocol_type_) return commit_ms;
  if (is(ClassicGroupState::Empty)) return state_timestamp_ms_.value_or(commit_ms);
  if (protocol_type_ == kConsumerProtocolType && subscribed_ && is(ClassicGroupState::Stable))
    return commit_ms;
  return std::nullopt;
}

}  // namespace wrackline::kafka
