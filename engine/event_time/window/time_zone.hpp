// A time zone: which time the clocks on the wall of a place show, and when they are put forward or back.
//
// Modelled: IANA zones, read from the compiled files (TZif, RFC 9636) that the system's tzdata package keeps
// under /usr/share/zoneinfo: the transitions of the file, then its POSIX rule (the footer) up to the year
// 2200. Not modelled: leap seconds (event time is POSIX time, like Java's), names and abbreviations.
//
// Where the determinism ends: a zone is what the installed tzdata says. With "UTC" (no zone) nothing is read.
// A zone whose file is missing or damaged is an error with its path, never UTC in silence; digest() tells two
// tzdata versions apart that differ for this zone.
//
// A window border is a *local* time, and windows must share out the time axis without gap or overlap. So:
//   instant_of(local)   the first instant at which the wall clock has reached that time. A time that is
//                       skipped in spring is reached at the jump; one that comes twice in autumn, the first
//                       time
//   high_local(t)       the furthest that the wall clock has been by t: instant_of(x) <= t iff x <=
//                       high_local(t)
// A calendar day thus has 23 or 25 hours twice a year, and the half hour before the clocks go back has an
// hour and a half. Flink's SQL windows map each *timestamp* to local time instead; the two agree but for
// windows shorter than the shift, in the hour that comes twice.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event_time/timestamp.hpp"

namespace wrackline::event_time::window {

class TimeZone {
 public:
  /// From `at_ms` on the wall clock shows UTC plus `offset_ms`.
  struct Transition {
    TimestampMs at_ms = kMinTimestamp;
    std::int64_t offset_ms = 0;
    friend bool operator==(const Transition&, const Transition&) = default;
  };
  struct Loaded {
    std::shared_ptr<const TimeZone> zone;  ///< null if there is a problem
    std::string problem;
  };
  static constexpr std::string_view kSystemDirectory = "/usr/share/zoneinfo";

  static Loaded load(std::string_view name, std::string_view directory = kSystemDirectory);
  /// From the bytes of a TZif file.
  static Loaded parse(std::string_view name, std::span<const unsigned char> bytes);
  /// From a table: the first transition holds from the beginning of time. For tests, and for zones without a
  /// file.
  TimeZone(std::string name, std::vector<Transition> transitions);

  const std::string& name() const { return name_; }
  const std::vector<Transition>& transitions() const { return transitions_; }
  std::int64_t offset_at(TimestampMs at) const { return transitions_[segment_of(at)].offset_ms; }
  std::int64_t high_local(TimestampMs at) const;
  TimestampMs instant_of(std::int64_t local_ms) const;
  /// Of the transitions: the same in two tzdata versions that agree on this zone.
  std::uint64_t digest() const;

 private:
  std::size_t segment_of(TimestampMs at) const;

  std::string name_;
  std::vector<Transition> transitions_;  ///< ascending; the first one at kMinTimestamp
};

}  // namespace wrackline::event_time::window
