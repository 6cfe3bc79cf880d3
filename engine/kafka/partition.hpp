// One partition as one broker sees it: leader or follower, its in-sync set, its high watermark, and who waits
// for it.
//
// Modelled (L-4, L-7 .. L-16, L-19, L-20, L-24, L-25, L-36, L-43): becoming leader and follower by metadata,
// appends with acks and the produce requests that wait for replication, fetches of followers and consumers
// with leader-epoch checks and divergence, advance of the high watermark with the strict minimum ISR,
// shrinking and expanding of the ISR with the change pending at the controller, DeleteRecords and the low
// watermark, offsets by timestamp and by epoch. Not modelled: reassignment states, log directory moves,
// delayed fetches (the broker actor parks them). From: kafka.cluster.Partition, kafka.server.DelayedProduce,
// ReplicaManager.
//
// How a broker actor uses it:
//  * metadata: become_leader / become_follower; both return what became of waiting requests in `events()`.
//  * produce: `append`, with a token for requests with acks = all. A token comes back in
//  `events().completed`, now or after
//    a later call; ask `next_produce_deadline_ms` and call `expire_produce` to let requests time out. A
//    request over many partitions is complete when all its tokens are.
//  * fetch of a follower / consumer: `follower_fetch` / `consumer_fetch`; the batches are shared, valid until
//  the log changes.
//    An empty answer may be parked: retry the same call when `events().high_watermark_moved` (consumers) or
//    after the next append (followers), or answer it as it is when its wait ends.
//  * ISR: `check_isr` each replica.lag.time.max.ms / 2. Any call may leave a proposal: `events().proposal`;
//  give it to the
//    broker's AlterPartitionManager and the answers back to `on_alter_partition_response` /
//    `on_alter_partition_refused`.
//  * a follower's fetcher: send log().log_end_offset() with the latest epoch; on data `append_as_follower`,
//  on a diverging
//    answer `truncate_to_divergence`.
// Each call clears and refills `events()`.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/kafka/alter_partition_manager.hpp"
#include "engine/kafka/replica.hpp"
#include "engine/kafka/unified_log.hpp"

namespace wrackline::kafka {

/// What this broker's metadata cache says of another broker.
struct BrokerView {
  bool registered = true;
  bool fenced = false;
  bool shutting_down = false;
  BrokerEpoch epoch = kNoBrokerEpoch;

  bool alive() const { return registered && !fenced; }
};

/// The broker's metadata cache, as far as a partition asks it.
class MetadataCache {
 public:
  virtual ~MetadataCache() = default;
  virtual BrokerView broker(BrokerId id) const = 0;
};

struct PartitionConfig {
  BrokerId local_broker = 1;
  TopicPartition partition{};
  std::int64_t replica_lag_time_max_ms = 30'000;  ///< replica.lag.time.max.ms
  std::int32_t min_insync_replicas = 1;           ///< min.insync.replicas
  /// KIP-966, 3.9 and later: below the minimum ISR the high watermark stands still.
  bool strict_min_isr = true;
};

/// The state of the partition as metadata tells it.
struct LeaderAndIsr {
  BrokerId leader = -1;
  LeaderEpoch leader_epoch = 0;
  std::int32_t partition_epoch = 0;
  std::span<const BrokerId> isr{};
  std::span<const BrokerId> replicas{};
  bool recovering = false;
};

using ProduceToken = std::uint64_t;

struct ProduceCompletion {
  ProduceToken token = 0;
  Errors error = Errors::none;
};

/// What a call set in motion besides its answer.
struct PartitionEvents {
  bool high_watermark_moved = false;
  std::vector<ProduceCompletion> completed{};
  std::optional<AlterPartitionProposal> proposal{};

