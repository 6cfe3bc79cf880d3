// The window definitions of Kafka Streams: TimeWindows, SlidingWindows, SessionWindows, JoinWindows, with
// what their factories refuse (rule S-11, S-12).
//
//   * tumbling, hopping: [start, start + size), starts at multiples of the advance, never negative;
//   * sliding: [t - difference, t], both ends included;
//   * session: [first, last] of records whose neighbours are at most the inactivity gap apart;
//   * join: the other side's timestamp in [t - before, t + after], seen from the left.
// Versions: an inactivity gap of 0 is refused by 3.9 and accepted by 4.1; the old factories `of` and `with`
// (grace 24 h - size) of time, sliding and session windows are gone in 4.x, JoinWindows.of is still there.
// Not modelled: UnlimitedWindows, user-defined Windows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "engine/event_time/streams/record.hpp"

namespace wrackline::event_time::streams {

/// Grace of the factories that name none: 24 h less the size, at least 0.
constexpr std::int64_t legacy_grace_ms(std::int64_t size_ms) {
  return std::max<std::int64_t>(24 * 60 * 60 * 1000LL - size_ms, 0);
}

struct TimeWindows {
  std::int64_t size_ms = 0;
  std::int64_t advance_ms = 0;
  std::int64_t grace_ms = 0;

  static TimeWindows tumbling(std::int64_t size_ms, std::int64_t grace_ms = 0) {
    return {size_ms, size_ms, grace_ms};
  }
  static TimeWindows hopping(std::int64_t size_ms, std::int64_t advance_ms, std::int64_t grace_ms = 0) {
    return {size_ms, advance_ms, grace_ms};
  }
  Refusal refusal() const;
  std::int64_t default_retention_ms() const { return size_ms + grace_ms; }
  Refusal retention_refusal(std::int64_t retention_ms, const std::string& store) const;

  /// The start of the first window over `timestamp`; the others follow by the advance up to `timestamp`.
  /// Windows do not start before 0, so early timestamps have fewer.
  TimestampMs first_start(TimestampMs timestamp) const {
    return std::max<TimestampMs>(0, timestamp - size_ms + advance_ms) / advance_ms * advance_ms;
  }
};

struct SlidingWindows {
  std::int64_t time_difference_ms = 0;
  std::int64_t grace_ms = 0;

  Refusal refusal() const;
  /// Windows that start up to two differences back are needed to build new ones.
  std::int64_t default_retention_ms() const { return 2 * time_difference_ms + grace_ms; }
  Refusal retention_refusal(std::int64_t retention_ms, const std::string& store) const;
};

struct SessionWindows {
  std::int64_t inactivity_gap_ms = 0;
  std::int64_t grace_ms = 0;

  Refusal refusal(Version version) const;
  std::int64_t default_retention_ms() const { return inactivity_gap_ms + grace_ms; }
  Refusal retention_refusal(std::int64_t retention_ms, const std::string& store) const;
};

struct JoinWindows {
  std::int64_t before_ms = 0;
  std::int64_t after_ms = 0;
  std::int64_t grace_ms = 0;
  /// Off with the old factory JoinWindows.of: an unmatched record of an outer side is emitted at once, even
  /// if its match arrives later (KAFKA-10847).
  bool hold_unmatched = true;

  static JoinWindows of_difference(std::int64_t difference_ms, std::int64_t grace_ms = 0) {
    return {difference_ms, difference_ms, grace_ms, true};
  }
  static JoinWindows legacy_of(std::int64_t difference_ms) {
    return {difference_ms, difference_ms, legacy_grace_ms(2 * difference_ms), false};
  }
  Refusal refusal() const;
  std::int64_t size_ms() const { return before_ms + after_ms; }
  std::int64_t retention_ms() const { return size_ms() + grace_ms; }
};

}  // namespace wrackline::event_time::streams
