// The clocks of a node: what its processes see instead of true time. A wall clock (Unix time, what the
// engines call System.currentTimeMillis) and a monotonic clock (System.nanoTime, what their timers run on),
// both views of true time.
//
// Modelled: a wall offset from the first moment on, drift of the oscillator (both clocks), a step of the wall
// clock (settimeofday, a bad NTP server), a slew (adjtime: both clocks run fast or slow until the amount is
// worked off, as on Linux, where CLOCK_MONOTONIC is slewed and never stepped), a freeze of one or both clocks
// (a suspended machine) with or without the jump when it ends. All in integers; drift is held in parts per
// billion. Not modelled: leap seconds, time zones, reading cost, resolution coarser than a nanosecond.
//
// Reading is pure: the same Time gives the same answer as often as one asks. Faults change the clock through
// set_drift, step, slew, freeze and thaw, which take the true time at which they happen; `revision` counts
// the changes that can move the true instant of a monotonic deadline, so that a timer armed before can be
// armed anew.
#pragma once

#include <cstdint>

#include "sim/time.hpp"

namespace wrackline::sim {

/// Unix time of the true start of every run: 2025-01-01T00:00:00Z, a boundary of every usual window size.
inline constexpr std::int64_t kWallEpochMs = 1'735'689'600'000;
inline constexpr std::int64_t kWallEpochNs = kWallEpochMs * 1'000'000;

/// The wall time a perfect clock shows, in Unix milliseconds.
constexpr std::int64_t true_wall_ms(Time at) { return kWallEpochMs + to_ms(at); }

class NodeClock {
 public:
  enum class Frozen : std::uint8_t {
    none,
    wall,  ///< the wall clock stands still; timers go on
    both,  ///< the machine is suspended as far as time goes: timers do not fire either
  };

  explicit NodeClock(Duration wall_offset = Duration{0}, std::int64_t drift_ppb = 0);

  /// Unix time in nanoseconds / milliseconds (rounded down) as this node's processes read it.
  std::int64_t wall_ns(Time at) const;
  std::int64_t wall_ms(Time at) const;
  /// The monotonic clock: nanoseconds since the start of the run by this node's oscillator. Never goes back.
  Duration mono(Time at) const;
  std::int64_t mono_ms(Time at) const;

  /// The first true time at which mono() shows `reading` or more, as the clock runs now: when a timer set for
  /// that reading fires. kNever while the monotonic clock is frozen before it.
  Time true_time_of_mono(Duration reading) const;
  /// For a timer of `delay` by the node's own clock, set at the true time `now`.
  Time after(Time now, Duration delay) const { return true_time_of_mono(mono(now) + delay); }

  /// The oscillator gains (+) or loses (-) this many ns per second from `now` on. More than -1e9.
  void set_drift_ppb(Time now, std::int64_t drift_ppb);
  /// The wall clock jumps by `amount`.
  void step(Time now, Duration amount);
  /// Both clocks gain (or lose) `amount` evenly over the true time `over`; |amount| < over. A slew still
  /// under way is ended where it stands.
  void slew(Time now, Duration amount, Duration over);
  void freeze(Time now, Frozen which);
  /// Ends a freeze. With `catch_up` the frozen clocks jump to where they would be had they never stopped.
  void thaw(Time now, bool catch_up);

  Frozen frozen() const { return frozen_; }
  std::int64_t drift_ppb() const { return drift_ppb_; }
  /// How far the wall clock is ahead of the truth.
  Duration wall_error(Time at) const;
  /// Moves whenever a monotonic deadline may have moved in true time.
  std::uint32_t revision() const { return revision_; }
  /// Neither drift, slew nor freeze: mono runs with true time, and a timer needs no translation.
  bool runs_true() const { return drift_ppb_ == 0 && slew_amount_ == Duration{0} && frozen_ == Frozen::none; }

 private:
  void rebase(Time now);
  /// Progress of the oscillator since the anchor, slew included.
  std::int64_t advanced(Time at) const;
  Time when_advanced(std::int64_t ns) const;

  Time anchor_{kStart};  ///< the last change; the readings there follow
  std::int64_t wall_at_anchor_ns_ = kWallEpochNs;
  std::int64_t mono_at_anchor_ns_ = 0;
  std::int64_t drift_ppb_ = 0;
  Duration slew_amount_{0};  ///< from the anchor on, over slew_over_
  Duration slew_over_{0};
  Frozen frozen_ = Frozen::none;
  Time frozen_since_{kStart};
  std::uint32_t revision_ = 0;
};

}  // namespace wrackline::sim
