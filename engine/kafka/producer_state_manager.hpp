// All producers of one partition, their open transactions and the snapshots taken of them.
//
// Modelled: lookup, update, the transactions that are open and those whose marker is not yet replicated (they
// bound the last stable offset), expiry (P-24), verification state (KIP-890), snapshots at offsets and their
// reload after truncation or restart. Not modelled: the bytes of snapshot files. From:
// org.apache.kafka.storage.internals.log.ProducerStateManager; KIP-98, KIP-360, KIP-890.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/kafka/log_config.hpp"
#include "engine/kafka/producer_state.hpp"

namespace wrackline::kafka {

/// An offset and, unless only the offset is known, where it lies: its segment and the number of its batch in
/// the log.
struct LogOffsetMetadata {
  Offset offset = kNoOffset;
  Offset segment_base = kNoOffset;
  std::uint64_t batch_number = 0;

  bool offset_only() const { return segment_base == kNoOffset; }
  bool on_older_segment(const LogOffsetMetadata& that) const {
    return !offset_only() && !that.offset_only() && segment_base < that.segment_base;
  }
  bool operator==(const LogOffsetMetadata&) const = default;
};

struct TxnMetadata {
  std::int64_t producer_id = kNoProducerId;
  LogOffsetMetadata first_offset{};
  Offset last_offset = kNoOffset;  ///< of the marker, once there is one
};

class ProducerStateManager {
 public:
  explicit ProducerStateManager(const LogConfig& config) : config_{&config} {}

  bool empty() const { return producers_.empty(); }
  const ProducerStateEntry* last_entry(std::int64_t producer_id) const;
  /// All producers, by ascending id.
  std::span<const ProducerStateEntry> producers() const { return producers_; }

  /// Applies one batch that passed check_append. Returns the transaction that it completed, if any; that
  /// stays among the open ones until complete_txn. `first_offset` is where the batch lies.
  std::optional<CompletedTxn> apply(const RecordBatch& batch, const LogOffsetMetadata& first_offset);
  /// Applies batches that were appended in one call, as a follower does; completed transactions are added to
  /// `completed`. Fails, and changes nothing, if one of them may not follow.
  Errors apply_all(std::span<const RecordBatch> batches, const LogOffsetMetadata& first_offset,
                   std::vector<CompletedTxn>& completed);
  /// The last stable offset right after this completion, as the index of aborted transactions stores it.
  Offset last_stable_offset(const CompletedTxn& completed) const;
  void complete_txn(const CompletedTxn& completed);

  const VerificationStateEntry* verification(std::int64_t producer_id) const;
  VerificationGuard start_verification(std::int64_t producer_id, std::int32_t sequence, std::int16_t epoch,
                                       bool supports_epoch_bump, std::int64_t now_ms);
  /// A transactional batch was written: its transaction is open now, or has ended, and needs no guard any
  /// more. A marker that ended an earlier transaction of a client with epoch bumps leaves the guard of the
  /// next one (KIP-890 part 2).
  void clear_verification(const RecordBatch& written);

  /// Earliest offset of a transaction that is open, or whose marker lies at or above the high watermark.
  std::optional<LogOffsetMetadata> first_unstable_offset() const;
  void on_high_watermark_updated(Offset high_watermark);
  void on_log_start_incremented(Offset log_start);
  bool has_late_transaction(std::int64_t now_ms) const;
  std::size_t remove_expired(std::int64_t now_ms);

  Offset map_end_offset() const { return map_end_offset_; }
  void update_map_end_offset(Offset offset) { map_end_offset_ = offset; }

  void take_snapshot();
  std::optional<Offset> latest_snapshot_offset() const;
  std::vector<Offset> snapshot_offsets() const;
  /// Starts from the snapshot taken at `offset`, whole. False if there is none.
  bool load_snapshot(Offset offset);
  /// A snapshot goes with the segment that begins at its offset.
  void remove_snapshot(Offset offset);
  void remove_stray_snapshots(std::span<const Offset> segment_bases);
  void remove_all_snapshots() { snapshots_.clear(); }
  /// Nothing will be reloaded below `offset` any more.
  void remove_snapshots_below(Offset offset);
  /// Back to the latest snapshot in (log_start, log_end], unless the state already ends at log_end.
  void truncate_and_reload(Offset log_start, Offset log_end, std::int64_t now_ms);
  void truncate_fully_and_start_at(Offset offset);
  /// A second manager over the same snapshots, with nothing loaded: what a process that starts sees.
  ProducerStateManager reopened() const;

  /// Takes over producers, transactions and end offset of `other`, but not its snapshots.
  void take_over(const ProducerStateManager& other);

 private:
  struct Snapshot {
    Offset offset = 0;
    std::vector<ProducerStateEntry> producers;
  };

  ProducerStateEntry* find(std::int64_t producer_id);
  ProducerStateEntry& find_or_add(std::int64_t producer_id);
  void start_transaction(std::int64_t producer_id, const LogOffsetMetadata& first_offset);
  void update_oldest_txn_timestamp();
  bool is_expired(const ProducerStateEntry& entry, std::int64_t now_ms) const;
  void clear_producers();
  void load_from_snapshot(Offset log_start, std::int64_t now_ms);
  void load_entry(const ProducerStateEntry& saved);

  const LogConfig* config_;
  std::vector<std::int64_t> ids_;  ///< of producers_, ascending: the searched column
  std::vector<ProducerStateEntry> producers_;
  mutable std::size_t last_found_ = 0;
  std::vector<TxnMetadata> ongoing_;  ///< by first offset
  std::vector<TxnMetadata>
      unreplicated_;  ///< completed, marker not yet below the high watermark; by first offset
  std::vector<VerificationStateEntry> verifications_;
  std::vector<Snapshot> snapshots_;           ///< by offset
  std::vector<ProducerStateEntry> appended_;  ///< scratch of apply_all
  std::vector<TxnMetadata> started_;          ///< scratch of apply_all
  std::int64_t oldest_txn_timestamp_ms_ = kNoTimestamp;
  VerificationGuard last_guard_ = kNoVerificationGuard;
  Offset map_end_offset_ = 0;
  Offset last_snapshot_offset_ = 0;
};

}  // namespace wrackline::kafka
