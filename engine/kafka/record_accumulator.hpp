// Where records wait to be sent: a queue of batches per partition, inside buffer.memory.
//
// Modelled (RecordAccumulator, BufferPool; rules P-1 to P-8, P-28): batch.size, linger.ms, buffer.memory with
// waiting callers that make everything ready, which nodes are ready and when the next will be, draining
// round-robin from a remembered index up to max.request.size, muted partitions, backoff of retries (KIP-580,
// skipped when the leader changed), delivery.timeout.ms, re-enqueueing in order of sequence, splitting,
// flush, and the queue lengths that feed the adaptive partitioner. Not modelled: compression, encoding of the
// records (the caller says how many bytes one takes; the few bytes that deltas save or cost are ignored).
//
// How it is driven: `append` for each record, with the time of its arrival, in order of time; the Sender does
// the rest.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/kafka/batch_queue.hpp"
#include "engine/kafka/partitioner.hpp"
#include "engine/kafka/producer_batch.hpp"
#include "engine/kafka/producer_config.hpp"
#include "engine/kafka/producer_metadata.hpp"
#include "sim/event_id.hpp"

namespace wrackline::kafka {

class TransactionManager;

/// Bytes of one magic-2 record with a short key and value and small deltas: 7 + key + value (6 without a
/// key's length growing past one byte; varint lengths of 64 and more take a second byte, of 8192 and more a
/// third).
std::int32_t record_size_bytes(std::int32_t key_bytes, std::int32_t value_bytes);

enum class Append : std::uint8_t {
  appended,          ///< into the open batch; nothing to do
  opened,            ///< a new batch began: the sender's next wake-up may have moved (created + linger)
  ready,             ///< a full batch waits: the sender should run now
  buffer_exhausted,  ///< not appended: buffer.memory is used up. Every partition counts as ready until it is
                     ///< served or gives up (P-2): append again after completions, or `give_up_waiting` at
                     ///< max.block.ms
  too_large,  ///< not appended, ever: above max.request.size or buffer.memory (RecordTooLargeException)
  closed,     ///< not appended: the producer is closed
};

class RecordAccumulator {
 public:
  /// `transactions` is null for a producer without idempotence. All must outlive the accumulator.
  RecordAccumulator(const ProducerConfig& config, ProducerMetadata& metadata,
                    TransactionManager* transactions);
  RecordAccumulator(const RecordAccumulator&) = delete;
  RecordAccumulator& operator=(const RecordAccumulator&) = delete;
  ~RecordAccumulator();
  /// Topics were added to the metadata after construction.
  void topics_added();

  /// The hot path. `size_bytes`: of the record on the wire (record_size_bytes). `now` must not go back.
  Append append(PartitionId partition, std::uint32_t key, sim::EventId id, std::int64_t timestamp_ms,
                std::int32_t size_bytes, Nanos now) {
    Queue& queue = queues_[partition];
    ProducerBatch* const batch = queue.batches.back();
    if (batch != nullptr && batch->columns != nullptr && !closed_) [[likely]] {
      const std::int32_t grown = batch->size_bytes + size_bytes;
      if (grown <= batch->write_limit) [[likely]] {
        put(*batch, key, id, timestamp_ms, size_bytes);
        return grown >= batch->write_limit ? Append::ready : Append::appended;
      }
    }
    return append_new(partition, key, id, timestamp_ms, size_bytes, now);
  }

  /// A record without a key: picks the sticky partition of the topic (KIP-794). `draw` as in
  /// BuiltInPartitioner.
  template <typename Draw>
  Append append_unkeyed(TopicIndex topic, std::uint32_t key, sim::EventId id, std::int64_t timestamp_ms,
                        std::int32_t size_bytes, Nanos now, Draw&& draw) {
    TopicState& state = topic_state(topic);
    state.unkeyed = true;
    const auto& view = metadata_.topic(topic);
    const BuiltInPartitioner::TopicView cluster{view.partitions, view.available};
    PartitionId partition = 0;
    for (bool settled = false; !settled;) {
      const std::int32_t sticky = state.partitioner.current_partition(cluster, draw);
      partition = metadata_.id_of(topic, sticky);
      settled = true;
      // A switch that had waited for the queue's batches to fill happens before the next record.
      if (all_batches_full(partition)) {
        state.partitioner.appended(0, cluster, true, draw);
        settled = state.partitioner.current_partition(cluster, draw) == sticky;
      }
    }
    const ProducerBatch* const before = queue(partition).batches.back();
    const std::int32_t bytes_before =
        before != nullptr && before->columns != nullptr ? before->size_bytes : 0;
    const Append result = append(partition, key, id, timestamp_ms, size_bytes, now);
    if (result <= Append::ready) {
      const ProducerBatch* const after = queue(partition).batches.back();
      const std::int32_t grown = after == before ? after->size_bytes - bytes_before : after->size_bytes;
      state.partitioner.appended(grown, cluster, all_batches_full(partition), draw);
    }
    return result;
  }

