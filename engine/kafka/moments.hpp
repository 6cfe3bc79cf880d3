// The protocol steps that the Kafka models announce (sim/moment.hpp). Steps that change the world have a
// moment before and one after the effect. Partitions are cluster-wide PartitionIds.
#pragma once

#include <span>

#include "sim/moment.hpp"

namespace wrackline::kafka::moments {

using sim::MomentDef;

// clang-format off
inline constexpr MomentDef kProduceReceived{"kafka.produce.received", {"broker", "partition", "records"}, "a leader is about to append a produced batch"};
inline constexpr MomentDef kProduceAppended{"kafka.produce.appended", {"broker", "partition", "base_offset", "records"}, "the leader appended the batch; nobody was told yet"};
inline constexpr MomentDef kProduceRefused{"kafka.produce.refused", {"broker", "partition", "error"}, "the leader refused the batch"};
inline constexpr MomentDef kProduceDuplicate{"kafka.produce.duplicate", {"broker", "partition", "base_offset"}, "the leader recognised a repeated batch by its sequence numbers"};
inline constexpr MomentDef kReplicaAppended{"kafka.replica.appended", {"broker", "partition", "log_end"}, "a follower appended fetched batches"};
inline constexpr MomentDef kReplicaTruncated{"kafka.replica.truncated", {"broker", "partition", "offset"}, "a follower cut its log where it parts from the leader's"};
inline constexpr MomentDef kHighWatermark{"kafka.high_watermark.advanced", {"broker", "partition", "offset"}, "the leader's high watermark moved: consumers may read on"};
inline constexpr MomentDef kIsrProposed{"kafka.isr.proposed", {"broker", "partition", "members"}, "the leader asks the controller for another ISR"};
inline constexpr MomentDef kIsrShrunk{"kafka.isr.shrunk", {"partition", "members"}, "the controller recorded a smaller ISR"};
inline constexpr MomentDef kIsrExpanded{"kafka.isr.expanded", {"partition", "members"}, "the controller recorded a larger ISR"};
inline constexpr MomentDef kLeaderElected{"kafka.leader.elected", {"partition", "leader", "leader_epoch"}, "the controller recorded another leader"};
inline constexpr MomentDef kLeaderLost{"kafka.leader.lost", {"partition", "leader_epoch"}, "no replica may lead: the partition is offline"};
inline constexpr MomentDef kUncleanElection{"kafka.leader.elected_uncleanly", {"partition", "leader", "leader_epoch"}, "a replica outside the ISR was elected: records may be lost"};
inline constexpr MomentDef kBecameLeader{"kafka.leader.started", {"broker", "partition", "leader_epoch", "log_end"}, "a broker learned that it leads the partition"};
inline constexpr MomentDef kBrokerFenced{"kafka.broker.fenced", {"broker"}, "the controller gave up on a broker's session"};
inline constexpr MomentDef kBrokerUnfenced{"kafka.broker.unfenced", {"broker"}, "a broker may lead and follow again"};
inline constexpr MomentDef kBrokerRegistered{"kafka.broker.registered", {"broker", "epoch"}, "a broker registered with the controller"};
inline constexpr MomentDef kLogDirectoryFailed{"kafka.broker.log_directory_failed", {"broker"}, "the disk refused a write: the broker halts"};
inline constexpr MomentDef kLogCleaned{"kafka.log.cleaned", {"broker", "partition", "bytes_before", "bytes"}, "the log cleaner put what is left of a compacted log in its place"};
inline constexpr MomentDef kBrokerRecovered{"kafka.broker.recovered", {"broker", "incarnation"}, "a broker loaded its logs after a restart"};

inline constexpr MomentDef kGroupJoined{"group.member.joining", {"broker", "partition"}, "a consumer asks to join its group"};
inline constexpr MomentDef kRebalanceStarted{"group.rebalance.started", {"group", "generation"}, "the coordinator waits for all members to join again"};
inline constexpr MomentDef kRebalanceCompleted{"group.rebalance.completed", {"group", "generation", "members"}, "every member has its assignment"};
inline constexpr MomentDef kOffsetsCommitting{"group.offsets.committing", {"broker", "partition"}, "the coordinator is about to append an offset commit"};
inline constexpr MomentDef kOffsetsCommitted{"group.offsets.committed", {"group", "partition", "offset"}, "an offset commit is durable in the group's log"};
inline constexpr MomentDef kMemberExpired{"group.member.expired", {"group"}, "a member's session timed out"};
inline constexpr MomentDef kCoordinatorLoaded{"group.coordinator.loaded", {"broker", "partition"}, "a broker took over a partition of the groups' log"};

inline constexpr MomentDef kProducerSending{"producer.request.sending", {"producer", "broker", "batches"}, "a producer hands a request to its socket"};
inline constexpr MomentDef kProducerAcked{"producer.batch.acknowledged", {"producer", "partition", "records"}, "the send callbacks of a batch ran without an error"};
inline constexpr MomentDef kProducerFailed{"producer.batch.failed", {"producer", "partition", "records", "error"}, "the send callbacks of a batch ran with an error"};
inline constexpr MomentDef kProducerDisconnected{"producer.connection.lost", {"producer", "broker"}, "a producer's connection to a broker broke"};

inline constexpr MomentDef kConsumerPolled{"consumer.records.polled", {"consumer", "records"}, "poll() returned records to the application"};
inline constexpr MomentDef kConsumerAssigned{"consumer.partitions.assigned", {"consumer", "partitions"}, "onPartitionsAssigned ran"};
inline constexpr MomentDef kConsumerRevoked{"consumer.partitions.revoked", {"consumer", "partitions"}, "onPartitionsRevoked ran"};
inline constexpr MomentDef kConsumerLost{"consumer.partitions.lost", {"consumer", "partitions"}, "onPartitionsLost ran: others may own them already"};
// clang-format on

inline constexpr const MomentDef* kAll[] = {
    &kProduceReceived,  &kProduceAppended,      &kProduceRefused,     &kProduceDuplicate,
    &kReplicaAppended,  &kReplicaTruncated,     &kHighWatermark,      &kIsrProposed,
    &kIsrShrunk,        &kIsrExpanded,          &kLeaderElected,      &kLeaderLost,
    &kUncleanElection,  &kBecameLeader,         &kBrokerFenced,       &kBrokerUnfenced,
    &kBrokerRegistered, &kBrokerRecovered,      &kLogDirectoryFailed, &kGroupJoined,
    &kRebalanceStarted, &kRebalanceCompleted,   &kOffsetsCommitting,  &kOffsetsCommitted,
    &kMemberExpired,    &kCoordinatorLoaded,    &kProducerSending,    &kProducerAcked,
    &kProducerFailed,   &kProducerDisconnected, &kConsumerPolled,     &kConsumerAssigned,
    &kConsumerRevoked,  &kConsumerLost,         &kLogCleaned};

}  // namespace wrackline::kafka::moments
