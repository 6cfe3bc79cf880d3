// What a watermark strategy is: an object per partition (or per task, after a shuffle) that is fed with what
// arrives and with the clock, and says how far event time is believed to be complete.
//
// Modelled: the seam that W1-W18 of science.md §1 share. Convention of the engines, for every strategy: a
// watermark W says "no more records with a timestamp <= W", so a record is behind iff event_ms <=
// watermark(). The notes write W = M - B and "behind iff e < W"; that is the same test with one millisecond
// subtracted, and every strategy here subtracts it (Flink's BoundedOutOfOrdernessWatermarks does). Before the
// first word of a strategy its watermark is kMinTimestamp; what would run below the axis saturates there.
//
// Order of a record: it is judged against watermark() first, then fed in by on_record(). When a new value is
// *emitted* (per record, periodic, at a marker) is not decided here but by whoever holds the object, see
// options.hpp and partition_watermarks.hpp. Monotone by construction: only raise_to() moves the watermark.
//
// Not modelled: strategies that look at several partitions at once. Which strategies there are, their
// parameters, defaults and ranges: catalogue.hpp. A new one is one file, one line in catalogue.cpp, one test.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/event_time/timestamp.hpp"

namespace wrackline::event_time::strategy {

/// What a strategy is told of one record. Key and value only matter to those whose catalogue entry says so.
struct Observation {
  TimestampMs event_ms = 0;
  TimestampMs arrival_ms = 0;  ///< the processor's clock when the record reached it; never falls
  std::uint32_t key = 0;
  std::int64_t value = 0;
};

struct Counters {
  std::uint64_t adaptations = 0;             ///< the strategy changed its mind (K grew, drift found, refit)
  std::uint64_t suppressed_regressions = 0;  ///< it would have gone backwards and was held
  std::uint64_t fallbacks = 0;               ///< emissions forced by the maximum silence
  Counters& operator+=(const Counters& other) {
    adaptations += other.adaptations;
    suppressed_regressions += other.suppressed_regressions;
    fallbacks += other.fallbacks;
    return *this;
  }
  friend bool operator==(const Counters&, const Counters&) = default;
};

class Generator {
 public:
  virtual ~Generator() = default;

  /// One record, in order of arrival.
  virtual void on_record(const Observation& seen) = 0;
  /// The periodic timer: `now_ms` is on the axis of arrival_ms and not before the last arrival.
  virtual void on_periodic(std::int64_t now_ms) { (void)now_ms; }
  /// A micro-batch ended; only micro-batch strategies move here.
  virtual void on_batch_end(std::int64_t now_ms) { (void)now_ms; }

  /// What this object would emit now. Never decreases.
  TimestampMs watermark() const { return watermark_; }
  /// B, the distance kept from the largest timestamp, as of now; 0 where the strategy has none.
  virtual std::int64_t slack_ms() const { return 0; }
  /// Bytes that the strategy keeps beyond the object itself.
  virtual std::size_t state_bytes() const { return 0; }
  const Counters& counters() const { return counters_; }
  /// Records known to wait upstream; only the limited-delay strategy (W6) asks.
  void set_backlog(std::int64_t records) { backlog_ = records; }

 protected:
  Generator() = default;
  Generator(const Generator&) = default;
  Generator& operator=(const Generator&) = default;

  /// The strategy's proposal; true if the watermark moved.
  bool raise_to(TimestampMs watermark) {
    if (watermark > watermark_) {
      watermark_ = watermark;
      return true;
    }
    counters_.suppressed_regressions += watermark < watermark_ ? 1 : 0;
    return false;
  }
  std::int64_t backlog() const { return backlog_; }

  Counters counters_;

 private:
  TimestampMs watermark_ = kMinTimestamp;
  std::int64_t backlog_ = 0;
};

/// W1 and W2: ascending (bound 0) and bounded out-of-orderness, W = M - B - 1. Final and inline: a loop over
/// a Bounded& has no call in it.
class Bounded final : public Generator {
 public:
  explicit Bounded(std::int64_t bound_ms)
      : hold_back_ms_{bound_ms + 1}, max_{kMinTimestamp + hold_back_ms_} {}

  void on_record(const Observation& seen) override { on_event(seen.event_ms); }
  void on_event(TimestampMs event_ms) {
    if (event_ms <= max_) return;
    max_ = event_ms;
    raise_to(event_ms - hold_back_ms_);
  }
  std::int64_t slack_ms() const override { return hold_back_ms_ - 1; }

 private:
  std::int64_t hold_back_ms_;
  TimestampMs max_;
};

/// Calls `loop` with the object's own type where that type is worth a loop of its own (Bounded&), otherwise
/// with Generator&: `with_concrete(*generator, [&](auto& strategy) { ... })`.
template <class Loop>
decltype(auto) with_concrete(Generator& generator, Loop&& loop) {
  if (auto* const bounded = dynamic_cast<Bounded*>(&generator)) return loop(*bounded);
  return loop(generator);
}

}  // namespace wrackline::event_time::strategy
