// The assignors: who reads which partition. The first four run in the client that leads a classic group, the
// last two in the coordinator of a KIP-848 group.
//
// Modelled: C-28, conformance 67 and 74; racks for range. Members and topics are taken in the order of their
// ids and names wherever the real code takes them in hash order. From: RangeAssignor (of the client and of
// the coordinator), RoundRobinAssignor, StickyAssignor, CooperativeStickyAssignor (AbstractStickyAssignor);
// RangeAssignor and UniformAssignor of the group coordinator.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kafka/group_messages.hpp"
#include "engine/kafka/topic_partition.hpp"

namespace wrackline::kafka {

enum class AssignorKind : std::uint8_t { range, roundrobin, sticky, cooperative_sticky };
enum class RebalanceProtocol : std::uint8_t { eager, cooperative };

/// As in `partition.assignment.strategy` (short names: range, roundrobin, sticky, cooperative-sticky).
std::string_view name_of(AssignorKind kind);
std::optional<AssignorKind> assignor_of(std::string_view name);
bool supports(AssignorKind kind, RebalanceProtocol protocol);

struct AssignorMember {
  std::string id;
  std::optional<std::string> instance_id;
  std::vector<TopicId> topics;
  TopicPartitions owned;                    ///< what it held
  std::int32_t generation = kNoGeneration;  ///< in which generation
  std::string rack;
};

struct AssignorTopic {
  TopicId topic = 0;
  std::int32_t partitions = 0;
  std::vector<std::vector<std::string>> racks;  ///< per partition: of its replicas; may be empty
};

/// One list per member, in the order of `members`; each sorted by topic and partition.
using GroupAssignment = std::vector<TopicPartitions>;

/// `topics` in ascending order; topics without metadata are left out by the caller.
GroupAssignment assign(AssignorKind kind, const std::vector<AssignorTopic>& topics,
                       const std::vector<AssignorMember>& members);

/// The coordinator's own range assignor (KIP-848): as the client's, but racks do not matter. Nullopt:
/// somebody subscribes to a topic that does not exist (PartitionAssignorException).
std::optional<GroupAssignment> assign_server_range(const std::vector<AssignorTopic>& topics,
                                                   const std::vector<AssignorMember>& members);

}  // namespace wrackline::kafka
