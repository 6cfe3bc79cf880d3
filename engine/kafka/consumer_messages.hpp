// Everything a consumer sends and receives, as one pair of variants, so that one in-flight table serves its
// fetching, its offset look-ups and its group membership.
//
// Modelled: Fetch without sessions and topic ids, ListOffsets, OffsetsForLeaderEpoch, FindCoordinator; the
// group's messages are in group_messages.hpp. From: the message definitions of the Kafka 4.x clients.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/kafka/errors.hpp"
#include "engine/kafka/group_messages.hpp"
#include "engine/kafka/isolation_level.hpp"
#include "engine/kafka/leader_and_epoch.hpp"
#include "engine/kafka/record_batch.hpp"
#include "engine/kafka/topic_partition.hpp"

namespace wrackline::kafka {

struct FetchPartition {
  TopicPartition partition;
  Offset fetch_offset = 0;
  LeaderEpoch current_leader_epoch = kNoLeaderEpoch;
};

struct FetchRequest {
  IsolationLevel isolation = IsolationLevel::read_uncommitted;
  std::vector<FetchPartition> partitions;
};

/// A batch as it arrives at a client. The columns stay shared with the log; nothing is copied per record.
struct FetchedBatch {
  RecordBatch batch;
  /// Offsets of the records that compaction left, ascending; empty with `sparse` false: all of base..last.
  std::vector<Offset> offsets;
  bool sparse = false;
  bool corrupt = false;  ///< its checksum is wrong

  std::size_t record_count() const {
    return sparse ? offsets.size() : static_cast<std::size_t>(batch.last_offset - batch.base_offset + 1);
  }
  Offset offset_of(std::size_t record) const {
    return sparse ? offsets[record] : batch.base_offset + static_cast<Offset>(record);
  }
};

struct FetchedPartition {
  TopicPartition partition;
  Errors error = Errors::none;
  Offset high_watermark = kNoOffset;
  Offset last_stable_offset = kNoOffset;
  Offset log_start_offset = kNoOffset;
  BrokerId preferred_read_replica = kNoBroker;  ///< KIP-392
  BrokerId current_leader = kNoBroker;  ///< KIP-951, with NOT_LEADER_OR_FOLLOWER and FENCED_LEADER_EPOCH
  LeaderEpoch current_leader_epoch = kNoLeaderEpoch;
  std::vector<AbortedTransaction> aborted;  ///< for read_committed
  std::vector<FetchedBatch> batches;
  bool cut_at_end = false;  ///< bytes of an incomplete batch follow the last one
};

struct FetchResponse {
  Errors error = Errors::none;
  std::vector<FetchedPartition> partitions;
};

struct ListOffsetsPartition {
  TopicPartition partition;
  std::int64_t timestamp = kLatestTimestamp;
  LeaderEpoch current_leader_epoch = kNoLeaderEpoch;
};

struct ListOffsetsRequest {
  IsolationLevel isolation = IsolationLevel::read_uncommitted;
  std::vector<ListOffsetsPartition> partitions;
};

struct ListedOffset {
  TopicPartition partition;
  Errors error = Errors::none;
  Offset offset = kNoOffset;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
};

struct ListOffsetsResponse {
  std::vector<ListedOffset> partitions;
};

struct OffsetForLeaderEpochPartition {
  TopicPartition partition;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;  ///< of the last record consumed
  LeaderEpoch current_leader_epoch = kNoLeaderEpoch;
};

struct OffsetForLeaderEpochRequest {
  std::vector<OffsetForLeaderEpochPartition> partitions;
};

struct ListedEpochEnd {
  TopicPartition partition;
  Errors error = Errors::none;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  Offset end_offset = kNoOffset;
};

struct OffsetForLeaderEpochResponse {
  std::vector<ListedEpochEnd> partitions;
};

struct FindCoordinatorRequest {
  std::string group;
};

struct FindCoordinatorResponse {
  Errors error = Errors::none;
  BrokerId coordinator = kNoBroker;
};

using ConsumerRequestBody =
    std::variant<FetchRequest, ListOffsetsRequest, OffsetForLeaderEpochRequest, FindCoordinatorRequest,
                 JoinGroupRequest, SyncGroupRequest, HeartbeatRequest, LeaveGroupRequest, OffsetCommitRequest,
                 OffsetFetchRequest>;

/// The connection broke, or the request timed out, before an answer came.
struct Disconnected {};

using ConsumerResponseBody =
    std::variant<Disconnected, FetchResponse, ListOffsetsResponse, OffsetForLeaderEpochResponse,
                 FindCoordinatorResponse, JoinGroupResponse, SyncGroupResponse, HeartbeatResponse,
                 LeaveGroupResponse, OffsetCommitResponse, OffsetFetchResponse>;

/// What an API call of the consumer throws. `name` is the Java class.
struct ConsumerException {
  std::string_view name;
  std::string_view cause;  ///< class of the cause where the class itself says little
  bool retriable = false;
  TopicPartitions partitions;
  std::vector<Offset> offsets;  ///< positions in `partitions`, where the exception names them
  struct Divergence {
    TopicPartition partition;
    Offset offset = kNoOffset;
    LeaderEpoch leader_epoch = kNoLeaderEpoch;
  };
  std::vector<Divergence> divergent;  ///< LogTruncationException: where the logs part, as far as known
  Errors code = Errors::none;         ///< of the answer behind it, if there was one
};

}  // namespace wrackline::kafka
