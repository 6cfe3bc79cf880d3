#include "engine/kafka/transaction_index.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::kafka {

void TransactionIndex::append(const AbortedTxn& aborted) {
  assert(entries_.empty() || entries_.back().last_offset < aborted.last_offset);
  entries_.push_back(aborted);
}

void TransactionIndex::collect(Offset segment_base, Offset fetch_offset, Offset upper_bound,
                               std::vector<AbortedTxn>& out) const {
  const auto entries = entries_.items();
  auto entry =
      std::lower_bound(entries.begin(), entries.end(), segment_base,
                       [](const AbortedTxn& aborted, Offset base) { return aborted.last_offset < base; });
  for (; entry != entries.end(); ++entry) {
    if (entry->last_offset >= fetch_offset && entry->first_offset < upper_bound) out.push_back(*entry);
    // Whatever is listed later began at or after this entry's last stable offset, hence outside of the range.
    if (entry->last_stable_offset >= upper_bound) return;
  }
}

void TransactionIndex::truncate_to(Offset offset) {
  while (!entries_.empty() && entries_.back().last_offset >= offset) entries_.pop_back();
}

void TransactionIndex::replace(Offset from, Offset to, std::span<const AbortedTxn> entries) {
  std::vector<AbortedTxn> all;
  for (const AbortedTxn& entry : entries_.items())
    if (entry.last_offset < from) all.push_back(entry);
  all.insert(all.end(), entries.begin(), entries.end());
  for (const AbortedTxn& entry : entries_.items())
    if (entry.last_offset >= to) all.push_back(entry);
  entries_.clear();
  for (const AbortedTxn& entry : all) append(entry);
}

void TransactionIndex::drop_below(Offset offset) {
  while (!entries_.empty() && entries_.front().last_offset < offset) entries_.pop_front();
}

}  // namespace wrackline::kafka
