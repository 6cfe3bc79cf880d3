// Two streams by time distance: l.ts + lower <= r.ts <= l.ts + upper, inner, left, right or full.
//
// A pair comes out when its second record arrives; a record without a partner, padded, when the watermark
// says that none can come. A left record is kept until r.ts = l.ts + upper would be late, a right one until
// l.ts = r.ts - lower would be (Flink's IntervalJoinOperator keeps the same, and knows inner joins only; its
// SQL join has the others). Rows of one watermark come by (timestamp, side, key, arrival).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/event_time/shared_map.hpp"
#include "engine/event_time/window/join.hpp"

namespace wrackline::event_time::window {

struct IntervalJoinSpec {
  std::int64_t lower_ms = 0;
  std::int64_t upper_ms = 0;
  JoinType type = JoinType::inner;
  std::int64_t allowed_lateness_ms = 0;        ///< of the left side
  std::int64_t right_allowed_lateness_ms = 0;  ///< of the right side

  std::int64_t lateness_of(JoinSide side) const {
    return side == JoinSide::left ? allowed_lateness_ms : right_allowed_lateness_ms;
  }
  std::vector<std::string> problems() const;
};

/// A copy is a snapshot, and costs nothing (shared.hpp).
class IntervalJoin {
 public:
  explicit IntervalJoin(const IntervalJoinSpec& spec);

  JoinVerdict add(JoinSide side, std::uint32_t key, const JoinRecord& record, std::vector<JoinedRow>& out);
  void advance_watermark(TimestampMs watermark, std::vector<JoinedRow>& out);
  TimestampMs watermark() const { return watermark_; }
  std::size_t records_held() const { return held_; }
  /// But what is `seen`.
  void append_ids(std::vector<sim::EventId>& out, SeenParts* seen = nullptr) const;

 private:
  struct Kept {
    JoinRecord record;
    std::uint64_t arrival = 0;
    bool matched = false;
  };
  struct Buffers {
    std::vector<Kept> sides[2];           ///< by timestamp, then arrival
    TimestampMs ends_ms = kMaxTimestamp;  ///< when the first of them has to go
  };
  /// A record whose last possible partner is late; the order in which they go.
  struct End {
    TimestampMs at_ms = 0;
    TimestampMs timestamp = 0;
    JoinSide side = JoinSide::left;
    std::uint32_t key = 0;
    std::uint64_t arrival = 0;
    friend auto operator<=>(const End&, const End&) = default;
  };
  struct Gone {
    End end;
    Kept kept;
  };

  TimestampMs end_of(JoinSide side, TimestampMs timestamp) const;
  bool pads(JoinSide side) const {
    return side == JoinSide::left ? pads_left_rows(spec_.type) : pads_right_rows(spec_.type);
  }
  void ends_at(std::uint32_t key, Buffers& buffers);
  void drop_ended(std::uint32_t key);

  IntervalJoinSpec spec_;
  TimestampMs watermark_ = kMinTimestamp;
  SharedMap<std::uint32_t, Shared<Buffers>> by_key_;
  SharedMap<std::pair<TimestampMs, std::uint32_t>> ends_;  ///< (ends_ms, key)
  std::uint64_t arrivals_ = 0;
  std::size_t held_ = 0;
  std::vector<Gone> gone_;  ///< scratch: empty between calls
};

}  // namespace wrackline::event_time::window
