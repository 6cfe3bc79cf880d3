// Any of the four joins behind one face, for whoever runs them by configuration: a job of a scenario, Python.
//
//   interval      pairs by distance in event time            inner, left, right, outer
//   window        pairs of one window, when it ends          inner, left, right, outer
//   stream_table  left with the version that has arrived     inner, left
//   temporal      left with the version of its event time    inner, left
//
// Of the table joins the right side is the table: every record of it is a new version of its key. A copy is a
// snapshot of the whole state, the watermark included: a restored join never judges by less than it did. It
// costs nothing, and changes after it cost what they touch (engine/event_time/shared.hpp).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "engine/event_time/window/definition.hpp"
#include "engine/event_time/window/interval_join.hpp"
#include "engine/event_time/window/table_join.hpp"
#include "engine/event_time/window/window_join.hpp"

namespace wrackline::event_time::window {

struct StreamJoinSpec {
  enum class Type : std::uint8_t { interval, window, stream_table, temporal };
  Type type = Type::interval;
  JoinType kind = JoinType::inner;
  std::int64_t lower_ms = 0;  ///< of interval
  std::int64_t upper_ms = 0;
  std::int64_t allowed_lateness_ms = 0;        ///< of interval, left side
  std::int64_t right_allowed_lateness_ms = 0;  ///< right side
  WindowDefinition windows;                    ///< of window

  /// Is the right side a table, whose records are versions and no rows of their own?
  bool has_table() const { return type == Type::stream_table || type == Type::temporal; }
  /// By arrival alone: nothing waits for a watermark, nothing is late.
  bool by_arrival() const { return type == Type::stream_table; }
  std::vector<std::string> problems() const;
};

class StreamJoin {
 public:
  /// Needs a spec without problems.
  explicit StreamJoin(const StreamJoinSpec& spec);

  JoinVerdict add(JoinSide side, std::uint32_t key, const JoinRecord& record, std::vector<JoinedRow>& out);
  void advance_watermark(TimestampMs watermark, std::vector<JoinedRow>& out);
  TimestampMs watermark() const;
  /// Of a window join: those windows of the record added last that had fired before.
  std::span<const Window> late_windows() const;
  /// Records that may still come out in a row; versions of a table are not counted.
  std::size_t waiting() const;
  /// Of these records; but what is `seen`.
  void append_ids(std::vector<sim::EventId>& out, SeenParts* seen = nullptr) const;
  /// Of the versions of a table; likewise.
  void append_versions(std::vector<sim::EventId>& out, SeenParts* seen = nullptr) const;
  /// Grows with whatever changes the state.
  std::uint64_t changes() const { return changes_; }

 private:
  /// A table join has no use for a watermark; it remembers the one it was told.
  struct Arrival {
    TableJoin table;
    TimestampMs now = kMinTimestamp;
    void advance_watermark(TimestampMs watermark, std::vector<JoinedRow>&) { now = watermark; }
    TimestampMs watermark() const { return now; }
  };
  using Any = std::variant<IntervalJoin, WindowJoin, Arrival, TemporalJoin>;
  static Any make(const StreamJoinSpec& spec);

  Any join_;
  std::uint64_t changes_ = 0;
};

}  // namespace wrackline::event_time::window
