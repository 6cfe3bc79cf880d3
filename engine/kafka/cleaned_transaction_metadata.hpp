// Which transactions the log cleaner has come across, and how they ended: decides whether a batch is of an
// aborted transaction, and whether a marker has any data left to speak of.
//
// From: org.apache.kafka.storage.internals.log.CleanedTransactionMetadata, AbortedTransactionMetadata.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "engine/kafka/transaction_index.hpp"

namespace wrackline::kafka {

class CleanedTransactionMetadata {
 public:
  /// From the index; those that are known already do no harm.
  void add_aborted(std::span<const AbortedTxn> aborted);
  /// True: nothing of its transaction was seen, so the marker may go. Those of aborted transactions that have
  /// to stay in the index are added to `index`, if given.
  bool on_control_batch(const RecordBatch& marker, std::vector<AbortedTxn>* index);
  /// True: its transaction was aborted.
  bool on_batch(const RecordBatch& batch);

 private:
  struct Aborted {
    AbortedTxn txn;
    bool observed = false;  ///< a batch of it was seen
  };
  void consume_up_to(Offset offset);
  Aborted* ongoing(std::int64_t producer_id);

  std::vector<AbortedTxn> waiting_;  ///< a heap: the least first offset on top
  std::vector<Aborted> aborted_;     ///< ongoing
  std::set<std::int64_t> committed_;
};

}  // namespace wrackline::kafka
