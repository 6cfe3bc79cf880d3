// The replicas on one broker, and the requests that read and write them: produce, fetches of followers and
// consumers, offset look-ups; and the fetches that wait for data (the purgatory).
//
// Modelled: L-35, L-36, L-39, L-43, L-44, and that a log directory which fails takes the broker with it
// (LogDirFailureHandler: it was the last one). A parked fetch is answered when enough bytes came
// (`min_bytes`), when the partition's leadership changed, or when its wait is over. Not modelled: quotas,
// fetch sessions, reading from a follower's disk. From: kafka.server.ReplicaManager, DelayedProduce,
// DelayedFetch.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "engine/kafka/cluster_context.hpp"
#include "engine/kafka/wire.hpp"
#include "sim/process.hpp"

namespace wrackline::kafka {

/// A request that the broker has taken in and not answered yet. Stale tickets are harmless.
struct Ticket {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  friend bool operator==(Ticket, Ticket) = default;
};

/// Answers requests; the broker, which knows their connections.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void respond(Ticket ticket, Api api, std::uint32_t bytes, sim::Message message) = 0;
  /// Closes the connection of the request without an answer (acks=0 errors).
  virtual void hang_up(Ticket ticket) = 0;

  template <class T>
  void answer(Ticket ticket, Api api, std::uint32_t bytes, T payload) {
    respond(ticket, api, bytes, sim::Message::make(kind_of(api), bytes, std::move(payload)));
  }
};

/// Hears what happens to the replicas.
class ReplicaListener {
 public:
  virtual ~ReplicaListener() = default;
  /// A write of the group coordinator, identified by its produce token, is committed or has failed.
  virtual void internal_write_done(PartitionId partition, std::uint64_t token, Errors error) = 0;
  virtual void isr_proposed(AlterPartitionProposal proposal) = 0;
  /// The disk refused a write: the log directory is offline, and it is the only one.
  virtual void log_directory_failed() = 0;
  /// For the log cleaner.
  virtual void compacted_segment_closed() = 0;
  virtual void log_truncated(PartitionId partition, Offset offset) = 0;
};

class ReplicaManager {
 public:
  ReplicaManager(ClusterContext& cluster, BrokerId id, sim::Process& process, sim::Disk& disk,
                 const MetadataCache& metadata, Responder& responder, ReplicaListener& listener);

  /// Null where this broker has no replica.
  Partition* find(PartitionId partition) {
    return replicas_[partition] ? &replicas_[partition]->partition : nullptr;
  }
  const std::vector<PartitionId>& hosted() const { return hosted_; }

  void produce(Ticket ticket, ProduceRequest& request);
  void replica_fetch(Ticket ticket, ReplicaFetchRequest request);
  void consumer_fetch(Ticket ticket, const ConsumerRequest& settings, FetchRequest request);
  ListOffsetsResponse list_offsets(const ListOffsetsRequest& request) const;
  OffsetForLeaderEpochResponse end_offsets(const OffsetForLeaderEpochRequest& request) const;

  /// An append of the broker's own (group coordinator); answered through the listener with `token`.
  AppendInfo append_internal(PartitionId partition, RecordBatch batch, std::uint64_t token,
                             std::int64_t timeout_ms);
  AppendInfo append_fetched(PartitionId partition, std::span<const RecordBatch> batches,
                            const ReplicaFetchedPartition& answer);
  /// What append_fetched() added since the last call goes to the disk. Calls `written` as often as it
  /// returns; after the last of them everything is there.
  std::uint32_t write_fetched(sim::DiskHandler written);
  Partition::Truncation truncate(PartitionId partition, const EpochEndOffset& leader_end);
  /// The leader has nothing of this log any more (L-23): it is emptied and goes on at that offset.
  void start_over(PartitionId partition, Offset at);

  /// Metadata arrived. `changed`: the role or the epoch did.
  struct RoleChange {
    bool became_leader = false;
    bool became_follower = false;
    bool resigned = false;
  };
  RoleChange apply(PartitionId partition, const PartitionRegistration& state);
  void check_isr();
  void on_alter_partition(PartitionId partition, std::uint64_t proposal, const AlterPartitionAnswer& answer);
  void on_alter_partition_refused(PartitionId partition, std::uint64_t proposal);

  void set_broker_epoch(BrokerEpoch epoch);
  void checkpoint_high_watermarks();
  void checkpoint_recovery_points();
  void run_retention();
  /// The flush scheduler looks: logs whose last flush is flush.ms ago are flushed (L-39).
  void flush_dirty();
  /// Everything written reaches the disk: what a clean stop does.
  void flush_all();
  /// A write of the fetchers was refused.
  void disk_failed() { listener_.log_directory_failed(); }
  /// The process starts again over what its disk kept. Returns the bytes that recovery has to read.
  std::int64_t recover(bool clean, BrokerEpoch epoch);
  void forget_below(PartitionId partition, Offset offset);
  void forget_superseded_below(PartitionId partition, Offset offset);
  /// The log cleaner's outcome takes its place in the log; `durable`: it has reached the disk.
  void replace_cleaned(PartitionId partition, CleanedLog&& cleaned, bool durable);
  /// How often the log was shortened at its end since the process began.
  std::uint64_t truncations(PartitionId partition) const { return replicas_[partition]->truncations; }
  /// Below it the disk holds everything: a loss of power takes nothing from there.
  Offset durable_below(PartitionId partition);

