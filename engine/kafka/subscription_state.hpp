// What a consumer is subscribed to, what is assigned to it and where it stands in each assigned partition.
//
// Modelled: C-1, C-9, C-10 and the four fetch states of a partition (initializing, awaiting a reset, awaiting
// validation against the leader's epochs, fetching); pause; partitions that must not be fetched while a
// rebalance takes them away. Not modelled: pattern subscriptions. From: SubscriptionState.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kafka/consumer_metadata.hpp"

namespace wrackline::kafka {

/// auto.offset.reset
struct ResetStrategy {
  enum class Kind : std::uint8_t { none, latest, earliest, by_duration };
  Kind kind = Kind::latest;
  std::int64_t duration_ms = 0;
  bool operator==(const ResetStrategy&) const = default;
};

enum class FetchState : std::uint8_t { INITIALIZING, FETCHING, AWAIT_RESET, AWAIT_VALIDATION };
std::string_view name_of(FetchState state);

struct FetchPosition {
  Offset offset = 0;
  LeaderEpoch offset_epoch = kNoLeaderEpoch;  ///< of the batch before `offset`; not known after a plain seek
  LeaderAndEpoch current_leader;
  bool operator==(const FetchPosition&) const = default;
};

struct PartitionFetchState {
  TopicPartition partition;
  FetchState state = FetchState::INITIALIZING;
  std::optional<FetchPosition> position;
  Offset high_watermark = kNoOffset;
  Offset last_stable_offset = kNoOffset;
  Offset log_start_offset = kNoOffset;
  bool paused = false;
  bool pending_revocation = false;
  std::optional<ResetStrategy> reset;
  std::int64_t next_retry_ms = 0;
  BrokerId preferred_replica = kNoBroker;
  std::int64_t preferred_replica_until_ms = 0;

  bool has_valid_position() const { return state == FetchState::FETCHING; }
  bool is_fetchable() const { return !paused && !pending_revocation && has_valid_position(); }
};

class SubscriptionState {
 public:
  enum class Type : std::uint8_t { none, topics, user_assigned };

  explicit SubscriptionState(ResetStrategy default_reset) : default_reset_{default_reset} {}

  Type type() const { return type_; }
  bool auto_assigned() const { return type_ == Type::topics; }
  /// Topics in ascending order; answers whether they changed.
  bool subscribe(std::vector<TopicId> topics);
  bool assign_from_user(const TopicPartitions& partitions);
  /// Keeps the state of partitions that were assigned before.
  void assign_from_subscribed(const TopicPartitions& partitions);
  void unsubscribe();
  const std::vector<TopicId>& subscription() const { return subscription_; }
  bool is_subscribed(TopicId topic) const;

  /// In fetch order: a partition that was drained or answered with an error moves to the end.
  const std::vector<PartitionFetchState>& assigned() const { return assigned_; }
  TopicPartitions assigned_sorted() const;
  PartitionFetchState* find(TopicPartition partition);
  const PartitionFetchState* find(TopicPartition partition) const;
  bool is_assigned(TopicPartition partition) const { return find(partition) != nullptr; }
  void move_to_end(TopicPartition partition);
  /// Changes with every assignment.
  std::int32_t assignment_id() const { return assignment_id_; }

  bool has_default_reset() const { return default_reset_.kind != ResetStrategy::Kind::none; }
  void seek_unvalidated(TopicPartition partition, const FetchPosition& position);
  void seek_validated(TopicPartition partition, const FetchPosition& position);
  /// The answer of an offset look-up, unless the application moved on meanwhile.
  void maybe_seek_unvalidated(TopicPartition partition, const FetchPosition& position,
                              const ResetStrategy& requested);
  void set_position(TopicPartition partition, const FetchPosition& position);
  void request_reset(TopicPartition partition, const ResetStrategy& strategy);
  void request_reset(TopicPartition partition) { request_reset(partition, default_reset_); }
  bool maybe_validate_position(TopicPartition partition, const LeaderAndEpoch& leader);
  void complete_validation(TopicPartition partition);
  /// The answer of OffsetsForLeaderEpoch; with policy none a truncation is returned instead of jumped over.
  std::optional<ConsumerException::Divergence> maybe_complete_validation(const FetchPosition& requested,
                                                                         const ListedEpochEnd& end,
                                                                         bool& truncated);
  /// Partitions without committed offset start by policy; with policy none they are the ones that fail.
  TopicPartitions reset_initializing();
  void set_next_retry(TopicPartition partition, std::int64_t at_ms);
  void pause(TopicPartition partition, bool paused);
  void mark_pending_revocation();

  bool has_all_positions() const;
  std::optional<Offset> lag(const PartitionFetchState& state, IsolationLevel isolation) const;
  BrokerId preferred_replica(PartitionFetchState& state, std::int64_t now_ms);
  bool clear_preferred_replica(TopicPartition partition);

  /// Positions to commit: of partitions that have a valid one.
  std::vector<OffsetToCommit> all_consumed() const;

 private:
  void assign_all(const TopicPartitions& partitions);
  static bool transition(PartitionFetchState& state, FetchState to);
  static void validate(PartitionFetchState& state, const FetchPosition& position);

  ResetStrategy default_reset_;
  Type type_ = Type::none;
  std::vector<TopicId> subscription_;
  std::vector<PartitionFetchState> assigned_;
  std::int32_t assignment_id_ = 0;
};

}  // namespace wrackline::kafka
