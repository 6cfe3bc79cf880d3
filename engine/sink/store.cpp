#include "engine/sink/store.hpp"

#include <algorithm>

namespace wrackline::sink {

namespace {

constexpr std::size_t kSmallest = 64;

/// 64 mixed bits of the primary key: job, key, window; what the row of a join adds; the record itself for
/// other rows without a window. Two keys of one run collide with a probability of about rows² / 2^65.
std::uint64_t identity_of(const ResultRow& row) {
  std::uint64_t identity = sim::mix((std::uint64_t{row.job} << 32) | row.key);
  identity = sim::mix(identity ^ static_cast<std::uint64_t>(row.window_start_ms));
  identity = sim::mix(identity ^ static_cast<std::uint64_t>(row.window_end_ms));
  if (row.identity != 0) {
    identity = sim::mix(identity ^ row.identity);
  } else if (row.window_start_ms == kNoWindow) {
    identity = sim::mix(identity ^ row.digest);
  }
  return identity == 0 ? 1 : identity;
}

}  // namespace

Applied Store::apply(const RowBatch& batch) {
  Applied applied;
  applied.overwrites.resize(batch.rows.size(), false);
  rows_written_ += batch.rows.size();
  if (kind_ == StoreKind::append) return applied;
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    const ResultRow& row = batch.rows[i];
    // The row that replaces it comes in the same request; a window that is gone for good keeps its entry.
    if (row.retracts) continue;
    if (insert(identity_of(row), row.window_end_ms)) continue;
    applied.overwrites[i] = true;
    ++rows_overwritten_;
  }
  return applied;
}

bool Store::insert(std::uint64_t identity, std::int64_t window_end_ms) {
  if (slots_.empty() || used_ * 2 >= slots_.size()) {
    rebuild(slots_.empty() ? kSmallest : slots_.size() * 2, [](const Slot&) { return false; });
  }
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = identity & mask;; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.identity == identity) return false;
    if (slot.identity != 0) continue;
    slot = {identity, window_end_ms};
    ++used_;
    return true;
  }
}

void Store::forget_windows_until(std::int64_t end_ms) {
  if (!slots_.empty())
    rebuild(slots_.size(), [end_ms](const Slot& slot) { return slot.window_end_ms <= end_ms; });
}

void Store::forget(std::span<const ResultRow> rows) {
  if (slots_.empty() || rows.empty()) return;
  std::vector<std::uint64_t> gone;
  gone.reserve(rows.size());
  for (const ResultRow& row : rows) gone.push_back(identity_of(row));
  std::sort(gone.begin(), gone.end());
  rebuild(slots_.size(),
          [&](const Slot& slot) { return std::binary_search(gone.begin(), gone.end(), slot.identity); });
}

template <class Drop>
void Store::rebuild(std::size_t capacity, Drop&& drop) {
  std::vector<Slot> kept(capacity);
  const std::size_t mask = capacity - 1;
  used_ = 0;
  for (const Slot& slot : slots_) {
    if (slot.identity == 0 || drop(slot)) continue;
    std::size_t at = slot.identity & mask;
    while (kept[at].identity != 0) at = (at + 1) & mask;
    kept[at] = slot;
    ++used_;
  }
  slots_ = std::move(kept);
}

}  // namespace wrackline::sink
