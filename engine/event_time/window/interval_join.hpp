// Two streams by time distance: l.ts + lower <= r.ts <= l.ts + upper, inner, left, right or full.
//
// A pair comes out when its second record arrives; a record without a partner, padded, when the watermark
// says that none can come. A left record is kept until r.ts = l.ts + upper would be late, a right one until
// l.ts = r.ts - lower would be (Flink's IntervalJoinOperator keeps the same, and knows inner joins only; its
// SQL join has the others). Rows of one watermark come by (timestamp, side, key, arrival).
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/event_time/window/join.hpp"

namespace wrackline::event_time::window {

struct IntervalJoinSpec {
  std::int64_t lower_ms = 0;
  std::int64_t upper_ms = 0;
  JoinType type = JoinType::inner;
  std::int64_t allowed_lateness_ms = 0;

  std::vector<std::string> problems() const;
};

class IntervalJoin {
 public:
  explicit IntervalJoin(const IntervalJoinSpec& spec);

  JoinVerdict add(JoinSide side, std::uint32_t key, const JoinRecord& record, std::vector<JoinedRow>& out);
  void advance_watermark(TimestampMs watermark, std::vector<JoinedRow>& out);
  TimestampMs watermark() const { return watermark_; }
  std::size_t records_held() const { return ends_.size(); }

 private:
  struct Kept {
    JoinRecord record;
    std::uint64_t arrival = 0;
    bool matched = false;
  };
  /// When the record's last possible partner is late.
  struct End {
    TimestampMs at_ms = 0;
    TimestampMs timestamp = 0;
    JoinSide side = JoinSide::left;
    std::uint32_t key = 0;
    std::uint64_t arrival = 0;
    friend auto operator<=>(const End&, const End&) = default;
  };
  struct Buffers {
    std::vector<Kept> sides[2];  ///< by timestamp, then arrival
  };

  TimestampMs end_of(JoinSide side, TimestampMs timestamp) const;

  IntervalJoinSpec spec_;
  TimestampMs watermark_ = kMinTimestamp;
  std::map<std::uint32_t, Buffers> by_key_;
  std::set<End> ends_;
  std::uint64_t arrivals_ = 0;
};

}  // namespace wrackline::event_time::window
