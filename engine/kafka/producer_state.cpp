#include "engine/kafka/producer_state.hpp"

#include <cassert>
#include <limits>

namespace wrackline::kafka {

const BatchMetadata* ProducerStateEntry::find_duplicate(const RecordBatch& batch) const {
  if (batch.producer_epoch != producer_epoch) return nullptr;
  const std::int32_t first = batch.base_sequence;
  const std::int32_t last = batch.last_sequence();
  for (std::size_t i = 0; i < count_; ++i) {
    const BatchMetadata& known = this->batch(i);
    if (known.last_sequence == last && known.first_sequence() == first) return &known;
  }
  return nullptr;
}

void ProducerStateEntry::maybe_update_epoch(std::int16_t epoch) {
  if (producer_epoch == epoch) return;
  count_ = 0;
  producer_epoch = epoch;
}

void ProducerStateEntry::add_batch(std::int16_t epoch, const BatchMetadata& added) {
  maybe_update_epoch(epoch);
  if (count_ == kBatchesToRetain) {
    batches_[begin_] = added;
    begin_ = static_cast<std::uint8_t>((begin_ + 1U) % kBatchesToRetain);
  } else {
    batches_[(begin_ + count_) % kBatchesToRetain] = added;
    ++count_;
  }
  last_timestamp_ms = added.timestamp_ms;
}

void ProducerStateEntry::end_transaction(std::int16_t epoch, std::int32_t marker_coordinator_epoch,
                                         std::int64_t timestamp_ms) {
  // A marker clears the memory of batches only if it changes the epoch: a late retry after it is still a
  // duplicate.
  maybe_update_epoch(epoch);
  txn_first_offset = kNoOffset;
  coordinator_epoch = marker_coordinator_epoch;
  last_timestamp_ms = timestamp_ms;
}

void ProducerStateEntry::merge(const ProducerStateEntry& next) {
  maybe_update_epoch(next.producer_epoch);
  for (std::size_t i = 0; i < next.batch_count(); ++i) add_batch(next.producer_epoch, next.batch(i));
  coordinator_epoch = next.coordinator_epoch;
  txn_first_offset = next.txn_first_offset;
  last_timestamp_ms = next.last_timestamp_ms;
}

ProducerStateEntry ProducerStateEntry::as_in_snapshot() const {
  ProducerStateEntry saved = *this;
  saved.count_ = 0;
  saved.begin_ = 0;
  if (count_ > 0) {
    BatchMetadata last = last_batch();
    last.timestamp_ms = last_timestamp_ms;
    saved.add_batch(producer_epoch, last);
  }
  return saved;
}

bool ProducerStateEntry::operator==(const ProducerStateEntry& other) const {
  if (producer_id != other.producer_id || last_timestamp_ms != other.last_timestamp_ms ||
      txn_first_offset != other.txn_first_offset || coordinator_epoch != other.coordinator_epoch ||
      producer_epoch != other.producer_epoch || count_ != other.count_) {
    return false;
  }
  for (std::size_t i = 0; i < count_; ++i) {
    if (batch(i) != other.batch(i)) return false;
  }
  return true;
}

namespace {

bool in_sequence(std::int32_t last, std::int32_t next) {
  return std::int64_t{next} == std::int64_t{last} + 1 ||
         (next == 0 && last == std::numeric_limits<std::int32_t>::max());
}

Errors check_sequence(const ProducerStateEntry& current, const RecordBatch& batch,
                      const VerificationStateEntry* verification) {
  if (verification != nullptr) {
    // KIP-890: a client that bumps its epoch per transaction has nothing in flight from before, so it starts
    // at 0.
    if (verification->supports_epoch_bump && batch.base_sequence != 0 && !current.has_batches()) {
      return Errors::out_of_order_sequence_number;
    }
    if (batch.base_sequence > verification->lowest_sequence) return Errors::out_of_order_sequence_number;
  }
  if (batch.producer_epoch != current.producer_epoch) {
    const bool must_be_first = current.producer_epoch != kNoProducerEpoch;
    return must_be_first && batch.base_sequence != 0 ? Errors::out_of_order_sequence_number : Errors::none;
  }
  return in_sequence(current.last_sequence(), batch.base_sequence) ? Errors::none
                                                                   : Errors::out_of_order_sequence_number;
}

}  // namespace

Errors check_append(const ProducerStateEntry& current, const RecordBatch& batch, AppendOrigin origin,
                    const VerificationStateEntry* verification) {
  if (origin != AppendOrigin::replication && batch.producer_epoch < current.producer_epoch) {
    return Errors::invalid_producer_epoch;
  }
  if (batch.is_control()) {
    const bool fenced =
        origin != AppendOrigin::replication && current.coordinator_epoch > batch.coordinator_epoch();
    return fenced ? Errors::transaction_coordinator_fenced : Errors::none;
  }
  if (origin == AppendOrigin::client) {
    if (const Errors error = check_sequence(current, batch, verification); error != Errors::none)
      return error;
  }
  if (current.in_transaction() && !batch.transactional) return Errors::invalid_txn_state;
  return Errors::none;
}

}  // namespace wrackline::kafka
