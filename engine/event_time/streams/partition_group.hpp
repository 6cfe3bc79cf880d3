// In which order a task takes records from its input partitions: PartitionGroup and RecordQueue (rules S-2 to
// S-4).
//
// Modelled: the record with the smallest head timestamp first, ties as java.util.PriorityQueue happens to
// break them (a binary heap that is not stable; it is copied here because answers depend on it); readiness by
// max.task.idle.ms with fetched lags and idle deadlines; records whose timestamp the extractor skips are gone
// as soon as their queue looks for a head, except that the last of them stands in, with timestamp -1, for a
// queue that would be empty (KAFKA-6502: its offset must be committed); partition times and the stream time,
// which never go back. UsePartitionTimeOnInvalidTimestamp takes the partition time at the moment the record
// becomes the head. Not modelled: deserialization errors, changing the set of partitions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "engine/event_time/streams/record.hpp"
#include "engine/event_time/streams/task_time.hpp"

namespace wrackline::event_time::streams {

class PartitionGroup {
 public:
  struct Taken {
    std::size_t partition = 0;
    std::int64_t offset = 0;
    TimestampMs timestamp_ms = 0;  ///< kNoTimestamp: skipped by the extractor, not to be processed
  };
  struct Readiness {
    bool ready = false;
    bool enforced = false;  ///< processing goes on although an input is empty: idled long enough
  };
  struct Settings {
    std::int64_t max_task_idle_ms = 0;  ///< -1: never wait
    TimestampExtractor extractor = TimestampExtractor::fail_on_invalid;
  };

  PartitionGroup(std::size_t partitions, Settings settings);

  /// Records of a partition, in offset order; returns how many its queue holds now. May throw StreamsError
  /// (the extractor).
  std::size_t add_raw_records(std::size_t partition, std::span<const TimestampMs> timestamps, Drops& drops);
  /// The consumer's answer about a partition's lag, empty = unknown.
  void update_lag(std::size_t partition, std::optional<std::int64_t> lag);
  Readiness ready_to_process(std::int64_t wall_clock_ms);
  /// May throw StreamsError: the extractor sees the next head.
  std::optional<Taken> next_record(Drops& drops);
  /// As restored from the commit metadata.
  void set_partition_time(std::size_t partition, TimestampMs time);
  void clear();

  TimestampMs stream_time_ms() const { return stream_time_ms_; }
  TimestampMs partition_time_ms(std::size_t partition) const { return queues_.at(partition).time_ms; }
  std::int64_t num_buffered() const { return total_buffered_; }
  bool all_buffered() const { return all_buffered_; }

 private:
  struct Raw {
    std::int64_t offset = 0;
    TimestampMs timestamp_ms = 0;
  };
  struct RecordQueue {
    std::deque<Raw> raw;
    std::optional<Raw> head;
    TimestampMs time_ms = kNoTimestamp;
    std::int64_t next_offset = 0;
    std::optional<std::int64_t> fetched_lag;
    std::optional<std::int64_t> idle_deadline_ms;
    std::size_t size() const { return raw.size() + (head ? 1 : 0); }
  };

  void update_head(RecordQueue& queue, Drops& drops) const;
  TimestampMs head_of(std::size_t partition) const { return queues_[partition].head->timestamp_ms; }
  void offer(std::size_t partition);
  std::size_t poll();

  Settings settings_;
  std::vector<RecordQueue> queues_;
  std::vector<std::size_t> heap_;  ///< partitions with a head
  std::int64_t total_buffered_ = 0;
  bool all_buffered_ = false;
  TimestampMs stream_time_ms_ = kNoTimestamp;
};

}  // namespace wrackline::event_time::streams
