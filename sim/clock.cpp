#include "sim/clock.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::sim {
namespace {

__extension__ using Wide = __int128;
constexpr std::int64_t kBillion = 1'000'000'000;
constexpr std::int64_t kNsPerMs = 1'000'000;

std::int64_t floor_div(Wide a, Wide b) {
  Wide quotient = a / b;
  if (a % b != 0 && (a < 0) != (b < 0)) --quotient;
  return static_cast<std::int64_t>(quotient);
}

}  // namespace

NodeClock::NodeClock(Duration wall_offset, std::int64_t drift_ppb)
    : wall_at_anchor_ns_{kWallEpochNs + wall_offset.count()}, drift_ppb_{drift_ppb} {
  assert(drift_ppb > -kBillion);
}

std::int64_t NodeClock::advanced(Time at) const {
  assert(at >= anchor_);
  const std::int64_t elapsed = (at - anchor_).count();
  std::int64_t progress = elapsed;
  if (drift_ppb_ != 0) progress = floor_div(Wide{elapsed} * (kBillion + drift_ppb_), kBillion);
  if (slew_amount_ != Duration{0}) {
    const std::int64_t within = std::min(elapsed, slew_over_.count());
    progress += floor_div(Wide{within} * slew_amount_.count(), slew_over_.count());
  }
  return progress;
}

std::int64_t NodeClock::wall_ns(Time at) const {
  return frozen_ == Frozen::none ? wall_at_anchor_ns_ + advanced(at) : wall_at_anchor_ns_;
}
std::int64_t NodeClock::wall_ms(Time at) const { return floor_div(wall_ns(at), kNsPerMs); }

Duration NodeClock::mono(Time at) const {
  return Duration{frozen_ == Frozen::both ? mono_at_anchor_ns_ : mono_at_anchor_ns_ + advanced(at)};
}
std::int64_t NodeClock::mono_ms(Time at) const { return floor_div(mono(at).count(), kNsPerMs); }

Duration NodeClock::wall_error(Time at) const { return Duration{wall_ns(at) - kWallEpochNs - to_ns(at)}; }

Time NodeClock::when_advanced(std::int64_t ns) const {
  if (ns <= 0) return anchor_;
  // After the slew, the clock is a line through (0, amount): floor(d * rate) + amount >= ns has a closed
  // answer.
  std::int64_t after_slew = ns - slew_amount_.count();
  Wide elapsed = after_slew;
  if (drift_ppb_ != 0) {
    const Wide rate = kBillion + drift_ppb_;
    elapsed = (Wide{after_slew} * kBillion + rate - 1) / rate;
  }
  if (slew_amount_ == Duration{0} || elapsed >= slew_over_.count()) {
    if (elapsed > (Time::max() - anchor_).count()) return kNever;
    return anchor_ + Duration{static_cast<std::int64_t>(elapsed)};
  }
  // Within it, two roundings add up: search the (monotone) readings.
  std::int64_t low = 0;
  std::int64_t high = slew_over_.count();
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (advanced(anchor_ + Duration{middle}) >= ns) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return anchor_ + Duration{low};
}

Time NodeClock::true_time_of_mono(Duration reading) const {
  const std::int64_t needed = reading.count() - mono_at_anchor_ns_;
  if (needed <= 0) return anchor_;
  if (frozen_ == Frozen::both) return kNever;
  return when_advanced(needed);
}

void NodeClock::rebase(Time now) {
  const std::int64_t progress = advanced(now);
  if (frozen_ == Frozen::none) wall_at_anchor_ns_ += progress;
  if (frozen_ != Frozen::both) mono_at_anchor_ns_ += progress;
  if (slew_amount_ != Duration{0}) {
    const Duration passed = now - anchor_;
    if (passed >= slew_over_) {
      slew_amount_ = slew_over_ = Duration{0};
    } else {
      const Duration worked_off{floor_div(Wide{passed.count()} * slew_amount_.count(), slew_over_.count())};
      slew_amount_ -= worked_off;
      slew_over_ -= passed;
      if (slew_amount_ == Duration{0}) slew_over_ = Duration{0};
    }
  }
  anchor_ = now;
}

void NodeClock::set_drift_ppb(Time now, std::int64_t drift_ppb) {
  assert(drift_ppb > -kBillion);
  rebase(now);
  drift_ppb_ = drift_ppb;
  ++revision_;
}

void NodeClock::step(Time now, Duration amount) {
  rebase(now);
  wall_at_anchor_ns_ += amount.count();
}

void NodeClock::slew(Time now, Duration amount, Duration over) {
  assert(over > Duration{0} && amount < over && -amount < over);
  rebase(now);
  slew_amount_ = amount;
  slew_over_ = amount == Duration{0} ? Duration{0} : over;
  ++revision_;
}

void NodeClock::freeze(Time now, Frozen which) {
  assert(which != Frozen::none);
  rebase(now);
  if (frozen_ == Frozen::none) frozen_since_ = now;
  frozen_ = which;
  ++revision_;
}

void NodeClock::thaw(Time now, bool catch_up) {
  if (frozen_ == Frozen::none) return;
  rebase(now);
  if (catch_up) {
    const std::int64_t missed =
        floor_div(Wide{(now - frozen_since_).count()} * (kBillion + drift_ppb_), kBillion);
    wall_at_anchor_ns_ += missed;
    if (frozen_ == Frozen::both) mono_at_anchor_ns_ += missed;
  }
  frozen_ = Frozen::none;
  ++revision_;
}

}  // namespace wrackline::sim
