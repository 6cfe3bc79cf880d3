// What a partition remembers of one producer: its epoch, its last five batches, its open transaction (P-20),
// and the checks a new batch must pass against it (P-21, P-22, P-23).
//
// From: ProducerStateEntry, BatchMetadata, ProducerAppendInfo, VerificationStateEntry
// (org.apache.kafka.storage.internals .log); KIP-98, KIP-890.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "engine/kafka/errors.hpp"
#include "engine/kafka/record_batch.hpp"

namespace wrackline::kafka {

/// Who wrote a batch; decides which checks it has to pass.
enum class AppendOrigin : std::uint8_t {
  client,       ///< a producer: epoch, sequence, verification
  coordinator,  ///< a group or transaction coordinator of the broker: epoch and verification, no sequence
  replication,  ///< copied from a leader, or read back from the own disk: no checks
};

inline constexpr std::int32_t kNoCoordinatorEpoch = -1;

struct BatchMetadata {
  std::int32_t last_sequence = kNoSequence;
  std::int32_t offset_delta = 0;
  Offset last_offset = kNoOffset;
  std::int64_t timestamp_ms = kNoTimestamp;

  /// Sequences wrap from 2^31 - 1 to 0.
  std::int32_t first_sequence() const {
    return static_cast<std::int32_t>((std::int64_t{last_sequence} - offset_delta) & 0x7fffffff);
  }
  Offset first_offset() const { return last_offset - offset_delta; }
  bool operator==(const BatchMetadata&) const = default;
};

class ProducerStateEntry {
 public:
  static constexpr std::size_t kBatchesToRetain = 5;

  std::int64_t producer_id = kNoProducerId;
  std::int64_t last_timestamp_ms = kNoTimestamp;
  Offset txn_first_offset = kNoOffset;  ///< of the open transaction
  std::int32_t coordinator_epoch = kNoCoordinatorEpoch;
  std::int16_t producer_epoch = kNoProducerEpoch;

  bool in_transaction() const { return txn_first_offset != kNoOffset; }
  bool has_batches() const { return count_ > 0; }
  std::size_t batch_count() const { return count_; }
  /// Oldest first.
  const BatchMetadata& batch(std::size_t index) const {
    return batches_[(begin_ + index) % kBatchesToRetain];
  }
  const BatchMetadata& last_batch() const { return batch(count_ - 1U); }
  std::int32_t last_sequence() const { return count_ == 0 ? kNoSequence : last_batch().last_sequence; }

  const BatchMetadata* find_duplicate(const RecordBatch& batch) const;

  /// What a producer's data batch leaves behind. The transaction part is the caller's.
  void add_batch(std::int16_t epoch, const BatchMetadata& added);
  /// What a transaction marker leaves behind.
  void end_transaction(std::int16_t epoch, std::int32_t marker_coordinator_epoch, std::int64_t timestamp_ms);
  /// Takes over the outcome of several batches that were appended together; `next` holds only the batches
  /// they added.
  void merge(const ProducerStateEntry& next);
  void forget_batches() { count_ = 0; }
  /// As read from a snapshot file, which holds the last batch alone and one timestamp for both (P-20,
  /// surprise of 4.1: a restart shrinks the memory from five batches to one).
  ProducerStateEntry as_in_snapshot() const;

  bool operator==(const ProducerStateEntry& other) const;

 private:
  void maybe_update_epoch(std::int16_t epoch);

  std::array<BatchMetadata, kBatchesToRetain> batches_{};
  std::uint8_t begin_ = 0;
  std::uint8_t count_ = 0;
};

/// A transaction verification under way: the log takes the first batch of a transaction only from a request
/// that holds the guard given out before the coordinator was asked.
struct VerificationStateEntry {
  std::int64_t producer_id = kNoProducerId;
  std::int64_t created_ms = 0;
  std::uint64_t guard = 0;
  std::int32_t lowest_sequence = kNoSequence;
  std::int16_t producer_epoch = kNoProducerEpoch;
  bool supports_epoch_bump = false;
};

/// Proof of a verification; 0 = none needed.
using VerificationGuard = std::uint64_t;
inline constexpr VerificationGuard kNoVerificationGuard = 0;

/// The outcome of a transaction in this partition.
struct CompletedTxn {
  std::int64_t producer_id = kNoProducerId;
  Offset first_offset = 0;
  Offset last_offset = 0;  ///< of the marker
  bool aborted = false;
};

/// May `batch` follow what `current` remembers? `verification` may be null. Pure.
Errors check_append(const ProducerStateEntry& current, const RecordBatch& batch, AppendOrigin origin,
                    const VerificationStateEntry* verification);

}  // namespace wrackline::kafka
