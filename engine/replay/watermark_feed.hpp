// The task's watermark during a replay: a generator for everything or one for each partition, when they are
// asked, and how their words become one.
//
// Modelled: what a watermark block's options say (strategy/options.hpp) - emission per record, periodic with
// a phase, or at every n-th record of a partition; the minimum or maximum over the partitions; idleness,
// probed by the periodic timer as Flink's WatermarksWithIdleness does. The timer also runs under the other
// emissions if the strategy looks at the clock or partitions can be idle. A partition is known from its first
// record on (a trace has no list of them); it joins without pulling the watermark back. If all are idle, the
// largest of their watermarks is taken (Flink 2.x). The task's watermark never goes back.
//
// BoundedFeed is the same for the commonest choice, in one line: bounded or ascending, one generator,
// emission per record.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/event_time/idleness.hpp"
#include "engine/event_time/strategy/catalogue.hpp"
#include "engine/replay/min_tree.hpp"

namespace wrackline::replay {

class WatermarkFeed {
 public:
  /// Needs a block that ReplayConfig::problems() does not refuse.
  WatermarkFeed(const event_time::strategy::Block& block, std::int64_t phase_ms);

  /// The first record is about to arrive: the timer starts.
  void start(std::int64_t now_ms);
  /// The task's watermark after the record.
  std::int64_t on_record(std::uint32_t partition, const event_time::strategy::Observation& seen);

  /// When the timer fires next; kMaxTimestamp: there is none.
  std::int64_t next_timer() const { return next_timer_; }
  /// The timer fires; the task's watermark afterwards.
  std::int64_t on_timer();
  /// How many firings from the next one on may be left out, because nothing has arrived for long and the last
  /// one changed nothing: all that are due by `until_ms` but the last, once whatever waits for the clock must
  /// have happened; before that an eighth of the firings since the last record, from the 16th on. So a
  /// strategy that waits for the clock is heard late by at most an eighth of the silence; idleness is never
  /// late.
  std::int64_t idle_firings(std::int64_t until_ms) const;
  /// The firings that are due by `until_ms`, but for the last.
  std::int64_t firings_before(std::int64_t until_ms) const {
    return next_timer_ > until_ms ? 0 : (until_ms - next_timer_) / interval_ms();
  }
  void leave_out(std::int64_t firings) { next_timer_ += firings * interval_ms(); }
  std::int64_t interval_ms() const { return block_.options.interval_ms; }

  std::int64_t current() const { return current_; }
  event_time::strategy::Counters counters() const;
  std::int64_t slack_ms() const;
  std::uint64_t state_bytes() const;

 private:
  struct Partition {
    std::unique_ptr<event_time::strategy::Generator> generator;
    event_time::IdlenessTimer idleness;
    std::int64_t published = event_time::kMinTimestamp;
    std::int64_t records = 0;
    bool idle = false;
  };

  Partition& partition(std::uint32_t number);
  void publish(std::size_t slot, std::int64_t watermark);
  void combine();

  event_time::strategy::Block block_;
  bool one_ = false;    ///< generator for everything
  bool max_ = false;    ///< combination
  bool timed_ = false;  ///< the timer runs
  std::int64_t phase_ms_;
  std::int64_t patience_ms_ = 0;
  std::int64_t next_timer_ = event_time::kMaxTimestamp;
  std::int64_t quiet_since_ms_ = event_time::kMaxTimestamp;
  std::vector<std::uint32_t> slot_of_;  ///< by partition number; kNone: not seen yet
  std::vector<Partition> partitions_;   ///< in order of first appearance
  MinTree least_;
  std::size_t idle_ = 0;
  std::int64_t greatest_ = event_time::kMinTimestamp;
  std::int64_t current_ = event_time::kMinTimestamp;
};

class BoundedFeed {
 public:
  explicit BoundedFeed(std::int64_t bound_ms) : bounded_{bound_ms} {}
  /// Whether a block is this simple; then its bound.
  static std::optional<std::int64_t> bound_of(const event_time::strategy::Block& block);

  void start(std::int64_t) {}
  std::int64_t on_record(std::uint32_t, const event_time::strategy::Observation& seen) {
    bounded_.on_event(seen.event_ms);
    return bounded_.watermark();
  }
  static constexpr std::int64_t next_timer() { return event_time::kMaxTimestamp; }
  std::int64_t on_timer() { return bounded_.watermark(); }
  static constexpr std::int64_t idle_firings(std::int64_t) { return 0; }
  static constexpr std::int64_t firings_before(std::int64_t) { return 0; }
  void leave_out(std::int64_t) {}
  static constexpr std::int64_t interval_ms() { return 1; }
  std::int64_t current() const { return bounded_.watermark(); }
  event_time::strategy::Counters counters() const { return bounded_.counters(); }
  std::int64_t slack_ms() const { return bounded_.slack_ms(); }
  std::uint64_t state_bytes() const { return 0; }

 private:
  event_time::strategy::Bounded bounded_;
};

}  // namespace wrackline::replay
