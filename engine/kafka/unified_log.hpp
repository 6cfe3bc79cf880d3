// One replica's log of one partition: batches, segments, offsets, leader epochs, producers, transactions.
//
// Modelled (L-1 .. L-3, L-18 .. L-23, L-39 .. L-41, L-43 .. L-49, P-20 .. P-26): append as leader and as
// follower, control markers, high watermark and last stable offset, reads with isolation and the list of
// aborted transactions, offsets by timestamp, truncation, DeleteRecords, retention, segment roll, expiry of
// producers, transaction verification, and loading after a clean or an unclean stop with recovery from the
// recovery point and producer snapshots, and putting cleaned segments in the place of others (the cleaner
// itself: log_cleaner.hpp). Not modelled: bytes, indexes as files, compression, tiered storage. From:
// UnifiedLog, LocalLog, LogSegment, LogLoader, LogValidator (org.apache.kafka.storage.internals.log).
//
// Page cache and disk. The log itself is what the page cache holds: all that was appended. What a power loss
// takes is the caller's decision: it knows `recovery_point()` (everything below was flushed), the size of
// each batch, and when it wrote back what; it then calls `reopen` with `clean = false` and `lost_from_offset`
// (or `lost_bytes_at_end`). A killed process loses nothing: `clean = false` alone. Calls to `mark_flushed`
// move the recovery point.
//
// Memory. `forget_below(offset)` drops the batches wholly below `offset`: no reader may ask for them any more
// (a read there is a broken invariant and asserts). Offsets, segments, epochs, and the producer state that
// replaying those batches would give are kept, so that truncation and recovery still come out the same.
// Of a compacted log `forget_superseded_below(offset)` drops only what the next pass of the cleaner would
// take anyway, so that passes and loads come out the same, too.
//
// Spans that a call returns hold until the next call that changes the log.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/kafka/leader_epoch_file_cache.hpp"
#include "engine/kafka/log_config.hpp"
#include "engine/kafka/producer_state_manager.hpp"
#include "engine/kafka/sliding_vector.hpp"
#include "engine/kafka/transaction_index.hpp"

namespace wrackline::kafka {

enum class FetchIsolation : std::uint8_t {
  log_end,         ///< followers
  high_watermark,  ///< consumers, read_uncommitted
  txn_committed,   ///< consumers, read_committed: to the last stable offset
};

/// Refusals of a follower's append that the protocol shows as UNKNOWN_SERVER_ERROR.
enum class AppendFault : std::uint8_t {
  none,
  unexpected_append_offset,  ///< the first batch begins below the log end
  offsets_out_of_order,      ///< the batches are not in order
};

struct AppendInfo {
  Errors error = Errors::none;
  AppendFault fault = AppendFault::none;
  bool duplicate = false;  ///< nothing was appended; the offsets are those of the first time
  bool rolled = false;     ///< a new segment was begun: the old one is flushed in the background
  Offset base_offset = kNoOffset;
  Offset last_offset = kNoOffset;
  std::int64_t log_append_time_ms = kNoTimestamp;  ///< set under LogAppendTime
};

struct FetchDataInfo {
  Errors error = Errors::none;
  LogOffsetMetadata fetch_offset{};
  std::span<const RecordBatch> batches{};  ///< whole batches; the first may begin below the fetch offset
  Offset segment_base = kNoOffset;         ///< of the segment that was read; none = nothing was
  Offset upper_bound =
      kNoOffset;  ///< read_committed: aborted transactions that start below it belong to the answer
};

struct TimestampAndOffset {
  std::int64_t timestamp_ms = kNoTimestamp;
  Offset offset = kNoOffset;
  std::optional<LeaderEpoch> leader_epoch{};
};

struct ReopenOptions {
  bool clean = true;
  Offset recovery_point = 0;           ///< recovery of an unclean stop starts at the segment that holds it
  std::int64_t lost_bytes_at_end = 0;  ///< of the active segment; may tear a batch
  std::optional<Offset> lost_from_offset{};  ///< power loss: every batch that reaches this offset is gone
  bool epochs_lost = false;                  ///< the epoch checkpoint had not been written back
  bool snapshots_lost = false;               ///< nor the producer snapshots
};

class UnifiedLog {
 public:
  UnifiedLog(const LogConfig& config, std::int64_t now_ms, Offset log_start = 0);
  UnifiedLog(const UnifiedLog&) = delete;
  UnifiedLog& operator=(const UnifiedLog&) = delete;

