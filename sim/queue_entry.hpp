// One entry of the event queue: 16 bytes, because every 8 bytes more cost a radix queue 15-25 ns per event
// (reference/kernel.md §2).
//
//   time:64 | rank:32 | slot:32
//
// `rank` decides between entries of one instant: priority and source entity, or, when tie orders are being
// explored, priority and a seeded hash. Only where the ranks are equal too is the full tie key read from the
// slot.
#pragma once

#include <cstdint>

#include "sim/event_slots.hpp"

namespace wrackline::sim {

struct alignas(16) QueueEntry {
  std::uint64_t low = 0;   ///< rank:32 | slot:32
  std::uint64_t time = 0;  ///< ns of virtual time, never negative

  std::uint32_t slot() const { return static_cast<std::uint32_t>(low); }
  std::uint32_t rank() const { return static_cast<std::uint32_t>(low >> 32); }
  friend bool operator==(const QueueEntry&, const QueueEntry&) = default;
};

__extension__ using Wide = unsigned __int128;

/// The total order of events: (time, priority, source, counter), or the explored one.
inline bool earlier(const QueueEntry& a, const QueueEntry& b, const EventSlots& slots) {
  if (a.time == b.time && a.rank() == b.rank()) [[unlikely]] {
    return slots[a.slot()].tie < slots[b.slot()].tie;
  }
  // One 128-bit comparison has no branch to mispredict.
  return ((Wide{a.time} << 64) | a.low) < ((Wide{b.time} << 64) | b.low);
}

}  // namespace wrackline::sim
