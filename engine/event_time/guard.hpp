// Event-time sanity of a processor: records whose event time lies too far in the future or in the past, by
// the processor's own wall clock, are refused before they touch watermark or state.
//
// One source with a clock years behind is late for ever and only loses its own records; one ahead moves the
// watermark of its partition forward, and everybody else's records become late (science.md 0.6, 6.1). Engines
// have no such rule in their window operators; users write it as a filter in front. Not modelled: clamping
// the time instead of refusing the record.
#pragma once

#include <cstdint>
#include <limits>

namespace wrackline::event_time {

struct EventTimeGuard {
  static constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

  std::int64_t max_future_ms = kNoLimit;  ///< event time - wall clock, at most
  std::int64_t max_age_ms = kNoLimit;     ///< wall clock - event time, at most

  bool active() const { return max_future_ms != kNoLimit || max_age_ms != kNoLimit; }
  // Compared without the difference, which could overflow for absurd times.
  bool too_new(std::int64_t event_time_ms, std::int64_t now_ms) const {
    return max_future_ms != kNoLimit && event_time_ms > now_ms + max_future_ms;
  }
  bool too_old(std::int64_t event_time_ms, std::int64_t now_ms) const {
    return max_age_ms != kNoLimit && event_time_ms < now_ms - max_age_ms;
  }
  bool refuses(std::int64_t event_time_ms, std::int64_t now_ms) const {
    return too_new(event_time_ms, now_ms) || too_old(event_time_ms, now_ms);
  }
};

}  // namespace wrackline::event_time
