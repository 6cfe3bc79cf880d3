// Small worlds for the tests of the log: batches by their essentials.
#pragma once

#include "engine/kafka/unified_log.hpp"

namespace wrackline::kafka {

inline RecordBatch plain(std::int64_t count, std::int64_t timestamp_ms = 1000) {
  RecordBatch batch;
  batch.last_offset = count - 1;
  batch.max_timestamp_ms = timestamp_ms;
  batch.size_bytes = kBatchOverheadBytes + static_cast<std::int32_t>(10 * count);
  return batch;
}

inline RecordBatch from(std::int64_t producer_id, std::int32_t sequence, std::int64_t count = 1,
                        std::int16_t epoch = 0, std::int64_t timestamp_ms = 1000) {
  RecordBatch batch = plain(count, timestamp_ms);
  batch.producer_id = producer_id;
  batch.producer_epoch = epoch;
  batch.base_sequence = sequence;
  return batch;
}

inline RecordBatch in_transaction(RecordBatch batch) {
  batch.transactional = true;
  return batch;
}

/// As a leader sends it: at an offset, stamped with an epoch.
inline RecordBatch at(Offset base, LeaderEpoch epoch, RecordBatch batch) {
  batch.last_offset += base - batch.base_offset;
  batch.base_offset = base;
  batch.leader_epoch = epoch;
  return batch;
}

inline LogConfig quiet_config() {
  LogConfig config;
  config.verify_transactions = false;
  return config;
}

}  // namespace wrackline::kafka
