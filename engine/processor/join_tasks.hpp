// The joins of one instance: one for each number that it owns a partition of in both topics.
//
// Like an operator with two inputs: each input has a watermark of its own, over the partitions that the
// instance reads of it; that of the operator is their minimum, an idle input left out (Flink's
// IndexedCombinedWatermarkStatus; both idle: as AllIdle says). Late is what the operator's watermark has
// passed, on either side. The partitioner and equal numbers of partitions see to it that a key's records of
// both topics meet in one task (Kafka Streams calls it copartitioning); the range assignor hands both
// partitions to one member.
//
// Decides only: no log, no offsets.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "engine/event_time/partition_watermarks.hpp"
#include "engine/kafka/topic_partition.hpp"
#include "engine/processor/committed_joins.hpp"

namespace wrackline::processor {

struct JoinOptions {
  event_time::window::StreamJoinSpec spec;
  kafka::TopicId right = 0;                       ///< the topic of the second input
  event_time::WatermarkStrategy right_watermark;  ///< of that input
  CommittedJoins* committed = nullptr;            ///< shared by the job's instances
};

class JoinTasks {
 public:
  using Rows = std::vector<event_time::window::JoinedRow>;
  using Side = event_time::window::JoinSide;
  struct Task {
    event_time::window::StreamJoin join;
    std::uint32_t epoch = 0;  ///< its claim to the number
    JoinOffsets stored;       ///< of the state that was stored last
    std::uint64_t stored_changes = 0;
    std::vector<JoinOffsets> in_doubt;  ///< at most once: may be in force still
  };

  /// `left` are the watermarks of the first input; they outlive this.
  JoinTasks(const JoinOptions& options, const event_time::PartitionWatermarks& left)
      : options_{options}, left_{left}, right_{options.right_watermark} {}

  Side side_of(kafka::TopicPartition at) const {
    return at.topic == options_.right ? Side::right : Side::left;
  }
  event_time::PartitionWatermarks& right_watermarks() { return right_; }
  /// Every input is idle.
  bool idle() const { return left_.idle() && right_.idle(); }

  /// Whoever opens a number from now on does so as this one.
  void claim_as(const Claimant& claimant) { claimant_ = claimant; }
  /// Takes the state over, or begins without; the instance's watermark counts from now on.
  void open(std::int32_t number, const event_time::window::StreamJoin* state, Rows& out);
  void close(std::int32_t number) { tasks_.erase(number); }
  std::map<std::int32_t, Task>& tasks() { return tasks_; }
  const std::map<std::int32_t, Task>& tasks() const { return tasks_; }

  /// The task is there from its first record on.
  Task& task(std::int32_t number, Rows& out);

  /// Of both inputs, as they are now; kMinTimestamp while one has said nothing.
  event_time::TimestampMs combined() const;
  event_time::TimestampMs watermark() const { return watermark_; }
  void advance_to(event_time::TimestampMs watermark, Rows& out);
  /// One of the inputs moved.
  void advance_watermark(event_time::TimestampMs /*of_the_input*/, Rows& out) { advance_to(combined(), out); }

  /// Records that may still come out in a row.
  std::size_t waiting() const;

 private:
  JoinOptions options_;
  const event_time::PartitionWatermarks& left_;
  event_time::PartitionWatermarks right_;
  Claimant claimant_;
  std::map<std::int32_t, Task> tasks_;  ///< by partition number
  event_time::TimestampMs watermark_ = event_time::kMinTimestamp;
};

}  // namespace wrackline::processor
