// One group of the classic protocol as its coordinator knows it: members, generation, state, the parked Join
// and Sync requests, and the rules that need nothing else.
//
// Modelled: C-7 (commit validation), C-17, C-22; member ids that were handed out but not used yet (KIP-394),
// static members (KIP-345). Not modelled: group types other than "consumer" beyond the check that they do not
// mix. The real free choice of a new leader (hash order) is made here by the order in which member ids were
// created. From: ClassicGroup, ClassicGroupMember, ClassicGroupState.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kafka/group_messages.hpp"

namespace wrackline::kafka {

enum class ClassicGroupState : std::uint8_t { Empty, PreparingRebalance, CompletingRebalance, Stable, Dead };
std::string_view name_of(ClassicGroupState state);

struct ClassicGroupMember {
  std::string id;
  std::uint64_t order = 0;  ///< of the creation of `id`
  std::optional<std::string> instance_id;
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = 0;
  std::vector<JoinProtocol> protocols;
  Assignment assignment;
  std::optional<RequestId> awaiting_join;
  std::optional<RequestId> awaiting_sync;
  bool is_new = false;  ///< has not received its first Join answer

  bool is_static() const { return instance_id.has_value(); }
  const JoinProtocol* protocol(std::string_view name) const;
  /// A parked request is as good as a heartbeat, except while the member joins for the first time.
  bool has_satisfied_heartbeat() const { return !is_new && (awaiting_join || awaiting_sync); }
};

class ClassicGroup {
 public:
  ClassicGroup(std::string id, std::int64_t now_ms) : id_{std::move(id)}, state_timestamp_ms_{now_ms} {}
  explicit ClassicGroup(const GroupMetadataRecord& loaded);

  const std::string& id() const { return id_; }
  ClassicGroupState state() const { return state_; }
  ClassicGroupState previous_state() const { return previous_state_; }
  bool is(ClassicGroupState state) const { return state_ == state; }
  std::int32_t generation() const { return generation_; }
  const std::optional<std::string>& protocol() const { return protocol_; }
  const std::optional<std::string>& protocol_type() const { return protocol_type_; }
  const std::optional<std::string>& leader() const { return leader_; }
  bool is_leader(std::string_view member) const { return leader_ && *leader_ == member; }

  /// In the order in which the ids were created.
  const std::vector<ClassicGroupMember>& members() const { return members_; }
  std::vector<ClassicGroupMember>& members() { return members_; }
  ClassicGroupMember* member(std::string_view id);
  const ClassicGroupMember* member(std::string_view id) const;
  const std::string* static_member(std::string_view instance_id) const;
  std::size_t pending_members() const { return pending_.size(); }
  bool is_pending(std::string_view id) const;
  std::optional<std::uint64_t> pending_order(std::string_view id) const;

  void add_pending(std::string id, std::uint64_t order);
  ClassicGroupMember& add(ClassicGroupMember member, const std::string& protocol_type);
  void remove(std::string_view id);
  /// The new process of an instance takes over protocols, timeouts and assignment of the old one.
  ClassicGroupMember& replace_static(const std::string& old_id, std::string new_id, std::uint64_t order);

  /// Errors::none, UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID.
  Errors validate_member(std::string_view id, const std::optional<std::string>& instance_id) const;
  Errors validate_commit(const OffsetCommitRequest& request, bool transactional) const;
  bool supports(std::string_view protocol_type, const std::vector<JoinProtocol>& protocols) const;
  std::string select_protocol() const;

  bool all_joined() const;
  std::size_t awaiting_join() const;
  /// The leader of the next generation must have rejoined; false if nobody did.
  bool elect_joined_leader();
  std::int32_t rebalance_timeout_ms() const;
  void next_generation(std::int64_t now_ms);
  void transition_to(ClassicGroupState state, std::int64_t now_ms);
  bool can_rebalance() const;

  std::vector<JoinGroupMember> join_members() const;
  GroupMetadataRecord to_record(const std::vector<std::pair<std::string, Assignment>>* assignments) const;

  /// Offsets of topics that a live member reads do not expire.
  bool is_subscribed(TopicId topic) const;
  /// From when an offset committed at `commit_ms` counts as unused; nullopt: not at all now.
  std::optional<std::int64_t> expiry_base_ms(std::int64_t commit_ms) const;

  bool new_member_added = false;  ///< during the current slice of the initial delay
  std::vector<std::string> pending_sync;

 private:
  struct Pending {
    std::string id;
    std::uint64_t order;
  };

  void compute_subscribed();

  std::string id_;
  ClassicGroupState state_ = ClassicGroupState::Empty;
  ClassicGroupState previous_state_ = ClassicGroupState::Dead;
  std::int32_t generation_ = 0;
  std::optional<std::int64_t> state_timestamp_ms_;
  std::optional<std::string> protocol_type_;
  std::optional<std::string> protocol_;
  std::optional<std::string> leader_;
  std::vector<ClassicGroupMember> members_;
  std::vector<Pending> pending_;
  std::optional<std::vector<TopicId>> subscribed_;
};

}  // namespace wrackline::kafka
