#include "engine/kafka/txn_partition_map.hpp"

#include <algorithm>
#include <tuple>

namespace wrackline::kafka {

namespace {

auto order(const ProducerBatch& batch) {
  return std::tuple{batch.producer.id, batch.producer.epoch, batch.base_sequence};
}

bool before(const ProducerBatch* left, const ProducerBatch* right) { return order(*left) < order(*right); }

}  // namespace

void TxnPartitionEntry::add(ProducerBatch* batch) {
  const auto at = std::lower_bound(in_flight_.begin(), in_flight_.end(), batch, before);
  if (at != in_flight_.end() && order(**at) == order(*batch)) return;
  BatchPool::hold(batch);
  in_flight_.insert(at, batch);
}

void TxnPartitionEntry::remove(const ProducerBatch& batch) {
  const auto at = std::lower_bound(in_flight_.begin(), in_flight_.end(), &batch, before);
  if (at == in_flight_.end() || order(**at) != order(batch)) return;
  ProducerBatch* const found = *at;
  in_flight_.erase(at);
  BatchPool::release(found);
}

void TxnPartitionEntry::clear() {
  for (ProducerBatch* batch : in_flight_) BatchPool::release(batch);
  in_flight_.clear();
}

template <typename Renumber>
void TxnPartitionEntry::renumber(Renumber&& apply) {
  std::vector<ProducerBatch*> old;
  old.swap(in_flight_);
  for (ProducerBatch* batch : old) {
    apply(*batch);
    add(batch);
    BatchPool::release(batch);
  }
}

void TxnPartitionEntry::start_at_beginning(ProducerIdAndEpoch fresh) {
  std::int32_t sequence = 0;
  renumber([&](ProducerBatch& batch) {
    batch.producer = fresh;
    batch.base_sequence = sequence;
    batch.sequence_reset = true;
    sequence += batch.count;
  });
  producer = fresh;
  next_sequence = sequence;
  last_acked_sequence = kNoSequence;
}

void TxnPartitionEntry::close_gap(std::int32_t base_sequence, std::int32_t count) {
  // Sequences that were restarted meanwhile have no such gap.
  const auto negative = [&](const ProducerBatch* batch) {
    return batch->base_sequence >= base_sequence && batch->base_sequence < count;
  };
  if (next_sequence < count) return;
  next_sequence -= count;
  if (std::any_of(in_flight_.begin(), in_flight_.end(), negative)) return;
  renumber([&](ProducerBatch& batch) {
    if (batch.base_sequence < base_sequence) return;
    batch.base_sequence -= count;
    batch.sequence_reset = true;
  });
}

}  // namespace wrackline::kafka