  // --- where it stands ---
  Offset log_start_offset() const { return log_start_; }
  Offset log_end_offset() const { return log_end_; }
  LogOffsetMetadata log_end_offset_metadata() const;
  Offset high_watermark() const { return high_watermark_.offset; }
  Offset last_stable_offset() const;
  std::optional<Offset> first_unstable_offset() const;
  Offset recovery_point() const { return recovery_point_; }
  Offset forgotten_below() const { return forgotten_below_; }
  std::int64_t size_bytes() const;
  /// Bytes of the batches that reach `offset`, of those that are not forgotten: what was appended since.
  std::int64_t bytes_from(Offset offset) const;
  /// What an unclean start has to read, forgotten or not: all of the segments from the one that holds the
  /// recovery point on (L-41).
  std::int64_t bytes_to_recover(Offset recovery_point) const;
  const LogConfig& config() const { return config_; }
  LogConfig& config() { return config_; }
  const LeaderEpochFileCache& epochs() const { return epochs_; }
  const ProducerStateManager& producers() const { return producers_; }
  std::span<const RecordBatch> batches() const { return batches_.items(); }
  std::size_t segment_count() const { return segments_.size(); }
  Offset segment_base(std::size_t index) const { return segments_[index].base_offset; }
  struct SegmentInfo {
    Offset base_offset = 0;
    Offset next_offset = 0;  ///< behind its last batch
    std::int64_t size_bytes = 0;
    std::int64_t max_timestamp_ms = kNoTimestamp;          ///< none: it holds no batch
    std::int64_t first_batch_timestamp_ms = kNoTimestamp;  ///< largest of its first batch
  };
  SegmentInfo segment(std::size_t index) const;
  std::span<const RecordBatch> segment_batches(std::size_t index) const;
  struct SegmentRange {
    std::size_t first = 0;
    std::size_t last = 0;  ///< not included
  };
  /// Those with a base in [from, to), and the one that `from` lies in (LogSegments.values).
  SegmentRange segments_between(Offset from, Offset to) const;
  /// The same from `from` on, without the active one.
  SegmentRange closed_segments_from(Offset from) const;

  // --- appending ---
  /// As leader. The batch comes with base_offset 0 and last_offset = records - 1; offsets, epoch and
  /// (LogAppendTime) timestamps are set here. A refused or duplicate batch changes no record, but may leave
  /// an epoch entry or a rolled segment. Records without a key on a compacted topic are told by `keyless`.
  AppendInfo append_as_leader(RecordBatch batch, LeaderEpoch leader_epoch, std::int64_t now_ms,
                              AppendOrigin origin = AppendOrigin::client,
                              VerificationGuard guard = kNoVerificationGuard, bool keyless = false);
  /// The control batch that ends a producer's transaction (origin: the transaction coordinator).
  AppendInfo append_marker(std::int64_t producer_id, std::int16_t producer_epoch, ControlType outcome,
                           std::int32_t coordinator_epoch, LeaderEpoch leader_epoch, std::int64_t now_ms);
  /// As follower: batches as a leader sent them. Those of an epoch above `leader_epoch` end the append.
  AppendInfo append_as_follower(std::span<const RecordBatch> batches, LeaderEpoch leader_epoch,
                                std::int64_t now_ms);
  void assign_epoch_start_offset(LeaderEpoch epoch, Offset start_offset) {
    epochs_.assign(epoch, start_offset);
  }

