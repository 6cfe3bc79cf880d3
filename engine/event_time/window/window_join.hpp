// Two streams by window: every pair of one key whose records lie in the same tumbling, hopping or cumulate
// window, inner, left, right or full; a pair that shares several windows comes once for each.
//
// Rows come when the watermark reaches the window's last timestamp: by (window end, start, key), the left
// records in order of arrival, each with its partners in order of arrival; then what is padded on the left
// side. Not modelled: panes and allowed lateness (a record is dropped when all its windows have fired),
// session windows.
#pragma once

#include <span>
#include <tuple>
#include <vector>

#include "engine/event_time/shared_list.hpp"
#include "engine/event_time/shared_map.hpp"
#include "engine/event_time/window/join.hpp"
#include "engine/event_time/window/time_windows.hpp"

namespace wrackline::event_time::window {

/// A copy is a snapshot, and costs nothing (shared.hpp).
class WindowJoin {
 public:
  /// Needs a definition by timestamp without problems.
  WindowJoin(const WindowDefinition& windows, JoinType type);

  JoinVerdict add(JoinSide side, std::uint32_t key, const JoinRecord& record);
  void advance_watermark(TimestampMs watermark, std::vector<JoinedRow>& out);
  TimestampMs watermark() const { return watermark_; }
  std::size_t open_windows() const { return open_.size(); }
  /// Those windows of the record added last that had fired before.
  std::span<const Window> late_windows() const { return late_; }
  /// But what is `seen`.
  void append_ids(std::vector<sim::EventId>& out, SeenParts* seen = nullptr) const;

 private:
  using Where = std::tuple<TimestampMs, TimestampMs, std::uint32_t>;  ///< end, start, key
  struct Contents {
    SharedList<JoinRecord> sides[2];
  };

  TimeWindows windows_;
  JoinType type_;
  TimestampMs watermark_ = kMinTimestamp;
  SharedMap<Where, Contents> open_;
  std::vector<Window> late_;
  std::vector<Window> scratch_;
};

}  // namespace wrackline::event_time::window
