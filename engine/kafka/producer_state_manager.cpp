#include "engine/kafka/producer_state_manager.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace wrackline::kafka {

namespace {

/// A transaction counts as hanging when it is older than the longest time-out plus this (KIP-664).
constexpr std::int64_t kLateTransactionBufferMs = 5 * 60 * 1000;

BatchMetadata metadata_of(const RecordBatch& batch) {
  return {.last_sequence = batch.last_sequence(),
          .offset_delta = static_cast<std::int32_t>(batch.last_offset - batch.base_offset),
          .last_offset = batch.last_offset,
          .timestamp_ms = batch.max_timestamp_ms};
}

/// Where an entry with this first offset is, or belongs.
auto txn_position(std::vector<TxnMetadata>& transactions, Offset first_offset) {
  return std::lower_bound(
      transactions.begin(), transactions.end(), first_offset,
      [](const TxnMetadata& txn, Offset wanted) { return txn.first_offset.offset < wanted; });
}

void put_txn(std::vector<TxnMetadata>& transactions, const TxnMetadata& txn) {
  const auto at = txn_position(transactions, txn.first_offset.offset);
  if (at != transactions.end() && at->first_offset.offset == txn.first_offset.offset) {
    *at = txn;
  } else {
    transactions.insert(at, txn);
  }
}

}  // namespace

// --- producers ---

ProducerStateEntry* ProducerStateManager::find(std::int64_t producer_id) {
  return const_cast<ProducerStateEntry*>(last_entry(producer_id));
}

const ProducerStateEntry* ProducerStateManager::last_entry(std::int64_t producer_id) const {
  if (last_found_ < ids_.size() && ids_[last_found_] == producer_id) return &producers_[last_found_];
  const auto found = std::lower_bound(ids_.begin(), ids_.end(), producer_id);
  if (found == ids_.end() || *found != producer_id) return nullptr;
  last_found_ = static_cast<std::size_t>(found - ids_.begin());
  return &producers_[last_found_];
}

ProducerStateEntry& ProducerStateManager::find_or_add(std::int64_t producer_id) {
  if (ProducerStateEntry* const known = find(producer_id)) return *known;
  const auto at = std::lower_bound(ids_.begin(), ids_.end(), producer_id) - ids_.begin();
  ids_.insert(ids_.begin() + at, producer_id);
  ProducerStateEntry entry;
  entry.producer_id = producer_id;
  return *producers_.insert(producers_.begin() + at, entry);
}

void ProducerStateManager::clear_producers() {
  ids_.clear();
  producers_.clear();
}

bool ProducerStateManager::is_expired(const ProducerStateEntry& entry, std::int64_t now_ms) const {
  return !entry.in_transaction() && now_ms - entry.last_timestamp_ms >= config_->producer_id_expiration_ms;
}

std::size_t ProducerStateManager::remove_expired(std::int64_t now_ms) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < producers_.size(); ++i) {
    if (is_expired(producers_[i], now_ms)) continue;
    producers_[kept] = producers_[i];
    ids_[kept] = ids_[i];
    ++kept;
  }
  const std::size_t removed = producers_.size() - kept;
  producers_.resize(kept);
  ids_.resize(kept);
  std::erase_if(verifications_, [&](const VerificationStateEntry& entry) {
    return now_ms - entry.created_ms >= config_->producer_id_expiration_ms;
  });
  return removed;
}

// --- batches and transactions ---

void ProducerStateManager::start_transaction(std::int64_t producer_id,
                                             const LogOffsetMetadata& first_offset) {
  put_txn(ongoing_, {.producer_id = producer_id, .first_offset = first_offset});
}

