// Per partition of an idempotent producer: the next sequence, the last acknowledged one, and the batches in
// flight in order of their sequences (at most five for a producer that follows the rules: the broker
// remembers five, P-26).
//
// From: TxnPartitionMap, TxnPartitionEntry. Rules P-14 to P-17.
#pragma once

#include <optional>
#include <vector>

#include "engine/kafka/producer_batch.hpp"

namespace wrackline::kafka {

class TxnPartitionEntry {
 public:
  bool exists = false;
  ProducerIdAndEpoch producer;
  std::int32_t next_sequence = 0;
  std::int32_t last_acked_sequence = kNoSequence;
  std::int64_t last_acked_offset = -1;
  /// Every batch that expired after having been sent leaves the sequence behind it in doubt.
  std::optional<std::int32_t> unresolved_from;
  bool rewrite_sequences = false;  ///< its error triggered an epoch bump that is still to come

  bool has_in_flight() const { return !in_flight_.empty(); }
  ProducerBatch* first_in_flight() const { return in_flight_.empty() ? nullptr : in_flight_.front(); }

  void increment_sequence(std::int32_t by) {
    next_sequence = static_cast<std::int32_t>((static_cast<std::int64_t>(next_sequence) + by) & 0x7fffffff);
  }
  bool is_next_sequence(std::int32_t sequence) const {
    return static_cast<std::uint32_t>(sequence) - static_cast<std::uint32_t>(last_acked_sequence) == 1;
  }

  void add(ProducerBatch* batch);
  /// Removes the batch in flight with the same id, epoch and sequence. As in the real client that is the
  /// identity here: a batch whose sequence another one carries now is taken for that one.
  void remove(const ProducerBatch& batch);
  void clear();

  /// A new id or epoch: what is in flight is numbered from 0.
  void start_at_beginning(ProducerIdAndEpoch fresh);
  /// A batch failed for good: its sequences are taken by those behind it.
  void close_gap(std::int32_t base_sequence, std::int32_t count);

 private:
  template <typename Renumber>
  void renumber(Renumber&& apply);
  std::vector<ProducerBatch*> in_flight_;  ///< ordered by (id, epoch, sequence), without equals
};

}  // namespace wrackline::kafka