  /// The caller that was told buffer_exhausted stops waiting (max.block.ms is over).
  void give_up_waiting() { waiting_ = false; }
  bool memory_exhausted() const { return waiting_; }
  std::int64_t available_memory() const { return available_bytes_; }

  struct Ready {
    std::vector<BrokerId> nodes;     ///< ascending
    Nanos next_check = kNeverNanos;  ///< when some partition that is not ready now may be
    bool unknown_leader = false;
  };
  /// Valid until the next call.
  const Ready& ready(Nanos now);
  /// The first time after `now` at which some partition may become ready, of those whose node
  /// `may_send(BrokerId)`.
  template <typename MaySend>
  Nanos next_ready_time(Nanos now, MaySend&& may_send) const {
    Nanos next = kNeverNanos;
    for_each_nonempty([&](PartitionId partition, const Queue& at) {
      const BrokerId leader = metadata_.leader(partition).leader;
      if (at.muted || leader == kNoBroker || !may_send(leader)) return;
      const Nanos ready_at = ready_time(at);
      if (ready_at > now) next = std::min(next, ready_at);
    });
    return next;
  }

  /// Batches to send to `node` now, at most one per partition. Appends to `out`.
  void drain(BrokerId node, Nanos now, std::vector<ProducerBatch*>& out);
  /// partitioner.availability.timeout.ms: remembers how long a node with data has not been able to take it.
  void update_node_latency(BrokerId node, Nanos now, bool can_drain);

  void mute(PartitionId partition) { queue(partition).muted = true; }
  void unmute(PartitionId partition) { queue(partition).muted = false; }
  bool muted(PartitionId partition) const { return queues_[partition].muted; }

  /// Takes queued batches whose delivery time is over out of their queues.
  void expired(Nanos now, std::vector<ProducerBatch*>& out);
  bool past_delivery_timeout(const ProducerBatch& batch, Nanos now) const {
    return delivery_timeout_ns_ <= now - batch.created_ns;
  }
  /// When the oldest incomplete batch, queued or in flight, reaches delivery.timeout.ms.
  Nanos next_expiry() const {
    return incomplete_front_ == nullptr ? kNeverNanos : incomplete_front_->created_ns + delivery_timeout_ns_;
  }

  void reenqueue(ProducerBatch* batch, Nanos now);
  /// Splits by batch.size and queues the parts (P-7). Returns how many.
  std::size_t split_and_reenqueue(ProducerBatch* big);
  /// The batch is done with: it leaves the list of incomplete batches and gives its memory back.
  void deallocate(ProducerBatch* batch);
  /// Ends all incomplete batches (or only those that were never drained) with `error`.
  void abort_batches(ClientError error);
  void abort_undrained(ClientError error);

  bool has_incomplete() const { return incomplete_front_ != nullptr; }
  /// Every batch that nobody was told about yet, queued or in flight, oldest first: what a crash would take.
  template <typename Visit>
  void for_each_incomplete(Visit&& visit) const {
    for (const ProducerBatch* batch = incomplete_front_; batch != nullptr; batch = batch->incomplete_next)
      visit(*batch);
  }
  bool has_undrained() const;

  /// flush(): every queued batch is ready until `flush_done`, which is when all that were there have
  /// completed.
  void begin_flush();
  bool flush_done();
  bool flush_in_progress() const { return flushing_; }
  void close() { closed_ = true; }
  bool closed() const { return closed_; }

  void complete(ProducerBatch* batch, std::int64_t base_offset);
  void fail(ProducerBatch* batch, ProducerBatch::Final how, ClientError error);
  /// What became of batches since this list was last cleared by its reader.
  std::vector<Completion>& completions() { return completions_; }

  std::size_t queue_size(PartitionId partition) const { return queues_[partition].batches.size(); }
  const ProducerConfig& config() const { return config_; }
  ProducerMetadata& metadata() { return metadata_; }
  BatchPool& batches() { return batch_pool_; }

