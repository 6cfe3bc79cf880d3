// What the ledger knows of one event, in 32 bytes: half a cache line, because every hook touches one per
// record.
//
// The word counts and remembers; it is never decoded on the hot path. Fields that count (committed copies,
// visible contributions) saturate at 255; a run in which one does is not exact, and says so.
#pragma once

#include <cstdint>

#include "sim/observer.hpp"

namespace wrackline::analysis {

struct EventState {
  std::int64_t created_ns = 0;
  std::int64_t arrives_ns = 0;
  std::int64_t event_time_ms = 0;
  std::uint32_t key = 0;
  std::uint32_t word = 0;
};
static_assert(sizeof(EventState) == 32);

namespace word {

// 0 = nobody said anything yet, otherwise sim::Told + 1.
inline constexpr std::uint32_t kTold = 0x7;
// 0 = not refused, otherwise sim::SendRefusal + 1.
inline constexpr std::uint32_t kRefusedShift = 3;
inline constexpr std::uint32_t kRefused = 0x3U << kRefusedShift;
inline constexpr std::uint32_t kLate = 1U << 5;
inline constexpr std::uint32_t kDeadLettered = 1U << 6;
inline constexpr std::uint32_t kShed = 1U << 7;
/// Both at once: refused by a processor's guard. No record is both otherwise.
inline constexpr std::uint32_t kGuarded = kDeadLettered | kShed;
inline constexpr std::uint32_t kTakenOut = kLate | kDeadLettered | kShed;  ///< by the processor, on purpose
inline constexpr std::uint32_t kSteady = 1U << 8;  ///< created inside the steady part of the run
inline constexpr std::uint32_t kHeld = 1U << 9;    ///< still held somewhere when the run ended
inline constexpr std::uint32_t kAppended = 1U << 10;
inline constexpr std::uint32_t kPolled = 1U << 11;
inline constexpr std::uint32_t kProcessed = 1U << 12;
inline constexpr std::uint32_t kMeasured = 1U << 13;  ///< was visible once: its latency is in the histogram
inline constexpr std::uint32_t kCommittedShift = 14;
inline constexpr std::uint32_t kCommittedOne = 1U << kCommittedShift;
inline constexpr std::uint32_t kCommitted = 0xffU << kCommittedShift;
/// One window per event: visible contributions. Several: windows with at least one (the masks know which).
inline constexpr std::uint32_t kSeenShift = 22;
inline constexpr std::uint32_t kSeenOne = 1U << kSeenShift;
inline constexpr std::uint32_t kSeen = 0xffU << kSeenShift;
inline constexpr std::uint32_t kProcessedAgain = 1U << 30;
/// Late for some windows, or counted twice in one of several: the word alone does not tell the whole story.
inline constexpr std::uint32_t kSpecial = 1U << 31;
/// The same bit, of events with one window: stands in a row that is not final (sessions), or may do so yet
/// (joins).
inline constexpr std::uint32_t kPinned = kSpecial;

constexpr std::uint32_t committed(std::uint32_t w) { return (w & kCommitted) >> kCommittedShift; }
constexpr std::uint32_t seen(std::uint32_t w) { return (w & kSeen) >> kSeenShift; }
constexpr bool was_guarded(std::uint32_t w) { return (w & kGuarded) == kGuarded; }
constexpr std::uint32_t of(sim::Told told) { return static_cast<std::uint32_t>(told) + 1; }
constexpr std::uint32_t of(sim::SendRefusal why) {
  return (static_cast<std::uint32_t>(why) + 1) << kRefusedShift;
}
constexpr bool was_told(std::uint32_t w, sim::Told told) { return (w & kTold) == of(told); }
constexpr bool was_refused(std::uint32_t w, sim::SendRefusal why) { return (w & kRefused) == of(why); }

}  // namespace word
}  // namespace wrackline::analysis
