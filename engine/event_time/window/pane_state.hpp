// The state of windows as plain values: what a partition has open, key by key. A copy is a snapshot, and
// costs nothing (engine/event_time/shared.hpp).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/event_time/partition_watermarks.hpp"
#include "engine/event_time/shared_list.hpp"
#include "engine/event_time/shared_map.hpp"
#include "engine/event_time/window/aggregate.hpp"
#include "engine/event_time/window_assigner.hpp"

namespace wrackline::event_time::window {

/// A pane that a reader has, and that a retracting window takes back before it says something else.
struct ReportedPane {
  Window window;
  std::uint32_t index = 0;
  Aggregate basic;
  AggregateResult result;
  SharedList<sim::EventId> ids;
};

/// One record for itself: of sliding windows, and of count windows that overlap.
struct Item {
  TimestampMs timestamp = 0;
  sim::EventId id;
  std::int64_t value = 0;
};

struct OpenWindow {
  Window window;
  Accumulator contents;          ///< all records, or those since the last pane if panes discard
  SharedList<sim::EventId> ids;  ///< the same
  std::uint64_t unreported = 0;  ///< records that no pane has shown; slices: whether there are any
  std::uint32_t panes = 0;
  bool passed = false;                  ///< the watermark has reached its last timestamp
  std::int64_t due_ms = kMaxTimestamp;  ///< processing time
  std::vector<ReportedPane> reported;   ///< retracting panes only
};

struct KeptSlice {
  Window slice;
  TimestampMs first_max = 0;  ///< last timestamp of the first window over it
  TimestampMs last_max = 0;
  Accumulator contents;
  SharedList<sim::EventId> ids;
};

struct KeyWindows {
  std::vector<OpenWindow> windows;  ///< by (end, start)
  std::vector<KeptSlice> slices;    ///< by start
  std::vector<Item> items;          ///< sliding: by timestamp; count: as they came

  OpenWindow* find(const Window& window);
  bool empty() const { return windows.empty() && slices.empty() && items.empty(); }
};

struct PartitionWindows {
  PartitionId partition = 0;
  TimestampMs watermark_floor = kMinTimestamp;          ///< a restored state never judges by less
  std::uint64_t changes = 0;                            ///< counts whatever changes the windows
  SharedMap<std::uint32_t, Shared<KeyWindows>> by_key;  ///< those with anything in them

  /// Calls `visit(key, window)` with every open window, key by key; but what is `seen`.
  template <class Visit>
  void for_each_open(Visit&& visit, SeenParts* seen = nullptr) const {
    by_key.for_each(
        [&](std::uint32_t key, const Shared<KeyWindows>& keyed) {
          if (seen != nullptr && !seen->first(keyed.part())) return;
          for (const OpenWindow& open : keyed->windows) visit(key, open.window);
        },
        seen);
  }
  /// Appends the ids of all records in it, each window's for itself.
  void append_ids(std::vector<sim::EventId>& out) const;
};

}  // namespace wrackline::event_time::window
