// The window state of one partition as a value: what a checkpoint stores, a rebalance hands over, a test
// compares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/event_time/pane.hpp"

namespace wrackline::event_time {

struct PartitionSnapshot {
  struct Cell {
    TimestampMs slice_start_ms = 0;
    std::uint32_t key = 0;
    Aggregate aggregate;
    std::size_t ids = 0;  ///< how many of `ids` belong to this cell
    friend bool operator==(const Cell&, const Cell&) = default;
  };
  /// A window that fired and still accepts late records.
  struct Fired {
    TimestampMs window_start_ms = 0;
    std::uint32_t key = 0;
    std::uint32_t panes = 0;
    friend bool operator==(const Fired&, const Fired&) = default;
  };

  TimestampMs watermark_ms = kMinTimestamp;
  std::vector<Cell> cells;        ///< by (slice, key)
  std::vector<sim::EventId> ids;  ///< of all cells, one after the other
  std::vector<Fired> fired;       ///< by (window, key)

  /// What a real backend would write: key, window and five accumulators per cell. Lineage is ours and costs
  /// nothing.
  std::size_t size_bytes() const { return cells.size() * 52 + fired.size() * 16; }
  friend bool operator==(const PartitionSnapshot&, const PartitionSnapshot&) = default;
};

}  // namespace wrackline::event_time
