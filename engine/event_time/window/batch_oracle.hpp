// The judge of the wider window vocabulary: a batch recomputation of the same input, written without anything
// of the operator - no slices, no timers, no merging state, no accumulators.
//
// Give it the records in the order of their arrival, each with the watermark that it met. A record counts for
// a window iff that window was still open to it: last timestamp + allowed lateness > watermark. Which windows
// a key has is then found by trying every candidate; sessions by taking the union of overlapping stretches,
// from scratch at each arrival (whether a record joins a live session depends on the order). The results are
// computed from the sorted values. Sketches are the exception: one fresh sketch is fed all of them, which
// judges that merging and slicing lose nothing, not that the sketch is near the truth (that has tests of its
// own).
//
// Slow on purpose: quadratic per key. For tests, and for the runs of a person's size.
#pragma once

#include <span>
#include <vector>

#include "engine/event_time/window/aggregate.hpp"
#include "engine/event_time/window/definition.hpp"
#include "engine/event_time/window_assigner.hpp"

namespace wrackline::event_time::window {

struct ArrivedRecord {
  std::uint32_t key = 0;
  TimestampMs timestamp = 0;
  sim::EventId id;
  std::int64_t value = 0;
  TimestampMs watermark = kMinTimestamp;  ///< when it arrived
};

struct BatchWindow {
  std::uint32_t key = 0;
  Window window;
  std::uint32_t ordinal = 0;      ///< of count windows, which share one window: 0, 1, 2, ...
  std::vector<sim::EventId> ids;  ///< ascending
  AggregateResult result;
};

struct BatchResult {
  std::vector<BatchWindow> windows;    ///< by key, end, start, ordinal; none is empty
  std::vector<sim::EventId> late;      ///< dropped; key by key, in order of arrival
  std::vector<sim::EventId> homeless;  ///< in no window, and not late
};

BatchResult batch_windows(const WindowDefinition& windows, const AggregateSpec& aggregate,
                          std::int64_t allowed_lateness_ms, std::span<const ArrivedRecord> records);

/// The aggregate of some values, by the textbook. At least one value.
AggregateResult batch_aggregate(const AggregateSpec& spec, std::vector<std::int64_t> values);

}  // namespace wrackline::event_time::window
