// The controller's view of a partition, and its decision when brokers, the ISR or the assignment change.
//
// Modelled (L-17, L-28 .. L-31): the election (online, preferred, unclean; ISR, eligible leader replicas,
// last known leader), the ISR that never becomes empty without ELR, upkeep of ELR and the last known leader
// (KIP-966), completion of reassignments, and which epochs a change moves. Not modelled: directories, topic
// and broker registries. From: org.apache.kafka.metadata.PartitionRegistration,
// org.apache.kafka.controller.PartitionChangeBuilder.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/kafka/record_batch.hpp"

namespace wrackline::kafka {

enum class LeaderRecoveryState : std::uint8_t { recovered, recovering };
enum class Election : std::uint8_t { preferred, online, unclean };

inline constexpr BrokerId kNoLeader = -1;

/// The fields that a decision changes; nothing = unchanged.
struct PartitionChange {
  std::optional<std::vector<BrokerId>> isr{};
  std::optional<BrokerId> leader{};
  std::optional<std::vector<BrokerId>> replicas{};
  std::optional<std::vector<BrokerId>> removing{};
  std::optional<std::vector<BrokerId>> adding{};
  std::optional<std::vector<BrokerId>> elr{};  ///< sorted
  std::optional<std::vector<BrokerId>> last_known_elr{};
  std::optional<LeaderRecoveryState> leader_recovery_state{};
  bool unclean = false;  ///< data may be lost by this election; a remark, not part of the record

  bool empty() const {
    return !isr && !leader && !replicas && !removing && !adding && !elr && !last_known_elr &&
           !leader_recovery_state;
  }
};

struct PartitionRegistration {
  std::vector<BrokerId> replicas{};
  std::vector<BrokerId> isr{};
  std::vector<BrokerId> elr{};
  std::vector<BrokerId> last_known_elr{};
  std::vector<BrokerId> removing{};
  std::vector<BrokerId> adding{};
  BrokerId leader = kNoLeader;
  LeaderRecoveryState leader_recovery_state = LeaderRecoveryState::recovered;
  LeaderEpoch leader_epoch = 0;
  std::int32_t partition_epoch = 0;

  /// The registration after `change`: the partition epoch grows by one, the leader epoch if the change names
  /// a leader.
  PartitionRegistration merge(const PartitionChange& change) const;
  bool operator==(const PartitionRegistration&) const = default;
};

struct PartitionChangeRules {
  bool elr_enabled = true;  ///< eligible.leader.replicas.version = 1
  std::int32_t min_insync_replicas = 1;
  /// Before metadata.version 3.6 each shrink of the ISR moves the leader epoch (L-17).
  bool bump_leader_epoch_on_shrink = false;
  /// 4.1 elects the last known leader only while it is acceptable as leader; 3.9 elects it unseen.
  bool last_known_leader_must_live = true;
};

struct PartitionChangeRequest {
  std::span<const BrokerId> live{};  ///< brokers acceptable as leader
  Election election = Election::online;
  std::optional<std::vector<BrokerId>> target_isr{};
  std::span<const BrokerId>
      unclean_shutdown;  ///< replicas that came back without a clean stop: out of the ELR
  std::optional<std::vector<BrokerId>> target_replicas{};
  std::optional<std::vector<BrokerId>> target_removing{};
  std::optional<std::vector<BrokerId>> target_adding{};
};

/// Nothing = nothing changes.
std::optional<PartitionChange> decide_partition_change(const PartitionRegistration& partition,
                                                       const PartitionChangeRules& rules,
                                                       const PartitionChangeRequest& request);

}  // namespace wrackline::kafka