 private:
  struct Queue {
    BatchQueue batches;
    bool muted = false;
    bool created = false;  ///< some batch was queued here once (adaptive partitioning waits for all)
  };
  struct TopicState {
    explicit TopicState(std::int32_t sticky_bytes) : partitioner{sticky_bytes} {}
    BuiltInPartitioner partitioner;
    bool unkeyed = false;
    std::int32_t created = 0;
  };
  struct NodeState {
    std::size_t drain_index = 0;
    Nanos ready_ns = -1;
    Nanos drained_ns = -1;
  };

  static void put(ProducerBatch& batch, std::uint32_t key, sim::EventId id, std::int64_t timestamp_ms,
                  std::int32_t size_bytes) {
    Records& columns = *batch.columns;
    columns.ids.push_back(id);
    columns.timestamps_ms.push_back(timestamp_ms);
    columns.keys.push_back(key);
    columns.max_timestamp_ms = std::max(columns.max_timestamp_ms, timestamp_ms);
    batch.size_bytes += size_bytes;
    if (size_bytes != batch.record_bytes) [[unlikely]]
      note_size(batch, size_bytes);
    ++batch.count;
  }
  static void note_size(ProducerBatch& batch, std::int32_t size_bytes);

  Append append_new(PartitionId partition, std::uint32_t key, sim::EventId id, std::int64_t timestamp_ms,
                    std::int32_t size_bytes, Nanos now);
  bool all_batches_full(PartitionId partition) const {
    const ProducerBatch* const last = queues_[partition].batches.back();
    return last == nullptr || last->full();
  }
  Queue& queue(PartitionId partition) { return queues_[partition]; }
  TopicState& topic_state(TopicIndex topic) { return topics_[topic]; }
  ProducerBatch* new_batch(PartitionId partition, std::int32_t first_record_bytes);
  /// The batch grows no more.
  void shut(ProducerBatch& batch);
  NodeState& node_state(BrokerId node);
  void enter_queue(Queue& queue, ProducerBatch* before, ProducerBatch* batch);
  void leave_queue(Queue& queue, ProducerBatch* batch);
  void mark(PartitionId partition, bool nonempty);
  void insert_in_sequence_order(Queue& queue, ProducerBatch* batch);
  void link_incomplete(ProducerBatch* before, ProducerBatch* batch);
  void abort(ProducerBatch* batch, ClientError error);
  void finish(ProducerBatch* batch, ProducerBatch::Final how, ClientError error, std::int64_t base_offset);
  void update_load_stats(TopicIndex topic);

  Nanos ready_time(const Queue& queue) const;
  Nanos backoff_ns(const ProducerBatch& batch) const;
  bool backing_off(const ProducerBatch& batch, Nanos now) const;
  bool must_not_drain(const ProducerBatch& first) const;
  bool all_sendable() const;
  /// Calls `visit(PartitionId, Queue&)` for each partition with queued batches, ascending.
  template <typename Visit>
  void for_each_nonempty(Visit&& visit) const {
    for (std::size_t word = 0; word < nonempty_.size(); ++word) {
      for (std::uint64_t bits = nonempty_[word]; bits != 0; bits &= bits - 1) {
        const auto partition =
            static_cast<PartitionId>(64 * word + static_cast<std::size_t>(std::countr_zero(bits)));
        visit(partition, queues_[partition]);
      }
    }
  }

  const ProducerConfig config_;
  ProducerMetadata& metadata_;
  TransactionManager* const transactions_;
  const std::int32_t batch_size_;
  const Nanos linger_ns_;
  const Nanos delivery_timeout_ns_;

  RecordsPool records_pool_;
  BatchPool batch_pool_;
  std::vector<Queue> queues_;            ///< by partition
  std::vector<std::uint64_t> nonempty_;  ///< a bit per partition
  std::vector<TopicState> topics_;
  std::vector<NodeState> nodes_;
  ProducerBatch* incomplete_front_ = nullptr;
  ProducerBatch* incomplete_back_ = nullptr;
  std::uint64_t next_serial_ = 1;
  std::uint64_t flush_before_serial_ = 0;
  std::int64_t available_bytes_;
  bool waiting_ = false;
  bool flushing_ = false;
  bool closed_ = false;
  Ready ready_;
  std::vector<std::int32_t> sizes_scratch_;
  std::vector<std::int32_t> ids_scratch_;
  std::vector<ProducerBatch*> parts_scratch_;
  std::vector<Completion> completions_;
};

}  // namespace wrackline::kafka
