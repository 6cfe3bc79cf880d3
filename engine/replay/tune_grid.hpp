// Which configurations are tried: every strategy of the catalogue that can be replayed, over the parameter
// that matters most to it.
//
// Distances (bound, grace, delay) are taken from the lateness of the trace's first part, at its quantiles,
// rounded up to two digits; a lag from its delays; shares (p) from a fixed list. Every strategy is there with
// its defaults too. What else a strategy can be told stays at its default.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/event_time/strategy/catalogue.hpp"
#include "engine/replay/columns.hpp"
#include "engine/replay/spread.hpp"

namespace wrackline::replay {

/// What the grid is made from.
class TraceProfile {
 public:
  void add(const Columns& columns);
  const Spread& lateness() const { return lateness_; }  ///< max(0, largest event time so far - event time)
  const Spread& delay() const { return delay_; }
  std::uint64_t records() const { return delay_.count(); }

 private:
  Spread lateness_;
  Spread delay_;
  std::int64_t newest_ms_ = INT64_MIN;
};

struct GridOptions {
  bool per_key = false;
  std::int64_t interval_ms = 200;       ///< of emission; 0: after every record
  std::vector<std::string> strategies;  ///< only these; empty: all
};

std::vector<event_time::strategy::Block> tune_grid(const TraceProfile& profile, const GridOptions& options);

/// Up to two significant digits, never down: 317 is 320.
std::int64_t rounded_up(std::int64_t ms);

}  // namespace wrackline::replay
