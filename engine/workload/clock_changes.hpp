// What the clock of a source does at given times, besides its offset and drift: it steps, drifts otherwise,
// stands still, or its 32-bit counter of microseconds wraps.
#pragma once

#include <cstdint>

#include "sim/clock.hpp"
#include "sim/time.hpp"

namespace wrackline::workload {

/// 2^32 microseconds: so far behind is a clock whose counter wrapped, until it is set again.
inline constexpr sim::Duration kWrap32{4'294'967'296'000};

struct ClockChange {
  enum class Kind : std::uint8_t { step, drift, freeze, thaw, thaw_and_catch_up };
  sim::Time at{};
  Kind kind = Kind::step;
  sim::Duration by{};          ///< of step
  std::int64_t drift_ppb = 0;  ///< of drift, from now on

  void apply(sim::NodeClock& clock) const {
    switch (kind) {
      case Kind::step:
        return clock.step(at, by);
      case Kind::drift:
        return clock.set_drift_ppb(at, drift_ppb);
      case Kind::freeze:
        if (clock.frozen() == sim::NodeClock::Frozen::none) clock.freeze(at, sim::NodeClock::Frozen::wall);
        return;
      case Kind::thaw:
      case Kind::thaw_and_catch_up:
        if (clock.frozen() != sim::NodeClock::Frozen::none) clock.thaw(at, kind == Kind::thaw_and_catch_up);
        return;
    }
  }
};

}  // namespace wrackline::workload