  void clear() {
    high_watermark_moved = false;
    completed.clear();
    proposal.reset();
  }
};

enum class RequiredAcks : std::int8_t { all = -1, none = 0, leader = 1 };

struct FollowerFetch {
  BrokerId replica = -1;
  Offset offset = 0;
  std::optional<LeaderEpoch> leader_epoch{};
  std::optional<LeaderEpoch> last_fetched_epoch{};
  BrokerEpoch broker_epoch = kNoBrokerEpoch;
  Offset log_start = 0;
  std::int64_t max_bytes = kUnlimited;
};

struct ConsumerFetch {
  Offset offset = 0;
  FetchIsolation isolation = FetchIsolation::high_watermark;
  std::optional<LeaderEpoch> leader_epoch{};
  std::optional<LeaderEpoch> last_fetched_epoch{};
  bool may_be_follower = false;  ///< the consumer named its rack (KIP-392)
  std::int64_t max_bytes = kUnlimited;
};

/// Watermarks are those before the fetch took effect.
struct FetchAnswer {
  Errors error = Errors::none;
  std::span<const RecordBatch> batches{};
  std::optional<EpochEndOffset> diverging{};
  Offset high_watermark = kNoOffset;
  Offset last_stable_offset = kNoOffset;
  Offset log_start = kNoOffset;
};

struct ListOffsetsAnswer {
  Errors error = Errors::none;
  std::optional<TimestampAndOffset> found{};
};

struct EndOffsetAnswer {
  Errors error = Errors::none;
  EpochEndOffset end{};  ///< -1, -1 = undefined
};

struct DeleteRecordsAnswer {
  Errors error = Errors::none;
  Offset requested_offset = kNoOffset;
  Offset low_watermark = kNoOffset;
};

class Partition {
 public:
  Partition(const PartitionConfig& config, const LogConfig& log_config, const MetadataCache& metadata,
            BrokerEpoch local_broker_epoch, std::int64_t now_ms);

  const UnifiedLog& log() const { return log_; }
  UnifiedLog& log() { return log_; }
  const PartitionEvents& events() const { return events_; }

  bool is_leader() const { return leader_ && *leader_ == config_.local_broker; }
  std::optional<BrokerId> leader() const { return leader_; }
  LeaderEpoch leader_epoch() const { return leader_epoch_; }
  std::int32_t partition_epoch() const { return partition_epoch_; }
  std::optional<Offset> leader_epoch_start_offset() const { return epoch_start_; }
  /// Committed ISR and, with a pending expansion, the maximal one; both by id.
  std::span<const BrokerId> isr() const { return isr_; }
  std::span<const BrokerId> maximal_isr() const { return maximal_isr_; }
  bool isr_change_pending() const { return pending_ != Pending::none; }
  std::span<const ReplicaState> remote_replicas() const { return replicas_; }
  std::int32_t effective_min_isr() const;
  bool is_under_min_isr() const;
  bool is_at_min_isr() const;

  /// True if this broker was not the leader before. A lower partition epoch is ignored.
  bool become_leader(const LeaderAndIsr& state, std::int64_t now_ms);
  /// True if the leader epoch grew: the fetcher must start again.
  bool become_follower(const LeaderAndIsr& state, std::int64_t now_ms);
  void set_min_insync_replicas(std::int32_t value);
  void set_local_broker_epoch(BrokerEpoch epoch) { local_broker_epoch_ = epoch; }

  AppendInfo append(RecordBatch batch, RequiredAcks acks, ProduceToken token, std::int64_t timeout_ms,
                    std::int64_t now_ms, AppendOrigin origin = AppendOrigin::client,
                    VerificationGuard guard = kNoVerificationGuard);
  AppendInfo append_marker(std::int64_t producer_id, std::int16_t producer_epoch, ControlType outcome,
                           std::int32_t coordinator_epoch, RequiredAcks acks, ProduceToken token,
                           std::int64_t timeout_ms, std::int64_t now_ms);
  /// Requests whose time is over (now later than their start + time-out) end with REQUEST_TIMED_OUT; their
  /// records stay.
  void expire_produce(std::int64_t now_ms);
  /// The same for one request, for an actor that keeps a timer per request. Nothing happens if it is complete
  /// already.
  void expire_produce_of(ProduceToken token);
  std::optional<std::int64_t> next_produce_deadline_ms() const;
  /// In order of arrival.
  std::vector<ProduceToken> waiting_produce() const;