  struct Verification {
    Errors error = Errors::none;
    VerificationGuard guard = kNoVerificationGuard;  ///< none: the transaction is known to be open
  };
  Verification start_verification(std::int64_t producer_id, std::int32_t sequence,
                                  std::int16_t producer_epoch, bool supports_epoch_bump, std::int64_t now_ms);

  // --- watermarks ---
  /// Sets it, clamped into the log; may go down (followers, restart). Returns the new value.
  Offset update_high_watermark(Offset offset) {
    return update_high_watermark(LogOffsetMetadata{.offset = offset});
  }
  Offset update_high_watermark(const LogOffsetMetadata& offset);
  /// Raises it (leaders). Returns the old value if it moved, nothing if not. `offset` may not be above the
  /// log end.
  std::optional<Offset> maybe_increment_high_watermark(const LogOffsetMetadata& offset);
  std::optional<Offset> maybe_increment_high_watermark(Offset offset) {
    return maybe_increment_high_watermark(LogOffsetMetadata{.offset = offset});
  }

  // --- reading ---
  /// One read from one segment. Whole batches up to `max_bytes`; with `min_one_message` the first in any
  /// case.
  FetchDataInfo read(Offset offset, FetchIsolation isolation, std::int64_t max_bytes = kUnlimited,
                     bool min_one_message = true);
  /// The aborted transactions that belong into the answer of this read_committed fetch (L-45), appended to
  /// `out`.
  void aborted_of(const FetchDataInfo& fetched, Offset fetch_offset, std::vector<AbortedTxn>& out) const;
  /// Index entries below upper_bound, from the segment that holds `from` on.
  void collect_aborted(Offset from, Offset upper_bound, std::vector<AbortedTxn>& out) const;
  std::optional<EpochEndOffset> end_offset_for_epoch(LeaderEpoch epoch) const {
    return epochs_.end_offset_for(epoch, log_end_);
  }
  std::optional<TimestampAndOffset> offset_by_timestamp(std::int64_t timestamp) const;
  bool has_late_transaction(std::int64_t now_ms) const { return producers_.has_late_transaction(now_ms); }

  // --- shortening ---
  /// Drops everything from `offset` on. A batch that `offset` cuts goes whole, but the log end becomes
  /// `offset`.
  bool truncate_to(Offset offset, std::int64_t now_ms);
  void truncate_fully_and_start_at(Offset offset, std::int64_t now_ms);
  struct Moved {
    Errors error = Errors::none;
    bool moved = false;
  };
  Moved maybe_increment_log_start_offset(Offset offset);
  /// One pass of the retention task. Returns the number of segments deleted.
  std::size_t delete_old_segments(std::int64_t now_ms);
  std::size_t remove_expired_producers(std::int64_t now_ms) { return producers_.remove_expired(now_ms); }
  void roll(std::int64_t now_ms);
  /// The cleaner is done with these segments: one takes their place, with these batches and these entries of
  /// the index of aborted transactions. All lie below the last stable offset and the active segment.
  void replace_segments(SegmentRange old, std::vector<RecordBatch>&& kept,
                        std::span<const AbortedTxn> aborted);

  // --- disk and memory ---
  void mark_flushed(Offset below) { recovery_point_ = below > recovery_point_ ? below : recovery_point_; }
  /// The process ended and starts again over the same files. Afterwards the high watermark is the log start;
  /// the caller sets it from its checkpoint.
  void reopen(const ReopenOptions& options, std::int64_t now_ms);
  void forget_below(Offset offset);
  /// Of the batches below `offset`, which no log of this partition will ever lose again, those without
  /// producers of which no record is the last of its key in its segment. Their bytes still count.
  void forget_superseded_below(Offset offset);

 private:
  using Number = SlidingVector<RecordBatch>::Number;

