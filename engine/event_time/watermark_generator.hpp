// How one partition turns the timestamps it has seen into a watermark ("no more records with a timestamp <=
// W").
//
// Modelled, as in Flink's org.apache.flink.api.common.eventtime (science.md W1-W3):
//   none       never says anything; only the end of the input (MAX) closes windows,
//   ascending  W = max timestamp - 1,
//   bounded    W = max timestamp - bound - 1: BoundedOutOfOrdernessWatermarks, including its start value,
//   which makes
//              the watermark exactly MIN (and not a wrapped number) before the first record.
// When a new value is *emitted* - after every record (W3 "on-event"), at markers or at the periodic emission
// (W2)
// - is decided by PartitionWatermarks, not here. All other strategies (W3-W18) come from the catalogue
// (engine/event_time/strategy/): kind `generated`, with the function that makes a generator.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/event_time/strategy/options.hpp"
#include "engine/event_time/strategy/strategy.hpp"
#include "engine/event_time/timestamp.hpp"

namespace wrackline::event_time {

/// What a user configures: the rule and when it speaks.
struct WatermarkStrategy {
  enum class Kind : std::uint8_t { none, ascending, bounded, generated };
  using Emission = strategy::Emission;
  /// What a source says when the last of its partitions turns idle.
  enum class AllIdle : std::uint8_t {
    keep,       ///< Flink 1.20: the combined watermark stays where it is
    flush_max,  ///< Flink 2.x: the largest partition watermark is emitted, so that finished windows do fire
  };

  Kind kind = Kind::bounded;
  std::int64_t bound_ms = 0;
  Emission emission = Emission::periodic;
  std::int64_t interval_ms = 200;  ///< distance of the periodic emissions (the caller's timer), > 0
  std::int64_t idle_timeout_ms =
      0;  ///< 0 = a silent partition holds the watermark for ever (Flink's default)
  AllIdle all_idle = AllIdle::flush_max;
  std::int64_t marker_every = 1;  ///< of Emission::marker
  strategy::Scope scope = strategy::Scope::partition;
  strategy::Combine combine = strategy::Combine::min;
  std::function<std::unique_ptr<strategy::Generator>()> make = {};  ///< of Kind::generated
  bool uses_values = false;  ///< the generators look at Observation::value or key

  static WatermarkStrategy none() { return {.kind = Kind::none}; }
  static WatermarkStrategy ascending() { return {.kind = Kind::ascending}; }
  static WatermarkStrategy bounded(std::int64_t bound_ms) {
    return {.kind = Kind::bounded, .bound_ms = bound_ms};
  }

  /// What is impossible about this strategy, in words; empty if nothing.
  std::vector<std::string> problems() const;
};

/// The state of the strategy for one partition: one number.
class WatermarkGenerator {
 public:
  explicit WatermarkGenerator(const WatermarkStrategy& strategy)
      : silent_{strategy.kind == WatermarkStrategy::Kind::none ||
                strategy.kind == WatermarkStrategy::Kind::generated},
        hold_back_ms_{strategy.kind == WatermarkStrategy::Kind::bounded ? strategy.bound_ms + 1 : 1},
        max_timestamp_{kMinTimestamp + hold_back_ms_} {}

  void on_record(TimestampMs timestamp) {
    if (timestamp > max_timestamp_ && !silent_) max_timestamp_ = timestamp;
  }
  /// The watermark that this partition would emit now. Never decreases, because the maximum does not.
  TimestampMs watermark() const { return max_timestamp_ - hold_back_ms_; }
  /// M: the largest timestamp so far; kMinTimestamp before the first record.
  TimestampMs max_timestamp() const {
    return max_timestamp_ == kMinTimestamp + hold_back_ms_ ? kMinTimestamp : max_timestamp_;
  }

 private:
  bool silent_;
  std::int64_t hold_back_ms_;
  TimestampMs max_timestamp_;
};

}  // namespace wrackline::event_time