  FetchAnswer follower_fetch(const FollowerFetch& fetch, std::int64_t now_ms);
  /// For read_committed, `aborted` (if given) receives the list that belongs to the answer.
  FetchAnswer consumer_fetch(const ConsumerFetch& fetch, std::vector<AbortedTxn>* aborted = nullptr);
  /// `isolation` as for a client; log_end for a replica.
  ListOffsetsAnswer list_offsets(std::int64_t timestamp, std::optional<FetchIsolation> isolation,
                                 std::optional<LeaderEpoch> leader_epoch, bool only_leader = true) const;
  EndOffsetAnswer end_offset_for_epoch(std::optional<LeaderEpoch> current_leader_epoch, LeaderEpoch epoch,
                                       bool only_leader = true) const;
  /// -1 = up to the high watermark.
  DeleteRecordsAnswer delete_records(Offset offset);
  /// Smallest log start among the live replicas; nothing on a follower.
  std::optional<Offset> low_watermark() const;

  void check_isr(std::int64_t now_ms);
  /// The manager would not take the proposal, because one is still on its way. Keeps `events()`.
  void on_alter_partition_refused(std::uint64_t proposal_id);
  void on_alter_partition_response(std::uint64_t proposal_id, const AlterPartitionAnswer& answer,
                                   std::int64_t now_ms);

  /// As the fetcher does: append, take over the leader's watermark and log start.
  AppendInfo append_as_follower(std::span<const RecordBatch> batches, LeaderEpoch leader_epoch,
                                Offset leader_high_watermark, Offset leader_log_start, std::int64_t now_ms);
  bool truncate_to(Offset offset, std::int64_t now_ms);
  struct Truncation {
    Offset offset = 0;
    bool complete = true;  ///< false: fetch again, the epochs may still differ (KIP-279)
  };
  /// The follower's reaction to a diverging answer (L-21).
  Truncation truncate_to_divergence(const EpochEndOffset& leader_end, std::int64_t now_ms);

  /// The process died and starts again: roles, ISR and waiting requests are gone, the log loads from disk and
  /// the high watermark from its checkpoint.
  void restart(const ReopenOptions& options, Offset high_watermark_checkpoint, BrokerEpoch local_broker_epoch,
               std::int64_t now_ms);

 private:
  enum class Pending : std::uint8_t { none, expand, shrink };
  struct WaitingProduce {
    ProduceToken token = 0;
    Offset required_offset = 0;
    std::int64_t deadline_ms = 0;
  };

  Errors check_epoch(std::optional<LeaderEpoch> leader_epoch, bool only_leader) const;
  FetchAnswer read(Offset offset, FetchIsolation isolation, std::optional<LeaderEpoch> last_fetched_epoch,
                   std::int64_t max_bytes, FetchDataInfo& fetched);
  AppendInfo finish_append(const AppendInfo& info, RequiredAcks acks, ProduceToken token,
                           std::int64_t timeout_ms, std::int64_t now_ms);
  void update_assignment(const LeaderAndIsr& state, bool leading);
  ReplicaState* replica(BrokerId id);
  void maybe_increment_high_watermark(std::int64_t now_ms);
  std::int32_t replication_factor() const { return static_cast<std::int32_t>(replicas_.size()) + 1; }
  bool is_isr_eligible(const ReplicaState& follower) const;
  bool in_isr(BrokerId id) const;
  void maybe_expand_isr(const ReplicaState& follower);
  void propose(Pending kind, std::span<const BrokerId> new_isr);
  void back_to_committed();
  void complete_waiting();
  Errors produce_outcome(Offset required_offset) const;

  PartitionConfig config_;
  const MetadataCache* metadata_;
  UnifiedLog log_;
  PartitionEvents events_;

  std::optional<BrokerId> leader_;
  LeaderEpoch leader_epoch_ = -1;
  std::int32_t partition_epoch_ = -1;
  std::optional<Offset> epoch_start_;
  BrokerEpoch local_broker_epoch_;
  std::vector<ReplicaState> replicas_;  ///< the followers, by id; empty on a follower
  std::vector<BrokerId> isr_;
  std::vector<BrokerId> maximal_isr_;
  bool recovering_ = false;
  Pending pending_ = Pending::none;
  std::uint64_t proposal_id_ = 0;
  AlterPartitionProposal sent_;  ///< the change that is pending

  std::vector<WaitingProduce> waiting_;  ///< in order of arrival
  Offset lowest_waiting_ = 0;            ///< no waiting request is satisfied by a high watermark below it
  std::vector<BrokerId> scratch_;
};

}  // namespace wrackline::kafka