 private:
  struct Flush {
    Offset to = 0;
    sim::DiskHandler done;
  };
  struct Replica {
    Replica(const PartitionConfig& config, const LogConfig& log, const MetadataCache& metadata,
            BrokerEpoch epoch, std::int64_t now_ms, sim::FileId log_file)
        : partition{config, log, metadata, epoch, now_ms}, file{log_file}, flushed_at_ms{now_ms} {}
    Partition partition;
    sim::FileId file;                ///< bytes of the log: page cache and durable
    std::int64_t deleted_bytes = 0;  ///< by retention and the cleaner, as if from the front of the file
    std::uint64_t truncations = 0;
    Offset high_watermark_checkpoint = 0;
    Offset recovery_point_checkpoint = 0;
    Offset flush_counted_from = 0;  ///< where the last flush, done or under way, ends
    std::int64_t flushed_at_ms = 0;
    std::deque<Flush> flushes{};  ///< under way, in order
    /// Log ends at earlier rounds of forgetting, with the bytes of the file then: finds what is durable by
    /// now.
    std::deque<std::pair<Offset, std::int64_t>> ends;
    std::vector<std::uint32_t> parked;  ///< fetches that wait for this partition, by number
  };
  /// A produce request with acks=all that waits for replication.
  struct PendingProduce {
    Ticket ticket;
    ProduceResponse response;
    std::uint32_t waiting = 0;
    std::uint32_t generation = 0;
    bool in_use = false;
  };
  struct ParkedFetch {
    Ticket ticket;
    bool follower = false;
    ReplicaFetchRequest replica;
    ConsumerRequest consumer;
    FetchRequest fetch;
    sim::EventHandle timeout;
    bool in_use = false;
  };

  /// Tokens of produce requests: which pending request, which life of that slot, which of its batches.
  static constexpr std::uint64_t kInternalToken = std::uint64_t{1} << 63;
  std::int64_t now_ms() const;
  Replica& replica(PartitionId partition) { return *replicas_[partition]; }
  void after(PartitionId partition);
  /// Bytes go into the page cache (`done` when they are there), and through it to the disk when
  /// flush.messages says so.
  void write(PartitionId partition, std::int64_t bytes, sim::DiskHandler done);
  void on_written(std::uint64_t token, sim::DiskResult result);
  void flush(PartitionId partition, sim::DiskHandler done);
  void on_flushed(std::uint64_t partition, sim::DiskResult result);
  bool flushes_each_append(PartitionId partition) const;
  void on_background_write(std::uint64_t, sim::DiskResult result);
  void cut_file(Replica& replica);
  void was_truncated(PartitionId partition);
  void complete_produce(std::uint64_t token, Errors error);
  void finish(PendingProduce& pending);
  void arm_produce_expiry();
  static void expire_produce(void* self, std::uint64_t);

  bool answer_replica_fetch(Ticket ticket, const ReplicaFetchRequest& request, bool first, bool must_answer);
  bool answer_consumer_fetch(Ticket ticket, const ConsumerRequest& settings, const FetchRequest& request,
                             bool must_answer);
  std::uint32_t park(Ticket ticket);
  void unpark(std::uint32_t number);
  void wake_parked(PartitionId partition, bool followers, bool consumers, bool must_answer);
  static void fetch_wait_over(void* self, std::uint64_t number);

  ClusterContext& cluster_;
  BrokerId id_;
  sim::Process& process_;
  sim::Disk& disk_;
  Responder& responder_;
  ReplicaListener& listener_;
  std::vector<std::unique_ptr<Replica>> replicas_;  ///< by PartitionId
  std::vector<PartitionId> hosted_;
  std::vector<PendingProduce> produces_;
  std::vector<std::uint32_t> free_produces_;
  std::vector<ParkedFetch> parked_;
  std::vector<std::uint32_t> free_parked_;
  struct Touched {
    PartitionId partition = 0;
    std::int64_t bytes = 0;
  };
  std::vector<Touched> touched_;  ///< by the produce request that is being handled
  std::vector<Touched> fetched_;  ///< appended, not yet written
  sim::EventHandle produce_expiry_;
  std::int64_t produce_expiry_ms_ = 0;
  std::vector<std::pair<std::uint64_t, Errors>> completed_scratch_;
};

}  // namespace wrackline::kafka
