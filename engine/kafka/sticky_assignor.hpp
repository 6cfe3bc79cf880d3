// The sticky assignors: balance first, then keep what members already have (KIP-54, KIP-429).
//
// When all members subscribe to the same topics, quotas decide (ConstrainedAssignment); otherwise partitions
// move greedily from full to empty members until nothing improves (GeneralAssignment). cooperative-sticky
// then withholds every partition that changes hands (C-21). Where the real code iterates in hash order,
// members and partitions are taken in the order of their ids. From: AbstractStickyAssignor,
// CooperativeStickyAssignor.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "engine/kafka/assignor.hpp"

namespace wrackline::kafka {

void assign_sticky(AssignorKind kind, const std::vector<AssignorTopic>& topics,
                   const std::vector<AssignorMember>& members, GroupAssignment& out);

namespace sticky {

/// Of a member, in the order of ids.
using Member = std::size_t;
inline constexpr Member kNobody = static_cast<Member>(-1);

/// Which replicas are near which member; empty when racks do not matter (KIP-881).
class RackInfo {
 public:
  RackInfo(const std::vector<AssignorTopic>& topics, const std::vector<const AssignorMember*>& members);

  bool in_use() const { return in_use_; }
  bool mismatch(Member member, TopicPartition partition) const;
  bool is_near(Member member, TopicPartition partition) const;
  /// Partitions that few members are near to come first.
  void sort_by_near_members(TopicPartitions& partitions) const;
  /// Index in `list` of the next member near `partition`, going round from `first`; -1: none.
  std::ptrdiff_t next_near(TopicPartition partition, const std::vector<Member>& list,
                           std::size_t first) const;

 private:
  const std::vector<const AssignorMember*>& members_;
  std::map<TopicPartition, std::vector<std::string>> racks_;  ///< sorted, unique
  std::map<TopicPartition, std::int32_t> near_members_;
  bool in_use_ = false;
};

/// What the members held, cleaned of claims that do not count.
struct Owned {
  std::vector<TopicPartitions> of_member;
  TopicPartitions claimed_twice;
  std::int32_t max_generation = kNoGeneration;
  bool equal_subscriptions = true;
};

struct Problem {
  const std::vector<AssignorTopic>& topics;  ///< that exist and that somebody subscribes to
  std::vector<const AssignorMember*> members;
  const RackInfo& racks;
  Owned owned;
};

/// `transferring`: partitions that somebody may still hold, with the member that shall get them.
void assign_constrained(Problem& problem, std::vector<TopicPartitions>& out,
                        std::map<TopicPartition, Member>& transferring);
void assign_general(Problem& problem, std::vector<TopicPartitions>& out);

}  // namespace sticky

}  // namespace wrackline::kafka
