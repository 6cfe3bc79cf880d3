// The inner join of two keyed streams within a range of event time: Flink's IntervalJoinOperator.
//
// Modelled: left l and right r pair iff l.ts + lower <= r.ts <= l.ts + upper (an exclusive bound is the
// inclusive one a millisecond in, so (1, 1) exclusive is accepted and never matches); a pair is emitted on
// arrival of its second half, with the later timestamp; late is strictly older than the watermark, and a late
// element is put aside or vanishes without being counted; buffers are cleaned by event-time timers, one per
// (key, side, time). Not modelled: the value itself - elements are identities.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/event_time/flink/java_long.hpp"

namespace wrackline::event_time::flink {

struct IntervalJoinConfig {
  std::int64_t lower_ms = 0;
  std::int64_t upper_ms = 0;
  bool lower_inclusive = true;
  bool upper_inclusive = true;

  std::vector<std::string> problems() const;
};

enum class JoinSide : std::uint8_t { left, right };

struct JoinPair {
  std::uint64_t left = 0;
  std::uint64_t right = 0;
  TimestampMs left_ts = 0;
  TimestampMs right_ts = 0;
  TimestampMs timestamp = 0;  ///< of the emitted record
};

class IntervalJoin {
 public:
  enum class Verdict : std::uint8_t {
    joined,        ///< stored, and paired with what was there
    late,          ///< side output if there is one, else gone
    no_timestamp,  ///< fails the job
  };

  /// Needs a configuration without problems().
  explicit IntervalJoin(const IntervalJoinConfig& config);

  /// Pairs are appended by timestamp of the other side, then in order of its arrival (the engine's order is
  /// that of a hash map).
  Verdict add(JoinSide side, std::uint32_t key, std::uint64_t element, TimestampMs timestamp,
              std::vector<JoinPair>& pairs);
  void advance_watermark(TimestampMs watermark);
  /// Watermarks are not part of a checkpoint: everything else is kept.
  void restore() { watermark_ = kMinTimestamp; }

  TimestampMs watermark() const { return watermark_; }
  std::size_t timers() const { return timers_.size(); }
  /// (key, side) pairs with something stored.
  std::size_t buffers() const { return buffers_.size(); }

 private:
  using BufferKey = std::pair<std::uint32_t, JoinSide>;
  using Buffer = std::map<TimestampMs, std::vector<std::uint64_t>>;
  struct Timer {
    TimestampMs timestamp = 0;
    std::uint32_t key = 0;
    JoinSide side = JoinSide::left;
    friend auto operator<=>(const Timer&, const Timer&) = default;
  };

  std::int64_t lower_;
  std::int64_t upper_;
  TimestampMs watermark_ = kMinTimestamp;
  std::map<BufferKey, Buffer> buffers_;
  std::set<Timer> timers_;
};

}  // namespace wrackline::event_time::flink
