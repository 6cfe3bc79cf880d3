// What a checker may ask about an event: the truth, as the ledger keeps it for events that are not settled.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "analysis/checkers/free_windows.hpp"
#include "analysis/checkers/join_shape.hpp"
#include "sim/event_id.hpp"
#include "sim/time.hpp"

namespace wrackline::analysis {

struct EventFacts {
  sim::Time created{};
  sim::Time arrives{};
  std::int64_t event_time_ms = 0;
  std::uint32_t key = 0;
};

class FactSource {
 public:
  virtual ~FactSource() = default;
  /// Nothing if the event was never created, or was settled long ago.
  virtual std::optional<EventFacts> facts_of(sim::EventId id) = 0;
};

/// The windows of a job, as the analysis needs them: a tumbling window is a hopping one whose slide is its
/// size. All other windows, panes and aggregates are `free`; then the integers say nothing, but for the
/// lateness. A job that joins has a `join` and nothing else.
struct WindowShape {
  std::int64_t size_ms = 0;  ///< 0: the job has no windows, each record makes one result
  std::int64_t slide_ms = 0;
  std::int64_t offset_ms = 0;
  std::int64_t allowed_lateness_ms = 0;
  std::shared_ptr<const FreeWindows> free{};
  std::shared_ptr<const JoinShape> join{};

  bool windowed() const { return size_ms > 0 || free != nullptr; }
  std::uint32_t most_windows() const {
    if (free != nullptr) return free->most_windows();
    return windowed() ? static_cast<std::uint32_t>((size_ms + slide_ms - 1) / slide_ms) : 1;
  }
  /// Start of the newest window that could hold the timestamp: the largest start <= ts.
  std::int64_t last_start(std::int64_t ts) const {
    const std::int64_t into = (ts - offset_ms) % slide_ms;
    return ts - (into < 0 ? into + slide_ms : into);
  }
  /// How many windows hold the timestamp (0 only where slide > size).
  std::uint32_t windows_of(std::int64_t ts) const {
    if (!windowed()) return 1;
    const std::int64_t into = ts - last_start(ts);
    return into >= size_ms ? 0 : static_cast<std::uint32_t>((size_ms - into - 1) / slide_ms + 1);
  }
  /// A number that differs between the windows which hold one timestamp, below most_windows().
  std::uint32_t ring_index(std::int64_t start_ms) const {
    const auto n = static_cast<std::int64_t>(most_windows());
    std::int64_t turn = (start_ms - offset_ms) / slide_ms;
    if ((start_ms - offset_ms) % slide_ms < 0) --turn;
    const std::int64_t index = turn % n;
    return static_cast<std::uint32_t>(index < 0 ? index + n : index);
  }
  /// Does [start, start + size) exist and hold the timestamp?
  bool holds(std::int64_t start_ms, std::int64_t ts) const {
    return ts >= start_ms && ts < start_ms + size_ms && (start_ms - offset_ms) % slide_ms == 0;
  }
};

}  // namespace wrackline::analysis
