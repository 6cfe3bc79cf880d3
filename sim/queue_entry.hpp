// Entries of the event queues.
//
// A radix queue moves its entries about, and every 8 bytes more cost it 15-25 ns per event
// (reference/kernel.md §2), so its entry has 16:
//
//   time:64 | rank:32 | slot:32
//
// `rank` is the upper half of the order key of the event; only where time and rank are equal is the whole key
// read from the slot. A heap does not mind 24 bytes, and a comparison without any branch is worth more to it.
#pragma once

#include <cstdint>

#include "sim/event_slots.hpp"

namespace wrackline::sim {

__extension__ using Wide = unsigned __int128;

/// What a queue hands out: when, and what to do.
struct Due {
  std::uint64_t time = 0;  ///< ns of virtual time, never negative
  std::uint32_t slot = 0;
  friend bool operator==(const Due&, const Due&) = default;
};

struct QueueEntry {
  std::uint64_t low = 0;  ///< rank:32 | slot:32
  std::uint64_t time = 0;

  std::uint32_t slot() const { return static_cast<std::uint32_t>(low); }
  Wide key() const { return (Wide{time} << 64) | low; }
};
static_assert(sizeof(QueueEntry) == 16);

/// The total order of events at (time, order key), with as little work as mostly suffices.
inline bool earlier(const QueueEntry& a, const QueueEntry& b, const EventSlots& slots) {
  bool before = a.key() < b.key();
  if (((a.time ^ b.time) | ((a.low ^ b.low) >> 32)) == 0) [[unlikely]] {
    before = slots[a.slot()].order < slots[b.slot()].order;
  }
  return before;
}

}  // namespace wrackline::sim
