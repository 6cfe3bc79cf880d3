// dropDuplicates and dropDuplicatesWithinWatermark: StreamingDeduplicateExec,
// StreamingDeduplicateWithinWatermarkExec.
//
// The first row of a key passes and is remembered, the others count as duplicates; a late row (the input has
// an event-time column, whether or not it is a key) is dropped before it is looked up. dropDuplicates forgets
// a key when its event-time column is at or below the eviction watermark; without such a column, or with NULL
// in it, never. dropDuplicatesWithinWatermark forgets at event time of the first row + delay; duplicates do
// not refresh that, and the entry still counts in the batch at whose end it goes (surprise 15).
#pragma once

#include <optional>
#include <vector>

#include "engine/event_time/spark/state_table.hpp"

namespace wrackline::event_time::spark {

class StreamingDeduplicate {
 public:
  /// `event_time`: the input's event-time column. `event_time_key`: its place among `keys`, if it is one.
  StreamingDeduplicate(std::vector<std::size_t> keys, std::optional<std::size_t> event_time,
                       std::optional<std::size_t> event_time_key)
      : StreamingDeduplicate(std::move(keys), event_time, event_time_key, std::nullopt) {}
  /// dropDuplicatesWithinWatermark with the delay of the event-time column.
  static StreamingDeduplicate within_watermark(std::vector<std::size_t> keys, std::size_t event_time,
                                               std::int64_t delay_ms) {
    return {std::move(keys), event_time, std::nullopt, delay_ms};
  }

  void process(const RowBatch& input, BatchWatermarks watermarks, RowBatch& output, OperatorMetrics& metrics);

 private:
  StreamingDeduplicate(std::vector<std::size_t> keys, std::optional<std::size_t> event_time,
                       std::optional<std::size_t> event_time_key, std::optional<std::int64_t> delay_ms)
      : keys_{std::move(keys)},
        event_time_{event_time},
        event_time_key_{event_time_key},
        delay_ms_{delay_ms},
        state_{keys_.size(), 1},
        key_(keys_.size()) {}
  void evict(std::int64_t watermark_ms, OperatorMetrics& metrics);

  std::vector<std::size_t> keys_;
  std::optional<std::size_t> event_time_;
  std::optional<std::size_t> event_time_key_;
  std::optional<std::int64_t> delay_ms_;  ///< set: entries expire
  StateTable state_;                      ///< key -> expiresAtMicros, or NULL
  std::vector<Value> key_;
};

}  // namespace wrackline::event_time::spark