std::optional<CompletedTxn> ProducerStateManager::apply(const RecordBatch& batch,
                                                        const LogOffsetMetadata& first_offset) {
  ProducerStateEntry& entry = find_or_add(batch.producer_id);
  std::optional<CompletedTxn> completed;
  // The marker of a transaction that was cleaned away as a whole says nothing any more.
  if (batch.is_emptied_marker()) return completed;
  if (batch.is_control()) {
    if (entry.in_transaction()) {
      completed = CompletedTxn{.producer_id = batch.producer_id,
                               .first_offset = entry.txn_first_offset,
                               .last_offset = batch.base_offset,
                               .aborted = batch.control == ControlType::abort};
    }
    entry.end_transaction(batch.producer_epoch, batch.coordinator_epoch(), batch.max_timestamp_ms);
  } else {
    entry.add_batch(batch.producer_epoch, metadata_of(batch));
    if (batch.transactional && !entry.in_transaction()) {
      entry.txn_first_offset = batch.base_offset;
      start_transaction(batch.producer_id, first_offset);
    }
  }
  update_oldest_txn_timestamp();
  return completed;
}

Errors ProducerStateManager::apply_all(std::span<const RecordBatch> batches,
                                       const LogOffsetMetadata& first_offset,
                                       std::vector<CompletedTxn>& completed) {
  // The outcome is built beside the state, so that a refusal leaves no trace, and so that each completion
  // sees the transactions of the whole append when its last stable offset is taken.
  appended_.clear();
  const auto updated_of = [&](std::int64_t producer_id) -> ProducerStateEntry& {
    for (ProducerStateEntry& known : appended_) {
      if (known.producer_id == producer_id) return known;
    }
    const ProducerStateEntry* const current = last_entry(producer_id);
    appended_.push_back(current != nullptr ? *current : ProducerStateEntry{});
    appended_.back().producer_id = producer_id;
    appended_.back().forget_batches();
    return appended_.back();
  };
  const std::size_t completed_before = completed.size();
  const std::size_t started_before = started_.size();
  LogOffsetMetadata at = first_offset;
  for (const RecordBatch& batch : batches) {
    at.offset = batch.base_offset;
    if (batch.has_producer_id()) {
      ProducerStateEntry& entry = updated_of(batch.producer_id);
      if (const Errors error = check_append(entry, batch, AppendOrigin::replication, nullptr);
          error != Errors::none) {
        completed.resize(completed_before);
        started_.resize(started_before);
        return error;
      }
      if (batch.is_emptied_marker()) {
        // Only its header is left.
      } else if (batch.is_control()) {
        if (entry.in_transaction()) {
          completed.push_back({.producer_id = batch.producer_id,
                               .first_offset = entry.txn_first_offset,
                               .last_offset = batch.base_offset,
                               .aborted = batch.control == ControlType::abort});
        }
        entry.end_transaction(batch.producer_epoch, batch.coordinator_epoch(), batch.max_timestamp_ms);
      } else {
        entry.add_batch(batch.producer_epoch, metadata_of(batch));
        if (batch.transactional && !entry.in_transaction()) {
          entry.txn_first_offset = batch.base_offset;
          started_.push_back({.producer_id = batch.producer_id, .first_offset = at});
        }
      }
    }
    if (!at.offset_only()) ++at.batch_number;
  }
  for (const ProducerStateEntry& updated : appended_) find_or_add(updated.producer_id).merge(updated);
  for (const TxnMetadata& started : started_) put_txn(ongoing_, started);
  started_.clear();
  update_oldest_txn_timestamp();
  return Errors::none;
}

Offset ProducerStateManager::last_stable_offset(const CompletedTxn& completed) const {
  for (const TxnMetadata& txn : ongoing_) {
    if (txn.producer_id != completed.producer_id) return txn.first_offset.offset;
  }
  return completed.last_offset + 1;
}

void ProducerStateManager::complete_txn(const CompletedTxn& completed) {
  const auto at = txn_position(ongoing_, completed.first_offset);
  assert(at != ongoing_.end() && at->first_offset.offset == completed.first_offset);
  TxnMetadata txn = *at;
  ongoing_.erase(at);
  txn.last_offset = completed.last_offset;
  put_txn(unreplicated_, txn);
  update_oldest_txn_timestamp();
}

void ProducerStateManager::update_oldest_txn_timestamp() {
  oldest_txn_timestamp_ms_ = kNoTimestamp;
  if (ongoing_.empty()) return;
  if (const ProducerStateEntry* const entry = last_entry(ongoing_.front().producer_id)) {
    oldest_txn_timestamp_ms_ = entry->last_timestamp_ms;
  }
}

