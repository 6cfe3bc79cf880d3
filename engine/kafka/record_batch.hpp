// The unit of the protocol: a record batch. An immutable block of columns (`Records`) is shared by the
// producer's in-flight table, the logs of all replicas and the consumers; the header around it is what each
// append sets.
//
// Modelled: offsets, leader epoch, producer id / epoch / base sequence, timestamps, the transactional and
// control bits, wire size. Not modelled: byte encoding, compression, headers. From: Kafka's
// DefaultRecordBatch (magic 2).
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sim/event_id.hpp"

namespace wrackline::kafka {

using Offset = std::int64_t;
using LeaderEpoch = std::int32_t;
using BrokerId = std::int32_t;

inline constexpr Offset kNoOffset = -1;
/// What ListOffsets may ask for instead of a point in time.
inline constexpr std::int64_t kLatestTimestamp = -1;
inline constexpr std::int64_t kEarliestTimestamp = -2;
inline constexpr std::int64_t kMaxTimestamp = -3;

inline constexpr std::int64_t kNoProducerId = -1;
inline constexpr std::int16_t kNoProducerEpoch = -1;
inline constexpr std::int32_t kNoSequence = -1;
inline constexpr std::int64_t kNoTimestamp = -1;
inline constexpr LeaderEpoch kNoLeaderEpoch = -1;
/// Bytes of an empty magic-2 batch on the wire.
inline constexpr std::int32_t kBatchOverheadBytes = 61;

struct Records;

/// Where a block of columns goes when its last owner lets go of it, instead of being freed
/// (records_pool.hpp, group_log.hpp).
class RecordsHome {
 public:
  virtual void take_back(Records* block) noexcept = 0;

 protected:
  ~RecordsHome() = default;
};

/// Intrusive, non-atomic shared pointer to the columns. May be null: test vectors and control batches carry
/// none. One run is one thread, so the count of owners is a plain integer.
class RecordsPtr {
 public:
  RecordsPtr() = default;
  explicit RecordsPtr(Records* owned) : block_{owned} { retain(); }
  RecordsPtr(const RecordsPtr& other) : block_{other.block_} { retain(); }
  RecordsPtr(RecordsPtr&& other) noexcept : block_{std::exchange(other.block_, nullptr)} {}
  RecordsPtr& operator=(RecordsPtr other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  inline ~RecordsPtr();

  const Records* get() const { return block_; }
  const Records* operator->() const { return block_; }
  const Records& operator*() const { return *block_; }
  explicit operator bool() const { return block_ != nullptr; }
  /// No producer, message, log or reader holds the block beside this pointer.
  inline bool sole_owner() const;

 private:
  inline void retain() const;
  Records* block_ = nullptr;
};

/// What the log cleaner must know of a record beside its key.
struct RecordShape {
  std::int32_t offset_delta = 0;  ///< from the batch's base offset
  std::int32_t key_bytes = -1;    ///< -1: no key
  std::int32_t value_bytes = -1;  ///< -1: null, a tombstone
};

/// What only the batches of compacted logs carry.
struct CompactionColumns {
  std::vector<RecordShape> shapes;
  std::int64_t delete_horizon_ms = kNoTimestamp;  ///< its tombstones, or its marker, may go from here on
  RecordsPtr origin;  ///< what the cleaner left a part of: the ids of the rest live as long
};

/// The columns of a batch. Written once by the producer, then shared and never changed.
struct Records {
  std::vector<sim::EventId> ids;
  std::vector<std::int64_t> timestamps_ms;  ///< event time as the producer sent it (CreateTime)
  std::vector<std::uint32_t> keys;          ///< index in the source's key space
  std::int64_t max_timestamp_ms = kNoTimestamp;
  std::unique_ptr<const CompactionColumns> compaction;  ///< null: a log that is not compacted

  std::size_t size() const { return ids.size(); }

 private:
  friend class RecordsPtr;
  friend class RecordsPool;
  friend class GroupLog;
  std::uint32_t owners_ = 0;
  std::uint32_t shelf_ = 0;
  RecordsHome* home_ = nullptr;
};

inline RecordsPtr::~RecordsPtr() {
  if (block_ == nullptr || --block_->owners_ != 0) return;
  if (block_->home_ != nullptr) {
    block_->home_->take_back(block_);
  } else {
    delete block_;
  }
}
inline bool RecordsPtr::sole_owner() const { return block_ != nullptr && block_->owners_ == 1; }
inline void RecordsPtr::retain() const {
  if (block_ != nullptr) ++block_->owners_;
}

enum class ControlType : std::uint8_t { none, abort, commit, leader_change };

struct RecordBatch {
  Offset base_offset = 0;
  Offset last_offset = 0;  ///< compaction and skipped records may leave it beyond base_offset + records - 1
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  std::int32_t base_sequence = kNoSequence;
  std::int64_t producer_id = kNoProducerId;
  std::int64_t max_timestamp_ms = kNoTimestamp;
  std::int64_t append_time_ms = kNoTimestamp;
  std::int32_t size_bytes = kBatchOverheadBytes;
  std::int16_t producer_epoch = kNoProducerEpoch;
  bool transactional = false;
  ControlType control = ControlType::none;
  RecordsPtr records;

  std::int64_t count() const { return last_offset - base_offset + 1; }
  Offset next_offset() const { return last_offset + 1; }
  bool has_producer_id() const { return producer_id >= 0; }
  bool is_control() const { return control != ControlType::none; }
  /// Control batches carry no sequence; their value names the epoch of the coordinator that wrote them, kept
  /// in the same field so that a header stays one cache line.
  std::int32_t coordinator_epoch() const { return is_control() ? base_sequence : -1; }
  /// Sequence numbers wrap at 2^31 - 1 to 0 (DefaultRecordBatch.incrementSequence).
  std::int32_t last_sequence() const {
    if (base_sequence < 0 || is_control()) return kNoSequence;
    return static_cast<std::int32_t>((std::int64_t{base_sequence} + count() - 1) & 0x7fffffff);
  }
  /// Kept in the columns, so that the header stays one cache line.
  std::int64_t delete_horizon_ms() const {
    return records && records->compaction ? records->compaction->delete_horizon_ms : kNoTimestamp;
  }
  /// A marker of which the cleaner left the header alone.
  bool is_emptied_marker() const {
    return is_control() && records && records->compaction && delete_horizon_ms() == kNoTimestamp;
  }
};

}  // namespace wrackline::kafka
