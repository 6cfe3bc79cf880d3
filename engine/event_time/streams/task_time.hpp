// The clock of a task: timestamp extraction and stream time (rule S-4).
//
// Modelled: FailOnInvalidTimestamp (the default), LogAndSkipOnInvalidTimestamp and
// UsePartitionTimeOnInvalidTimestamp; partition time (the largest timestamp extracted from one input
// partition) and the task's stream time (the largest over all its inputs), neither ever going back. Each
// operator keeps its own observed stream time besides, which only the records that reach it move.
// Not modelled: WallclockTimestampExtractor, restoring partition times from the commit metadata.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/event_time/streams/record.hpp"

namespace wrackline::event_time::streams {

enum class TimestampExtractor : std::uint8_t {
  fail_on_invalid,
  log_and_skip_on_invalid,
  use_partition_time_on_invalid,
};

/// What the extractor makes of a record's timestamp; empty if it skips the record. A timestamp that it cannot
/// answer for kills the task (StreamsError).
inline std::optional<TimestampMs> extracted(TimestampExtractor extractor, TimestampMs record_timestamp_ms,
                                            TimestampMs partition_time_ms, Drops& drops) {
  if (record_timestamp_ms >= 0) return record_timestamp_ms;
  switch (extractor) {
    case TimestampExtractor::fail_on_invalid:
      throw StreamsError("StreamsException", "Input record has invalid (negative) timestamp");
    case TimestampExtractor::log_and_skip_on_invalid:
      drops.push_back({.why = Skip::invalid_timestamp, .timestamp_ms = record_timestamp_ms});
      return std::nullopt;
    case TimestampExtractor::use_partition_time_on_invalid:
      break;
  }
  if (partition_time_ms < 0) {
    throw StreamsError("StreamsException",
                       "Could not infer a timestamp for the input record: the partition time is unknown");
  }
  return partition_time_ms;
}

class TaskTime {
 public:
  explicit TaskTime(std::size_t inputs = 1,
                    TimestampExtractor extractor = TimestampExtractor::fail_on_invalid)
      : extractor_(extractor), partition_time_ms_(inputs, kNoTimestamp) {}

  /// The timestamp with which the record is processed; empty if the extractor skips it. Moves both times.
  std::optional<TimestampMs> extract(std::size_t input, TimestampMs record_timestamp_ms, Drops& drops) {
    TimestampMs& partition_time = partition_time_ms_.at(input);
    const auto timestamp = extracted(extractor_, record_timestamp_ms, partition_time, drops);
    if (!timestamp) return std::nullopt;
    partition_time = std::max(partition_time, *timestamp);
    stream_time_ms_ = std::max(stream_time_ms_, *timestamp);
    return timestamp;
  }

  TimestampMs stream_time_ms() const { return stream_time_ms_; }
  TimestampMs partition_time_ms(std::size_t input) const { return partition_time_ms_.at(input); }

 private:
  TimestampExtractor extractor_;
  TimestampMs stream_time_ms_ = kNoTimestamp;
  std::vector<TimestampMs> partition_time_ms_;
};

}  // namespace wrackline::event_time::streams
