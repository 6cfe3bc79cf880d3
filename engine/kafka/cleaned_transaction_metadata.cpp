#include "engine/kafka/cleaned_transaction_metadata.hpp"

#include <algorithm>

namespace wrackline::kafka {

namespace {

bool begins_later(const AbortedTxn& a, const AbortedTxn& b) { return a.first_offset > b.first_offset; }

}  // namespace

void CleanedTransactionMetadata::add_aborted(std::span<const AbortedTxn> aborted) {
  for (const AbortedTxn& txn : aborted) {
    waiting_.push_back(txn);
    std::push_heap(waiting_.begin(), waiting_.end(), begins_later);
  }
}

CleanedTransactionMetadata::Aborted* CleanedTransactionMetadata::ongoing(std::int64_t producer_id) {
  const auto found = std::find_if(aborted_.begin(), aborted_.end(),
                                  [&](const Aborted& known) { return known.txn.producer_id == producer_id; });
  return found == aborted_.end() ? nullptr : &*found;
}

void CleanedTransactionMetadata::consume_up_to(Offset offset) {
  while (!waiting_.empty() && waiting_.front().first_offset <= offset) {
    std::pop_heap(waiting_.begin(), waiting_.end(), begins_later);
    const AbortedTxn txn = waiting_.back();
    waiting_.pop_back();
    if (ongoing(txn.producer_id) == nullptr) aborted_.push_back({.txn = txn});
  }
}

bool CleanedTransactionMetadata::on_control_batch(const RecordBatch& marker, std::vector<AbortedTxn>* index) {
  consume_up_to(marker.last_offset);
  // An empty control batch was cleaned before.
  if (marker.is_emptied_marker()) return true;
  switch (marker.control) {
    case ControlType::abort: {
      Aborted* const known = ongoing(marker.producer_id);
      if (known == nullptr) return true;
      const Aborted ended = *known;
      *known = aborted_.back();
      aborted_.pop_back();
      if (!ended.observed) return true;
      if (index != nullptr) index->push_back(ended.txn);
      return false;
    }
    case ControlType::commit:
      return committed_.erase(marker.producer_id) == 0;
    default:
      return false;
  }
}

bool CleanedTransactionMetadata::on_batch(const RecordBatch& batch) {
  consume_up_to(batch.last_offset);
  if (!batch.transactional) return false;
  if (Aborted* const known = ongoing(batch.producer_id)) {
    known->observed = true;
    return true;
  }
  committed_.insert(batch.producer_id);
  return false;
}

}  // namespace wrackline::kafka
