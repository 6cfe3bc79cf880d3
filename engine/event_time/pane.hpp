// What a keyed window says when it fires: one pane per (window, partition, key).
//
// Panes are accumulating: every later pane of a window holds all that came before it, so the last one is the
// result (Flink's EventTimeTrigger without purging). Pane 0 is the first firing of that key and window - also
// when its first record came late, but in time to be accepted - and every accepted late record gives one more
// pane.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/event_time/partition_watermarks.hpp"
#include "engine/event_time/window_assigner.hpp"
#include "sim/event_id.hpp"

namespace wrackline::event_time {

/// The aggregates a window keeps; all of them, always: they cost one cache line.
struct Aggregate {
  std::int64_t count = 0;
  std::int64_t sum = 0;  ///< wraps like Java's long
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::uint64_t digest = 0;  ///< wrapping sum of sim::mix(EventId) over the contributing records

  void add(sim::EventId id, std::int64_t value) {
    min = count == 0 || value < min ? value : min;
    max = count == 0 || value > max ? value : max;
    ++count;
    sum = wrapping_add(sum, value);
    digest += sim::mix(id);
  }
  void merge(const Aggregate& other) {
    if (other.count == 0) return;
    min = count == 0 || other.min < min ? other.min : min;
    max = count == 0 || other.max > max ? other.max : max;
    count += other.count;
    sum = wrapping_add(sum, other.sum);
    digest += other.digest;
  }
  friend bool operator==(const Aggregate&, const Aggregate&) = default;

 private:
  static std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }
};

/// Which contributing records a pane lists. The digest is always that of all of them.
enum class Lineage : std::uint8_t {
  full,   ///< every pane all its records
  delta,  ///< a late pane only the record that made it fire: the rest is in the pane before
  none,   ///< nothing is kept or listed
};

enum class PaneTiming : std::uint8_t {
  on_time,  ///< the watermark passed the end of the window
  late,     ///< an accepted record came after that: the window fires again at once
};

struct Pane {
  Window window;
  PartitionId partition = 0;
  std::uint32_t key = 0;
  std::uint32_t index = 0;  ///< 0 = first firing of this key in this window
  PaneTiming timing = PaneTiming::on_time;
  Aggregate aggregate;
  std::size_t first_contribution = 0;  ///< into PaneBatch::ids
  std::size_t contributions = 0;       ///< how many of them; aggregate.count under full lineage
};

/// Panes in the order in which they fired. Reused by the caller: clear() keeps the memory.
struct PaneBatch {
  std::vector<Pane> panes;
  std::vector<sim::EventId> ids;

  /// The contributing records: slice by slice in order of event time, in order of arrival inside a slice;
  /// repeated if counted twice.
  std::span<const sim::EventId> contributions(const Pane& pane) const {
    return std::span{ids}.subspan(pane.first_contribution, pane.contributions);
  }
  bool empty() const { return panes.empty(); }
  void clear() {
    panes.clear();
    ids.clear();
  }
};

}  // namespace wrackline::event_time