bool ProducerStateManager::has_late_transaction(std::int64_t now_ms) const {
  return oldest_txn_timestamp_ms_ > 0 &&
         now_ms - oldest_txn_timestamp_ms_ > config_->transaction_max_timeout_ms + kLateTransactionBufferMs;
}

std::optional<LogOffsetMetadata> ProducerStateManager::first_unstable_offset() const {
  if (ongoing_.empty() && unreplicated_.empty()) return std::nullopt;
  if (ongoing_.empty()) return unreplicated_.front().first_offset;
  if (unreplicated_.empty()) return ongoing_.front().first_offset;
  return unreplicated_.front().first_offset.offset < ongoing_.front().first_offset.offset
             ? unreplicated_.front().first_offset
             : ongoing_.front().first_offset;
}

void ProducerStateManager::on_high_watermark_updated(Offset high_watermark) {
  if (unreplicated_.empty()) return;
  std::erase_if(unreplicated_, [&](const TxnMetadata& txn) { return txn.last_offset < high_watermark; });
}

void ProducerStateManager::on_log_start_incremented(Offset log_start) {
  on_high_watermark_updated(log_start);
  map_end_offset_ = std::max(map_end_offset_, log_start);
  last_snapshot_offset_ = latest_snapshot_offset().value_or(log_start);
}

// --- verification ---

const VerificationStateEntry* ProducerStateManager::verification(std::int64_t producer_id) const {
  const auto found =
      std::find_if(verifications_.begin(), verifications_.end(),
                   [&](const VerificationStateEntry& entry) { return entry.producer_id == producer_id; });
  return found == verifications_.end() ? nullptr : &*found;
}

VerificationGuard ProducerStateManager::start_verification(std::int64_t producer_id, std::int32_t sequence,
                                                           std::int16_t epoch, bool supports_epoch_bump,
                                                           std::int64_t now_ms) {
  auto* entry = const_cast<VerificationStateEntry*>(verification(producer_id));
  if (entry == nullptr) {
    verifications_.push_back({.producer_id = producer_id,
                              .created_ms = now_ms,
                              .guard = ++last_guard_,
                              .lowest_sequence = sequence,
                              .producer_epoch = epoch,
                              .supports_epoch_bump = supports_epoch_bump});
    entry = &verifications_.back();
  }
  if (entry->supports_epoch_bump && epoch > entry->producer_epoch) {
    entry->producer_epoch = epoch;
    entry->lowest_sequence = sequence;
  }
  if (epoch == entry->producer_epoch) entry->lowest_sequence = std::min(entry->lowest_sequence, sequence);
  return entry->guard;
}

void ProducerStateManager::clear_verification(const RecordBatch& written) {
  if (verifications_.empty()) return;
  std::erase_if(verifications_, [&](const VerificationStateEntry& entry) {
    if (entry.producer_id != written.producer_id) return false;
    return !(written.is_control() && entry.supports_epoch_bump &&
             written.producer_epoch <= entry.producer_epoch);
  });
}

// --- snapshots ---

void ProducerStateManager::take_snapshot() {
  if (map_end_offset_ <= last_snapshot_offset_) return;
  Snapshot snapshot{.offset = map_end_offset_, .producers = {}};
  snapshot.producers.reserve(producers_.size());
  for (const ProducerStateEntry& entry : producers_) snapshot.producers.push_back(entry.as_in_snapshot());
  const auto at =
      std::lower_bound(snapshots_.begin(), snapshots_.end(), snapshot.offset,
                       [](const Snapshot& known, Offset wanted) { return known.offset < wanted; });
  if (at != snapshots_.end() && at->offset == snapshot.offset) {
    *at = std::move(snapshot);
  } else {
    snapshots_.insert(at, std::move(snapshot));
  }
  last_snapshot_offset_ = map_end_offset_;
}

std::optional<Offset> ProducerStateManager::latest_snapshot_offset() const {
  if (snapshots_.empty()) return std::nullopt;
  return snapshots_.back().offset;
}

void ProducerStateManager::remove_snapshot(Offset offset) {
  std::erase_if(snapshots_, [&](const Snapshot& snapshot) { return snapshot.offset == offset; });
}

