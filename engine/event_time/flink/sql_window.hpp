// Flink SQL over window table functions, in event time: aggregation, top n and deduplication.
//
// Modelled: SlicingWindowAggOperator with its record buffer, shared slices and one timer per key and window;
// a row whose slice has fired still counts for the windows over it that have not; empty hops are
// not emitted, while CUMULATE says its accumulated row again at every step up to the longest window.
// Two-phase plans: a local buffer in front, which forwards its partial rows when a watermark may fire a
// window (and, as in Flink, starts its watermark at 0, not at MIN). Top n and deduplication: rows are copied
// into every window of theirs, fired windows drop them. SESSION windows merge when they touch. No allowed
// lateness anywhere. When the buffer is looked at follows the window offset, as the engine does since
// FLINK-36664; an engine without that fix can fire a window with an offset one interval late. Not modelled:
// the session time zone (UTC), processing time, mini-batches, retractions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "engine/event_time/flink/slice_assigner.hpp"

namespace wrackline::event_time::flink {

/// COUNT(*) and SUM(v).
struct SqlAccumulator {
  std::int64_t count = 0;
  std::int64_t sum = 0;

  void add(std::int64_t value) {
    ++count;
    sum = wrapping_add(sum, value);
  }
  void merge(const SqlAccumulator& other) {
    count += other.count;
    sum = wrapping_add(sum, other.sum);
  }
};

struct SqlAggregateRow {
  std::uint32_t key = 0;
  TimeWindow window;
  SqlAccumulator value;
};

/// A window is fired when the watermark has reached its end minus one.
constexpr bool is_window_fired(TimestampMs window_end, TimestampMs progress) {
  return window_end != kMaxTimestamp && progress >= wrapping_sub(window_end, 1);
}

/// The record buffer in front of the state: it is looked at only when a watermark may fire a window.
class WindowBuffer {
 public:
  WindowBuffer(const SliceAssigner& assigner, TimestampMs next_look)
      : assigner_{assigner}, next_look_{next_look} {}

  using Entries = std::map<std::pair<std::uint32_t, TimestampMs>, SqlAccumulator>;  ///< by (key, slice end)

  void add(std::uint32_t key, TimestampMs slice, const SqlAccumulator& value);
  /// What must go into the state before windows fire at this watermark.
  Entries advance(TimestampMs progress);

 private:
  SliceAssigner assigner_;
  Entries entries_;
  TimestampMs min_slice_ = kMaxTimestamp;
  TimestampMs next_look_;
};

class SqlWindowAggregate {
 public:
  /// Needs an assigner without aggregate_problems().
  SqlWindowAggregate(const SliceAssigner& assigner, bool two_phase);

  void add(std::uint32_t key, TimestampMs ts, std::int64_t value);
  /// Rows in the order in which windows fired; a watermark that is not larger than the last changes nothing.
  void advance_watermark(TimestampMs watermark, std::vector<SqlAggregateRow>& out);

  std::uint64_t late_dropped() const { return late_dropped_; }

 private:
  struct Timer {
    TimestampMs window_end = 0;
    std::uint32_t key = 0;
    friend auto operator<=>(const Timer&, const Timer&) = default;
  };
  using SliceKey = std::pair<std::uint32_t, TimestampMs>;

  void accept(std::uint32_t key, TimestampMs slice, const SqlAccumulator& value);
  void fire(const Timer& timer, std::vector<SqlAggregateRow>& out);
  SqlAccumulator slice_value(std::uint32_t key, TimestampMs slice) const;

  SliceAssigner assigner_;
  std::optional<WindowBuffer> local_;
  TimestampMs local_watermark_ = 0;
  WindowBuffer buffer_;
  TimestampMs progress_ = kMinTimestamp;
  std::map<SliceKey, SqlAccumulator> slices_;
  std::set<Timer> timers_;
  std::uint64_t late_dropped_ = 0;
};

struct SqlRow {
  std::uint32_t key = 0;
  std::int64_t id = 0;
  std::int64_t value = 0;
  TimestampMs ts = 0;
};

struct SqlRankedRow {
  SqlRow row;
  TimeWindow window;
  std::int64_t rank = 1;
};

/// Which rows of a window are kept, by key.
struct SqlRanking {
  enum class Kind : std::uint8_t {
    top_n,       ///< by value, then by id
    keep_first,  ///< smallest row time; the first to arrive among equals
    keep_last,   ///< largest row time; the last to arrive among equals
  };
  Kind kind = Kind::top_n;
  std::int64_t n = 1;
  bool value_descending = false;
  bool id_descending = false;

  /// The rows of one window and key, in order of arrival, become the rows that are kept, best first.
  void apply(std::vector<SqlRow>& rows) const;
};

class SqlWindowRank {
 public:
  SqlWindowRank(const SliceAssigner& assigner, const SqlRanking& ranking)
      : assigner_{assigner}, ranking_{ranking} {}

  void add(const SqlRow& row);
  void advance_watermark(TimestampMs watermark, std::vector<SqlRankedRow>& out);

 private:
  SliceAssigner assigner_;
  SqlRanking ranking_;
  TimestampMs progress_ = kMinTimestamp;
  std::map<std::pair<TimestampMs, std::uint32_t>, std::pair<TimeWindow, std::vector<SqlRow>>> windows_;
  std::vector<TimeWindow> assigned_;
};

/// SESSION windows, per key; what a fired one holds is aggregated or ranked by the caller.
class SqlSessionWindows {
 public:
  struct Session {
    TimeWindow window;
    std::vector<SqlRow> rows;  ///< merged ones: the earlier session's first
  };

  explicit SqlSessionWindows(std::int64_t gap_ms) : gap_ms_{gap_ms} {}

  void add(const SqlRow& row);
  void advance_watermark(TimestampMs watermark, std::vector<Session>& fired);
  std::uint64_t late_dropped() const { return late_dropped_; }

 private:
  std::int64_t gap_ms_;
  TimestampMs progress_ = kMinTimestamp;
  std::map<std::uint32_t, std::vector<Session>> sessions_;
  std::uint64_t late_dropped_ = 0;
};

}  // namespace wrackline::event_time::flink
