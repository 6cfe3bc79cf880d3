// A batch on its way through the producer: columns being filled, then attempts at sending them, then one
// final state.
//
// From: ProducerBatch. Not modelled: compression (the estimate of its ratio), per-record futures; a batch
// completes as a whole and hands out its record ids. Times are in ns of the node's clock so that linger is
// exact.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/kafka/client_error.hpp"
#include "engine/kafka/producer_metadata.hpp"
#include "engine/kafka/record_batch.hpp"
#include "engine/kafka/records_pool.hpp"
#include "sim/observer.hpp"

namespace wrackline::kafka {

/// Nanoseconds of the clock that the producer sees.
using Nanos = std::int64_t;
inline constexpr Nanos kNanosPerMs = 1'000'000;
inline constexpr Nanos kNeverNanos = INT64_MAX;

struct ProducerIdAndEpoch {
  std::int64_t id = kNoProducerId;
  std::int16_t epoch = kNoProducerEpoch;
  bool valid() const { return id > kNoProducerId; }
  friend bool operator==(const ProducerIdAndEpoch&, const ProducerIdAndEpoch&) = default;
};

class BatchPool;

struct ProducerBatch {
  enum class Final : std::uint8_t { open, succeeded, failed, aborted };

  RecordsPtr records;
  Records* columns = nullptr;  ///< the same block while it may still grow, else null
  PartitionId partition = 0;
  std::int32_t count = 0;
  std::int32_t size_bytes = kBatchOverheadBytes;
  std::int32_t write_limit = 0;
  std::int32_t record_bytes = 0;    ///< size of every record so far; -1 once they differ
  std::vector<std::int32_t> sizes;  ///< of each record, only once they differ
  std::int64_t buffer_bytes = 0;    ///< taken from buffer.memory; 0 for the parts of a split batch

  Nanos created_ns = 0;
  Nanos last_attempt_ns = 0;
  std::int32_t attempts = 0;
  std::int32_t attempts_when_leader_last_changed = 0;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;

  ProducerIdAndEpoch producer;
  std::int32_t base_sequence = kNoSequence;
  bool transactional = false;
  bool sequence_reset = false;  ///< its sequence was rewritten since it was last sent ("reopened")
  bool in_retry = false;
  /// Some attempt may have reached a log without our knowing: it ended without a verdict, or still runs.
  bool maybe_in_log = false;
  bool ever_sent = false;
  bool queued = false;
  bool incomplete = false;
  bool in_request = false;
  Final final_state = Final::open;

  std::uint64_t serial = 0;   ///< order of creation; the parts of a split batch share that of the whole
  std::uint32_t holders = 0;  ///< queue, request, sequence table, list of incomplete batches
  BatchPool* home = nullptr;

  ProducerBatch* queue_prev = nullptr;
  ProducerBatch* queue_next = nullptr;
  ProducerBatch* incomplete_prev = nullptr;
  ProducerBatch* incomplete_next = nullptr;

  bool has_sequence() const { return base_sequence != kNoSequence; }
  /// Does not wrap from 2^31 - 1 to 0, as in the real client; Java's int overflow included.
  std::int32_t last_sequence() const {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(base_sequence) +
                                     static_cast<std::uint32_t>(count) - 1);
  }
  bool done() const { return final_state != Final::open; }
  bool full() const { return columns == nullptr || size_bytes >= write_limit; }

  void note_leader_epoch(LeaderEpoch latest) {
    if (latest > leader_epoch) {
      attempts_when_leader_last_changed = attempts;
      leader_epoch = latest;
    }
  }
  /// The leader moved since the attempt that failed: no need to back off (KIP-951).
  bool leader_changed_for_retry() const {
    return attempts >= 1 && attempts == attempts_when_leader_last_changed;
  }
  std::int32_t bytes_of(std::size_t record) const { return record_bytes >= 0 ? record_bytes : sizes[record]; }
};

/// What became of a batch; exactly one per batch that was appended to (or per part, if it was split).
struct Completion {
  RecordsPtr records;  ///< its ids are the records concerned
  PartitionId partition = 0;
  ClientError error;              ///< none: acknowledged (or handed to the socket, with acks=0)
  std::int64_t base_offset = -1;  ///< -1 when not known
  /// With an error: a copy may be in the log (or may yet get there) all the same.
  bool maybe_in_log = false;
  /// Some attempt was handed to the network.
  bool ever_sent = false;
  sim::Told told = sim::Told::acknowledged;
  /// With an error: what each record takes, for whoever sends it again.
  std::int32_t record_bytes = 0;
  std::vector<std::int32_t> sizes;

  std::int32_t bytes_of(std::size_t record) const { return record_bytes >= 0 ? record_bytes : sizes[record]; }
};

/// Hands out batches and takes them back when the last holder let go.
class BatchPool {
 public:
  BatchPool() = default;
  BatchPool(const BatchPool&) = delete;
  BatchPool& operator=(const BatchPool&) = delete;
  ~BatchPool();

  ProducerBatch* take();
  static void hold(ProducerBatch* batch) { ++batch->holders; }
  static void release(ProducerBatch* batch) {
    if (--batch->holders == 0) batch->home->take_back(batch);
  }

 private:
  void take_back(ProducerBatch* batch);
  std::vector<ProducerBatch*> all_;
  std::vector<ProducerBatch*> idle_;
};

}  // namespace wrackline::kafka