void ProducerStateManager::remove_snapshots_below(Offset offset) {
  std::erase_if(snapshots_, [&](const Snapshot& snapshot) { return snapshot.offset < offset; });
}

void ProducerStateManager::remove_stray_snapshots(std::span<const Offset> segment_bases) {
  const auto is_base = [&](Offset offset) {
    return std::find(segment_bases.begin(), segment_bases.end(), offset) != segment_bases.end();
  };
  // Of those that begin no segment only the latest may stay, and only above the last segment's base: it was
  // taken at a log end, by a clean stop or a recovery.
  std::optional<Offset> latest_stray;
  for (const Snapshot& snapshot : snapshots_) {
    if (!is_base(snapshot.offset)) latest_stray = snapshot.offset;
  }
  if (latest_stray && !segment_bases.empty() && *latest_stray < segment_bases.back()) latest_stray.reset();
  std::erase_if(snapshots_, [&](const Snapshot& snapshot) {
    return !is_base(snapshot.offset) && snapshot.offset != latest_stray.value_or(kNoOffset);
  });
}

void ProducerStateManager::truncate_and_reload(Offset log_start, Offset log_end, std::int64_t now_ms) {
  std::erase_if(snapshots_, [&](const Snapshot& snapshot) {
    return snapshot.offset > log_end || snapshot.offset <= log_start;
  });
  if (log_end == map_end_offset_) {
    on_log_start_incremented(log_start);
    return;
  }
  clear_producers();
  ongoing_.clear();
  unreplicated_.clear();
  update_oldest_txn_timestamp();
  load_from_snapshot(log_start, now_ms);
}

std::vector<Offset> ProducerStateManager::snapshot_offsets() const {
  std::vector<Offset> offsets;
  for (const Snapshot& snapshot : snapshots_) offsets.push_back(snapshot.offset);
  return offsets;
}

void ProducerStateManager::load_entry(const ProducerStateEntry& saved) {
  find_or_add(saved.producer_id) = saved;
  if (saved.in_transaction()) {
    start_transaction(saved.producer_id, LogOffsetMetadata{.offset = saved.txn_first_offset});
  }
}

bool ProducerStateManager::load_snapshot(Offset offset) {
  clear_producers();
  ongoing_.clear();
  unreplicated_.clear();
  const auto found = std::find_if(snapshots_.begin(), snapshots_.end(),
                                  [&](const Snapshot& snapshot) { return snapshot.offset == offset; });
  if (found == snapshots_.end()) return false;
  for (const ProducerStateEntry& saved : found->producers) load_entry(saved);
  map_end_offset_ = offset;
  update_oldest_txn_timestamp();
  return true;
}

void ProducerStateManager::load_from_snapshot(Offset log_start, std::int64_t now_ms) {
  if (snapshots_.empty()) {
    last_snapshot_offset_ = log_start;
    map_end_offset_ = log_start;
    return;
  }
  const Snapshot& latest = snapshots_.back();
  for (const ProducerStateEntry& saved : latest.producers) {
    if (!is_expired(saved, now_ms)) load_entry(saved);
  }
  last_snapshot_offset_ = latest.offset;
  map_end_offset_ = latest.offset;
  update_oldest_txn_timestamp();
}

void ProducerStateManager::truncate_fully_and_start_at(Offset offset) {
  clear_producers();
  ongoing_.clear();
  unreplicated_.clear();
  snapshots_.clear();
  last_snapshot_offset_ = 0;
  map_end_offset_ = offset;
  update_oldest_txn_timestamp();
}

void ProducerStateManager::take_over(const ProducerStateManager& other) {
  ids_ = other.ids_;
  producers_ = other.producers_;
  ongoing_ = other.ongoing_;
  unreplicated_ = other.unreplicated_;
  map_end_offset_ = other.map_end_offset_;
  update_oldest_txn_timestamp();
}

ProducerStateManager ProducerStateManager::reopened() const {
  ProducerStateManager fresh{*config_};
  fresh.snapshots_ = snapshots_;
  // A guard of the process that ended must not fit one of the new process.
  fresh.last_guard_ = last_guard_;
  return fresh;
}

}  // namespace wrackline::kafka