  /// Entry of the sparse offset index: one batch in about every index.interval.bytes.
  struct IndexEntry {
    Offset last_offset = 0;
    Number batch = 0;
  };
  struct Segment {
    Offset base_offset = 0;
    Number first_batch = 0;
    std::int64_t size_bytes = 0;
    std::int64_t created_ms = 0;
    std::int64_t rolling_timestamp_ms = kNoTimestamp;  ///< of the first batch
    std::int64_t max_timestamp_ms = kNoTimestamp;
    std::int64_t forgotten_bytes = 0;  ///< of size_bytes
    std::int64_t forgotten_max_timestamp_ms = kNoTimestamp;
    Offset forgotten_end = kNoOffset;  ///< end of its last forgotten batch
    std::int64_t bytes_since_index = 0;
  };

  /// What replaying the forgotten batches from a snapshot gives: one for each snapshot that a reload may
  /// pick.
  struct Fold {
    Offset from;
    ProducerStateManager state;
  };

  // unified_log.cpp
  Errors validate(const RecordBatch& batch, bool keyless, std::int64_t now_ms) const;
  bool has_ongoing_transaction(std::int64_t producer_id, std::int16_t producer_epoch) const;
  Errors check_producer(const RecordBatch& batch, AppendOrigin origin, VerificationGuard guard) const;
  bool should_roll(std::int64_t bytes, std::int64_t max_timestamp_ms, Offset last_offset,
                   std::int64_t now_ms) const;
  void roll_at(Offset expected_next, std::int64_t now_ms);
  void store(RecordBatch&& batch);
  void complete(const CompletedTxn& completed);

  // unified_log_read.cpp
  void maybe_increment_first_unstable_offset();
  void set_high_watermark(const LogOffsetMetadata& offset);
  void raise_high_watermark_to_log_end();
  std::size_t segment_index_of(Offset offset) const;
  Number segment_end(std::size_t index) const;
  Number first_batch_reaching(Offset offset) const;
  LogOffsetMetadata locate(Offset offset) const;
  const LogOffsetMetadata& fetch_high_watermark_metadata();
  LogOffsetMetadata fetch_last_stable_offset_metadata();
  FetchDataInfo read_to(Offset offset, const LogOffsetMetadata& max, std::int64_t max_bytes,
                        bool min_one_message, bool committed) const;

  // unified_log_retention.cpp
  template <typename Predicate>
  std::size_t delete_segments_while(Predicate&& goes, std::int64_t now_ms);
  void drop_front_segments(std::size_t count);
  void update_log_start_offset(Offset offset);

  // unified_log_clean.cpp
  void replace_batches(Number from, Number to, std::vector<RecordBatch>&& kept);
  void keep_latest(Segment& segment, Number from, Number to, std::vector<RecordBatch>& kept);

  // unified_log_load.cpp
  void start_at(Offset offset, std::int64_t now_ms);
  void truncate_segment(std::size_t index, Number from, std::int64_t now_ms);
  void drop_segments_from(std::size_t index);
  void lose_tail(const ReopenOptions& options, std::int64_t now_ms);
  void recover_segment(std::size_t index, ProducerStateManager& disk, std::int64_t now_ms);
  void rebuild_producer_state(ProducerStateManager& producers, Offset last_offset, std::int64_t now_ms,
                              bool reload_from_clean_shutdown) const;
  void replay(ProducerStateManager& producers, Number from, Number to) const;
  void fold(Offset below);
  const Fold* fold_from(Offset snapshot) const;

  LogConfig config_;
  SlidingVector<RecordBatch> batches_;
  SlidingVector<Segment> segments_;
  LeaderEpochFileCache epochs_;
  ProducerStateManager producers_{config_};
  TransactionIndex aborted_;
  SlidingVector<IndexEntry> index_;
  LogOffsetMetadata high_watermark_;
  std::optional<LogOffsetMetadata> first_unstable_;
  Offset log_start_ = 0;
  Offset log_end_ = 0;
  Offset recovery_point_ = 0;
  Offset forgotten_below_ = 0;
  std::vector<Fold> folds_;
  std::size_t kept_below_ = 0;           ///< batches that the last forget_superseded_below left
  std::vector<CompletedTxn> completed_;  ///< scratch of append_as_follower
};

}  // namespace wrackline::kafka
