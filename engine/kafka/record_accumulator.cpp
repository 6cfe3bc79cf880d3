#include "engine/kafka/record_accumulator.hpp"

#include "engine/kafka/transaction_manager.hpp"

namespace wrackline::kafka {

namespace {

std::int32_t varint_bytes(std::int32_t length) {
  // Zig-zag: one bit of the first seven is the sign.
  std::int32_t bytes = 1;
  for (std::int64_t rest = std::int64_t{length} << 1; rest >= 0x80; rest >>= 7) ++bytes;
  return bytes;
}

}  // namespace

std::int32_t record_size_bytes(std::int32_t key_bytes, std::int32_t value_bytes) {
  // attributes, timestamp delta, offset delta, lengths of key and value, number of headers
  const std::int32_t body =
      1 + 1 + 1 + varint_bytes(key_bytes) + key_bytes + varint_bytes(value_bytes) + value_bytes + 1;
  return varint_bytes(body) + body;
}

RecordAccumulator::RecordAccumulator(const ProducerConfig& config, ProducerMetadata& metadata,
                                     TransactionManager* transactions)
    : config_{config},
      metadata_{metadata},
      transactions_{transactions},
      batch_size_{std::max(1, config.batch_size)},
      linger_ns_{config.linger_ms * kNanosPerMs},
      delivery_timeout_ns_{config.delivery_timeout_ms * kNanosPerMs},
      available_bytes_{config.buffer_memory} {
  topics_added();
}

RecordAccumulator::~RecordAccumulator() = default;

void RecordAccumulator::topics_added() {
  queues_.resize(metadata_.partitions());
  nonempty_.resize((metadata_.partitions() + 63) / 64);
  while (topics_.size() < metadata_.topics()) topics_.emplace_back(batch_size_);
}

// --- Appending

void RecordAccumulator::note_size(ProducerBatch& batch, std::int32_t size_bytes) {
  if (batch.count == 0) {
    batch.record_bytes = size_bytes;
    return;
  }
  if (batch.record_bytes >= 0) {
    batch.sizes.assign(static_cast<std::size_t>(batch.count), batch.record_bytes);
    batch.record_bytes = -1;
  }
  batch.sizes.push_back(size_bytes);
}

ProducerBatch* RecordAccumulator::new_batch(PartitionId partition, std::int32_t first_record_bytes) {
  ProducerBatch* const batch = batch_pool_.take();
  batch->columns = records_pool_.take();
  batch->records = RecordsPtr{batch->columns};
  batch->partition = partition;
  batch->write_limit = std::max(batch_size_, kBatchOverheadBytes + first_record_bytes);
  return batch;
}

void RecordAccumulator::shut(ProducerBatch& batch) {
  if (batch.columns == nullptr) return;
  batch.columns = nullptr;
  batch.records = records_pool_.fitted(batch.records);
}

Append RecordAccumulator::append_new(PartitionId partition, std::uint32_t key, sim::EventId id,
                                     std::int64_t timestamp_ms, std::int32_t size_bytes, Nanos now) {
  if (closed_) return Append::closed;
  const std::int64_t upper_bound = std::int64_t{kBatchOverheadBytes} + size_bytes;
  if (upper_bound > config_.max_request_size || upper_bound > config_.buffer_memory) return Append::too_large;

  Queue& at = queues_[partition];
  if (ProducerBatch* const last = at.batches.back()) shut(*last);
  const std::int64_t buffer = std::max<std::int64_t>(batch_size_, upper_bound);
  if (buffer > available_bytes_) {
    waiting_ = true;
    return Append::buffer_exhausted;
  }
  waiting_ = false;
  available_bytes_ -= buffer;

  ProducerBatch* const batch = new_batch(partition, size_bytes);
  batch->buffer_bytes = buffer;
  batch->created_ns = batch->last_attempt_ns = now;
  batch->serial = next_serial_++;
  put(*batch, key, id, timestamp_ms, size_bytes);
  link_incomplete(nullptr, batch);
  enter_queue(at, nullptr, batch);
  if (!at.created) {
    at.created = true;
    ++topics_[metadata_.topic_of(partition)].created;
  }
  return at.batches.size() > 1 || batch->full() ? Append::ready : Append::opened;
}

// --- Queues and the list of incomplete batches

void RecordAccumulator::mark(PartitionId partition, bool nonempty) {
  const std::uint64_t bit = std::uint64_t{1} << (partition % 64);
  std::uint64_t& word = nonempty_[partition / 64];
  word = nonempty ? word | bit : word & ~bit;
}

void RecordAccumulator::enter_queue(Queue& queue, ProducerBatch* before, ProducerBatch* batch) {
  BatchPool::hold(batch);
  queue.batches.insert_before(before, batch);
  batch->queued = true;
  mark(batch->partition, true);
}

void RecordAccumulator::leave_queue(Queue& queue, ProducerBatch* batch) {
  queue.batches.remove(batch);
  batch->queued = false;
  if (queue.batches.empty()) mark(batch->partition, false);
  BatchPool::release(batch);
}

void RecordAccumulator::link_incomplete(ProducerBatch* before, ProducerBatch* batch) {
  BatchPool::hold(batch);
  ProducerBatch* const prev = before != nullptr ? before->incomplete_prev : incomplete_back_;
  batch->incomplete_prev = prev;
  batch->incomplete_next = before;
  (prev != nullptr ? prev->incomplete_next : incomplete_front_) = batch;
  (before != nullptr ? before->incomplete_prev : incomplete_back_) = batch;
  batch->incomplete = true;
}

void RecordAccumulator::deallocate(ProducerBatch* batch) {
  if (!batch->incomplete) return;
  ProducerBatch* const prev = batch->incomplete_prev;
  ProducerBatch* const next = batch->incomplete_next;
  (prev != nullptr ? prev->incomplete_next : incomplete_front_) = next;
  (next != nullptr ? next->incomplete_prev : incomplete_back_) = prev;
  batch->incomplete_prev = batch->incomplete_next = nullptr;
  batch->incomplete = false;
  available_bytes_ += batch->buffer_bytes;
  BatchPool::release(batch);
}

bool RecordAccumulator::has_undrained() const {
  return std::any_of(nonempty_.begin(), nonempty_.end(), [](std::uint64_t word) { return word != 0; });
}

// --- Ready

Nanos RecordAccumulator::backoff_ns(const ProducerBatch& batch) const {
  const std::int64_t initial = config_.retry_backoff_ms;
  const std::int64_t longest = std::max(initial, config_.retry_backoff_max_ms);
  if (longest <= initial) return initial * kNanosPerMs;
  std::int64_t term = initial;
  for (std::int32_t attempt = 1; attempt < batch.attempts && term < longest; ++attempt) term *= 2;
  term = std::min(term, longest);
  // +-20 %, the same whenever it is asked for the same attempt.
  const std::uint64_t draw = sim::mix(
      config_.jitter_seed ^ sim::mix((batch.serial << 16) ^ static_cast<std::uint64_t>(batch.attempts)));
  const auto ten_thousandths = static_cast<std::int64_t>(8000 + draw % 4001);
  return std::min(term * kNanosPerMs / 10000 * ten_thousandths, longest * kNanosPerMs);
}

bool RecordAccumulator::backing_off(const ProducerBatch& batch, Nanos now) const {
  if (batch.attempts == 0 || batch.leader_changed_for_retry()) return false;
  return std::max<Nanos>(0, now - batch.last_attempt_ns) < backoff_ns(batch);
}

bool RecordAccumulator::all_sendable() const {
  return waiting_ || closed_ || flushing_ || (transactions_ != nullptr && transactions_->completing());
}

Nanos RecordAccumulator::ready_time(const Queue& queue) const {
  const ProducerBatch& first = *queue.batches.front();
  if (first.attempts > 0 && !first.leader_changed_for_retry())
    return first.last_attempt_ns + backoff_ns(first);
  if (queue.batches.size() > 1 || first.full() || all_sendable()) return first.last_attempt_ns;
  return first.last_attempt_ns + linger_ns_;
}

const RecordAccumulator::Ready& RecordAccumulator::ready(Nanos now) {
  ready_.nodes.clear();
  ready_.next_check = kNeverNanos;
  ready_.unknown_leader = false;
  const bool everything = all_sendable();
  for_each_nonempty([&](PartitionId partition, const Queue& queue) {
    ProducerBatch& first = *queue.batches.front();
    const LeaderAndEpoch leader = metadata_.leader(partition);
    first.note_leader_epoch(leader.epoch);
    if (leader.leader == kNoBroker) {
      ready_.unknown_leader = true;
      return;
    }
    const auto at = std::lower_bound(ready_.nodes.begin(), ready_.nodes.end(), leader.leader);
    const bool known = at != ready_.nodes.end() && *at == leader.leader;
    if (known || queue.muted) return;
    const Nanos waited = std::max<Nanos>(0, now - first.last_attempt_ns);
    const bool backs_off = backing_off(first, now);
    const Nanos wait = backs_off ? backoff_ns(first) : linger_ns_;
    const bool sendable = queue.batches.size() > 1 || first.full() || waited >= wait || everything;
    if (sendable && !backs_off) {
      ready_.nodes.insert(at, leader.leader);
    } else {
      ready_.next_check = std::min(ready_.next_check, now + std::max<Nanos>(0, wait - waited));
    }
  });
  for (TopicIndex topic = 0; topic < topics_.size(); ++topic) {
    if (topics_[topic].unkeyed) update_load_stats(topic);
  }
  return ready_;
}

void RecordAccumulator::update_load_stats(TopicIndex index) {
  const ProducerMetadata::Topic& topic = metadata_.topic(index);
  TopicState& state = topics_[index];
  // Until every partition has a queue the weights would never choose those without one.
  if (!config_.partitioner_adaptive_partitioning_enable || state.created < topic.partitions) {
    state.partitioner.forget_load_stats();
    return;
  }
  sizes_scratch_.clear();
  ids_scratch_.clear();
  for (const std::int32_t number : topic.available) {
    const PartitionId partition = metadata_.id_of(index, number);
    const std::size_t queued = queues_[partition].batches.size();
    const NodeState& node = node_state(metadata_.leader(partition).leader);
    const Nanos allowed = config_.partitioner_availability_timeout_ms * kNanosPerMs;
    if (allowed > 0 && queued > 0 && node.ready_ns - node.drained_ns > allowed) continue;
    sizes_scratch_.push_back(static_cast<std::int32_t>(queued));
    ids_scratch_.push_back(number);
  }
  state.partitioner.update_load_stats(sizes_scratch_, ids_scratch_,
                                      static_cast<std::size_t>(topic.partitions));
}

RecordAccumulator::NodeState& RecordAccumulator::node_state(BrokerId node) {
  const auto index = static_cast<std::size_t>(node);
  if (nodes_.size() <= index) nodes_.resize(index + 1);
  return nodes_[index];
}

void RecordAccumulator::update_node_latency(BrokerId node, Nanos now, bool can_drain) {
  if (config_.partitioner_availability_timeout_ms <= 0) return;
  NodeState& state = node_state(node);
  if (can_drain || state.ready_ns < 0) state.drained_ns = now;
  state.ready_ns = now;
}

// --- Draining

bool RecordAccumulator::must_not_drain(const ProducerBatch& first) const {
  if (transactions_ == nullptr) return false;
  if (!transactions_->send_allowed(first.partition) || !transactions_->has_producer_id()) return true;
  const TxnPartitionEntry& at = transactions_->entry(first.partition);
  if (!first.has_sequence()) {
    // A batch of a new epoch may not overtake what is in flight under the old one, nor may anything follow a
    // batch whose fate is in doubt.
    const bool stale = !(at.producer == transactions_->producer());
    return (stale && at.has_in_flight()) || at.unresolved_from.has_value();
  }
  // Retried batches go one at a time, lowest sequence first.
  return at.has_in_flight() && at.first_in_flight()->base_sequence != first.base_sequence;
}

void RecordAccumulator::drain(BrokerId node, Nanos now, std::vector<ProducerBatch*>& out) {
  const std::span<const PartitionId> partitions = metadata_.led_by(node);
  if (partitions.empty()) return;
  NodeState& state = node_state(node);
  std::size_t at = state.drain_index % partitions.size();
  const std::size_t start = at;
  std::int64_t size = 0;
  const std::size_t already = out.size();
  do {
    const PartitionId partition = partitions[at];
    state.drain_index = at;
    at = at + 1 == partitions.size() ? 0 : at + 1;
    Queue& queue = queues_[partition];
    if (queue.muted || queue.batches.empty()) continue;
    ProducerBatch* const first = queue.batches.front();
    first->note_leader_epoch(metadata_.leader(partition).epoch);
    if (backing_off(*first, now)) continue;
    // The node's round ends here, as in the real client: also for the partitions behind this one.
    if (size + first->size_bytes > config_.max_request_size && out.size() > already) break;
    if (must_not_drain(*first)) break;

    if (transactions_ != nullptr && !first->has_sequence()) {
      transactions_->maybe_update_producer(partition);
      transactions_->assign_sequence(first);
    }
    shut(*first);
    first->sequence_reset = false;
    size += first->size_bytes;
    out.push_back(first);
    leave_queue(queue, first);
  } while (at != start);
}

void RecordAccumulator::expired(Nanos now, std::vector<ProducerBatch*>& out) {
  for_each_nonempty([&](PartitionId partition, const Queue&) {
    Queue& queue = queues_[partition];
    while (ProducerBatch* const first = queue.batches.front()) {
      if (!past_delivery_timeout(*first, now)) break;
      shut(*first);
      out.push_back(first);
      leave_queue(queue, first);
    }
  });
}

}  // namespace wrackline::kafka
