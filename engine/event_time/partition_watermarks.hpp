// The watermark of a task that reads several partitions: one generator per partition, the minimum over those
// that are not idle, never backwards.
//
// Modelled: Flink's in-source generation (FLIP-27: SourceOutputWithWatermarks per split,
// WatermarkOutputMultiplexer):
//   * a partition starts at MIN and active, so a newly assigned one holds the combined watermark where it is
//   until its
//     first record - it can not pull it back;
//   * per-record emission recombines at once; periodic emission asks every partition first and combines once;
//   * an idle partition leaves the minimum; its next emitted watermark brings it back, even if that is older
//   than the
//     combined one (its records may then be late, the output does not regress);
//   * all partitions idle: the source is idle; AllIdle says whether the largest watermark is flushed;
//   * no partitions: nothing is emitted, and the task is not idle (it blocks everything downstream - Flink's
//   rule);
//   * removing a partition does not move the watermark before the next combination.
// Beyond Flink, by the options of a watermark block (strategy/options.hpp): any strategy of the catalogue;
// emission at marker records; the maximum instead of the minimum; one generator for all that the task reads
// (Scope::task: what a generator behind a shuffle sees - partitions then neither idle nor count on their
// own). A partition that is paused (alignment.hpp) can not turn idle. Order of a record: it is judged against
// current() as it was *before* its own timestamp is fed in here (Flink's source emits the record first and
// calls the generator after it). Not modelled: the operator-side valve of a shuffled stream (flink/).
#pragma once

#include <cassert>
#include <cstddef>
#include <span>
#include <vector>

#include "engine/event_time/idleness.hpp"
#include "engine/event_time/timestamp.hpp"
#include "engine/event_time/watermark_generator.hpp"

namespace wrackline::event_time {

using PartitionId = std::uint32_t;

class PartitionWatermarks {
 public:
  explicit PartitionWatermarks(const WatermarkStrategy& strategy);

  const WatermarkStrategy& strategy() const { return strategy_; }

  /// Assignment. Adding a partition that is there already, or removing one that is not, is a broken
  /// invariant.
  void add_partition(PartitionId partition);
  void remove_partition(PartitionId partition);
  bool has_partition(PartitionId partition) const { return find(partition) != nullptr; }

  /// A record of the partition. Returns the combined watermark afterwards, which moves here only under
  /// per-record emission.
  TimestampMs on_record(PartitionId partition, TimestampMs timestamp) {
    Split* split = find(partition);
    assert(split != nullptr && "a record of a partition that was not added");
    if (!plain_) [[unlikely]]
      return on_observation(*split, {timestamp, clock_ms_});
    split->generator.on_record(timestamp);
    split->idleness.on_record();
    if (strategy_.emission == WatermarkStrategy::Emission::per_record) publish_one(*split);
    return current_;
  }
  /// The same for strategies that look at more than the timestamp.
  TimestampMs on_record(PartitionId partition, const strategy::Observation& seen) {
    if (plain_) return on_record(partition, seen.event_ms);
    Split* split = find(partition);
    assert(split != nullptr && "a record of a partition that was not added");
    return on_observation(*split, seen);
  }
  /// Many records of one partition that are all judged against the same watermark (periodic emission: nothing
  /// moves in between). Under per-record emission use on_record, one by one.
  void on_records(PartitionId partition, std::span<const TimestampMs> timestamps);

  /// The timer of pipeline.auto-watermark-interval fired; to be called under per-record emission too, because
  /// idleness is probed only here. `now_ms` is the task's own monotonic clock. Returns the combined watermark
  /// afterwards.
  TimestampMs on_periodic_emit(std::int64_t now_ms) { return on_periodic_emit(now_ms, now_ms); }
  /// `clock_ms` is the clock on the axis of the arrivals, for strategies that look at it.
  TimestampMs on_periodic_emit(std::int64_t now_ms, std::int64_t clock_ms);
  /// A micro-batch ended; what its strategies say counts from the next emission on.
  void on_batch_end(std::int64_t clock_ms);

  /// Records that are known to wait in the partition (strategy W6).
  void set_backlog(PartitionId partition, std::int64_t records);
  /// Alignment does not let the partition be read.
  void set_paused(PartitionId partition, bool paused) { find(partition)->paused = paused; }
  bool paused(PartitionId partition) const { return find(partition)->paused; }

  /// The input of the task ended: MAX, from which nothing returns.
  TimestampMs on_end_of_input() { return current_ = kMaxTimestamp; }

  /// The combined watermark, kMinTimestamp at first. Never decreases in the life of this object.
  TimestampMs current() const { return current_; }
  /// Every partition is idle (and there is one).
  bool idle() const { return idle_; }
  bool partition_idle(PartitionId partition) const { return find(partition)->idle; }
  /// What the partition last said, kMinTimestamp before that.
  TimestampMs partition_watermark(PartitionId partition) const { return find(partition)->published; }
  /// The partition that holds the watermark back (lowest id if several), for explanations; partitions() > 0.
  PartitionId slowest_partition() const;
  std::size_t partitions() const { return splits_.size(); }
  /// Of all generators of the task so far, those of partitions that have left included.
  strategy::Counters counters() const;

 private:
  struct Split {
    PartitionId partition;
    bool idle = false;
    bool paused = false;
    std::int64_t until_marker = 0;
    WatermarkGenerator generator;
    std::unique_ptr<strategy::Generator> generated{};  ///< of Kind::generated, instead

    TimestampMs says() const { return generated ? generated->watermark() : generator.watermark(); }
    IdlenessTimer idleness{};
    TimestampMs published = kMinTimestamp;
  };

  Split new_split(PartitionId partition) const;
  TimestampMs on_observation(Split& split, const strategy::Observation& seen);
  /// Whose generator hears of a record of the split.
  Split& heard_by(Split& split) { return strategy_.scope == strategy::Scope::task ? merged_ : split; }
  void probe(Split& split, std::int64_t now_ms);

  const Split* find(PartitionId partition) const {
    // A task reads a handful of partitions in long runs of one: the last hit is nearly always right.
    if (last_ < splits_.size() && splits_[last_].partition == partition) return &splits_[last_];
    return find_slowly(partition);
  }
  Split* find(PartitionId partition) {
    return const_cast<Split*>(static_cast<const PartitionWatermarks*>(this)->find(partition));
  }
  const Split* find_slowly(PartitionId partition) const;

  /// Per-record emission: publish what this partition has to say, recombine if that can move the minimum.
  void publish_one(Split& split) {
    const TimestampMs said = split.says();
    const bool woke = split.idle;
    if (said <= split.published && !woke) return;
    const bool held_the_minimum = split.published <= current_;
    if (said > split.published) split.published = said;
    split.idle = false;
    if (held_the_minimum || woke || !plain_) combine();
  }
  void combine();

  WatermarkStrategy strategy_;
  /// Nothing but ascending or bounded generators a partition, combined by the minimum: the hot path.
  bool plain_;
  std::vector<Split> splits_;             ///< ascending by partition
  Split merged_;                          ///< of Scope::task
  strategy::Counters left_;               ///< of partitions that have been removed
  TimestampMs clock_ms_ = kMinTimestamp;  ///< arrivals never fall, whatever the node's clock does
  mutable std::size_t last_ = 0;
  TimestampMs current_ = kMinTimestamp;
  bool idle_ = false;
};

}  // namespace wrackline::event_time
