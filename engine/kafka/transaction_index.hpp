// The aborted transactions of a log: what read_committed fetches list beside the data (L-45).
//
// Modelled: entries (producer, first offset, marker offset, last stable offset when the marker was written)
// in order of their markers; the search for those that overlap a fetch, with its early end. One list stands
// for the index files of all segments: an entry belongs to the segment of its marker, so deleting or
// truncating segments cuts the list at an end. From: org.apache.kafka.storage.internals.log.TransactionIndex.
#pragma once

#include <span>
#include <vector>

#include "engine/kafka/record_batch.hpp"
#include "engine/kafka/sliding_vector.hpp"

namespace wrackline::kafka {

struct AbortedTxn {
  std::int64_t producer_id = kNoProducerId;
  Offset first_offset = 0;
  Offset last_offset = 0;  ///< of the abort marker
  Offset last_stable_offset = 0;
  bool operator==(const AbortedTxn&) const = default;
};

class TransactionIndex {
 public:
  void append(const AbortedTxn& aborted);
  /// Appends to `out` the transactions that overlap [fetch_offset, upper_bound), searching from the segment
  /// with the given base offset.
  void collect(Offset segment_base, Offset fetch_offset, Offset upper_bound,
               std::vector<AbortedTxn>& out) const;
  void truncate_to(Offset offset);
  void drop_below(Offset offset);
  /// Of markers in [from, to), these entries remain (by marker).
  void replace(Offset from, Offset to, std::span<const AbortedTxn> entries);
  void clear() { entries_.clear(); }
  std::span<const AbortedTxn> entries() const { return entries_.items(); }

 private:
  SlidingVector<AbortedTxn> entries_;
};

}  // namespace wrackline::kafka
