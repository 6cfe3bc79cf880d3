// What a source hands out: columns of records that arrived at the producer, and the news of those that were
// made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/event_id.hpp"
#include "sim/observer.hpp"
#include "sim/time.hpp"

namespace wrackline::workload {

/// Reused by the caller: clear() keeps the memory.
struct ArrivalBatch {
  /// Records as they left their source, in order of creation: for Observer::created. A recorded trace knows a
  /// record only when it arrives, and lists it then, with its true (earlier) creation time.
  std::vector<sim::CreatedRecord> created;

  // The arrived records, in order of (arrival, ordinal).
  std::vector<sim::EventId> ids;
  std::vector<std::uint32_t> keys;  ///< kNoKey: none
  std::vector<std::int64_t> event_times_ms;
  std::vector<sim::Time> created_at;
  std::vector<sim::Time> arrived_at;
  std::vector<std::uint32_t> sizes_bytes;

  std::size_t size() const { return ids.size(); }
  bool empty() const { return ids.empty(); }
  void clear() {
    created.clear();
    ids.clear();
    keys.clear();
    event_times_ms.clear();
    created_at.clear();
    arrived_at.clear();
    sizes_bytes.clear();
  }
};

}  // namespace wrackline::workload
