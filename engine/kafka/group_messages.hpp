// What members and their group coordinator say to each other (classic protocol), and what the coordinator
// writes into its partition of __consumer_offsets.
//
// Modelled: the fields that decide something. Where Kafka carries opaque bytes (subscription, assignment) the
// content stands here as a value, `user_data` being whatever else an assignor adds. Not modelled: encodings,
// request versions beyond the two capabilities named below, client host, throttling. From: the JoinGroup
// (v9), SyncGroup, Heartbeat, LeaveGroup, OffsetCommit (v9), TxnOffsetCommit (v5) and OffsetFetch messages,
// ConsumerProtocol.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/kafka/errors.hpp"
#include "engine/kafka/record_batch.hpp"
#include "engine/kafka/topic_partition.hpp"

namespace wrackline::kafka {

/// Chosen by the actor that received the request; comes back with the answer.
using RequestId = std::uint64_t;

inline constexpr std::int32_t kNoGeneration = -1;

/// What a member tells the assignor about itself (ConsumerProtocolSubscription).
struct Subscription {
  std::vector<TopicId> topics;
  TopicPartitions owned;
  std::int32_t generation = kNoGeneration;  ///< in which `owned` was received
  std::string rack;
  std::string user_data;

  bool operator==(const Subscription&) const = default;
};

/// What the leader gives to one member (ConsumerProtocolAssignment).
struct Assignment {
  TopicPartitions partitions;
  std::string user_data;

  bool operator==(const Assignment&) const = default;
  bool empty() const { return partitions.empty() && user_data.empty(); }
};

struct JoinProtocol {
  std::string name;  ///< of the assignor
  Subscription metadata;

  bool operator==(const JoinProtocol&) const = default;
};

struct JoinGroupRequest {
  RequestId request = 0;
  std::string group;
  std::string client_id;
  std::string member_id;  ///< empty: not known yet
  std::optional<std::string> instance_id;
  std::int32_t session_timeout_ms = 45000;
  std::int32_t rebalance_timeout_ms = 300000;
  std::string protocol_type = "consumer";
  std::vector<JoinProtocol> protocols;
  bool requires_known_member_id = true;  ///< KIP-394, JoinGroup v4 and newer
  bool supports_skip_assignment = true;  ///< KIP-814, JoinGroup v9
};

struct JoinGroupMember {
  std::string member_id;
  std::optional<std::string> instance_id;
  Subscription metadata;
};

struct JoinGroupResponse {
  Errors error = Errors::none;
  std::string member_id;
  std::int32_t generation = kNoGeneration;
  std::optional<std::string> protocol;
  std::string leader;
  bool skip_assignment = false;
  std::vector<JoinGroupMember> members;  ///< only in the leader's answer
};

struct SyncGroupRequest {
  RequestId request = 0;
  std::string group;
  std::string member_id;
  std::optional<std::string> instance_id;
  std::int32_t generation = kNoGeneration;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol;
  std::vector<std::pair<std::string, Assignment>> assignments;  ///< by member id; from the leader only
};

struct SyncGroupResponse {
  Errors error = Errors::none;
  std::optional<std::string> protocol;
  Assignment assignment;
};

struct HeartbeatRequest {
  RequestId request = 0;
  std::string group;
  std::string member_id;
  std::optional<std::string> instance_id;
  std::int32_t generation = kNoGeneration;
};

struct HeartbeatResponse {
  Errors error = Errors::none;
};

struct LeavingMember {
  std::string member_id;  ///< empty with an instance id: an administrator removes that instance
  std::optional<std::string> instance_id;
};

struct LeaveGroupRequest {
  RequestId request = 0;
  std::string group;
  std::vector<LeavingMember> members;
};

struct LeaveGroupResponse {
  Errors error = Errors::none;
  std::vector<Errors> members;  ///< in the order of the request
};

struct OffsetToCommit {
  TopicPartition partition;
  Offset offset = 0;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  std::string metadata;  ///< whatever the application keeps with the offset
};

struct OffsetCommitRequest {
  RequestId request = 0;
  std::string group;
  std::string member_id;
  std::optional<std::string> instance_id;
  std::int32_t generation = kNoGeneration;  ///< -1: commits without membership
  std::vector<OffsetToCommit> offsets;
};

/// TxnOffsetCommit: the offsets stay pending until the marker of the producer's transaction reaches this
/// partition.
struct TxnOffsetCommitRequest {
  OffsetCommitRequest commit;
  std::int64_t producer_id = kNoProducerId;
  std::int16_t producer_epoch = kNoProducerEpoch;
};

struct OffsetCommitResponse {
  Errors error = Errors::none;  ///< of the request as a whole; then `partitions` is empty
  std::vector<std::pair<TopicPartition, Errors>> partitions;
};

struct OffsetFetchRequest {
  std::string group;
  std::vector<TopicPartition> partitions;
  bool require_stable = true;  ///< KIP-447; what every current consumer asks
  std::string member_id;       ///< KIP-848 members only; empty: not checked
  std::int32_t member_epoch = -1;
};

struct FetchedOffset {
  TopicPartition partition;
  Offset offset = -1;  ///< -1: nothing committed
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  std::string metadata;
  Errors error = Errors::none;
};

struct OffsetFetchResponse {
  Errors error = Errors::none;
  std::vector<FetchedOffset> partitions;
};

struct DeleteGroupResponse {
  Errors error = Errors::none;
};

using GroupResponse = std::variant<JoinGroupResponse, SyncGroupResponse, HeartbeatResponse,
                                   LeaveGroupResponse, OffsetCommitResponse, DeleteGroupResponse>;

struct GroupAnswer {
  RequestId request = 0;
  GroupResponse response;
};

/// GroupMetadataValue of one member.
struct GroupMetadataMember {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = 0;
  Subscription metadata;
  Assignment assignment;
};

/// A classic group as it is kept in the log; a loaded group with members is Stable, one without is Empty.
struct GroupMetadataRecord {
  std::string group;
  bool tombstone = false;
  std::int32_t generation = 0;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol;
  std::optional<std::string> leader;
  std::int64_t state_timestamp_ms = -1;
  std::vector<GroupMetadataMember> members;
};

struct OffsetCommitRecord {
  std::string group;
  TopicPartition partition;
  bool tombstone = false;
  Offset offset = -1;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  std::string metadata;
  std::int64_t commit_timestamp_ms = 0;
};

using GroupRecord = std::variant<GroupMetadataRecord, OffsetCommitRecord>;

using WriteId = std::uint64_t;

/// One atomic append (acks = all, `offsets.commit.timeout.ms`) that the actor makes on the coordinator's
/// partition.
struct GroupWrite {
  WriteId id = 0;
  std::vector<GroupRecord> records;
  std::int64_t producer_id = kNoProducerId;  ///< set: a transactional batch
  std::int16_t producer_epoch = kNoProducerEpoch;
};

}  // namespace wrackline::kafka
