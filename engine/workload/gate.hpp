// The link between a source and its producer can be made to stand still: nothing passes, then all that was
// held comes at once or at a limited pace, in order ("source stall and replay").
//
// Modelled: stalls ordered from outside (a fault, a scenario), which may overlap. A stall maps the natural
// arrival time of a record to the time at which it comes through, and the map is monotone, so the order never
// changes. Stalls that happen by themselves are a delay law (sim::Distribution::stalls). Not modelled: a link
// that loses what it holds.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "sim/time.hpp"

namespace wrackline::workload {

class Gate {
 public:
  /// What would arrive in [from, until) is held until `until`, then comes `speed` times as fast as it would
  /// have (0: all at once) until the backlog is gone. 0 or more than 1; stalls are ordered in order of
  /// `from`.
  void stall(sim::Time from, sim::Time until, double speed = 0);

  /// False: nothing is held now or ever, unless a new stall is ordered.
  bool may_hold() const { return !stalls_.empty(); }
  /// When a record of that natural arrival comes through. To be asked in ascending order: what lies behind is
  /// forgotten.
  std::int64_t passes_at(std::int64_t arrival_ns) {
    return arrival_ns < first_from_ns_ || stalls_.empty() ? arrival_ns : passes_stalls(arrival_ns);
  }
  /// The same without forgetting.
  std::int64_t would_pass_at(std::int64_t arrival_ns) const;

 private:
  struct Stall {
    std::int64_t from_ns = 0;
    std::int64_t until_ns = 0;
    double speed = 0;
    std::int64_t passes_at(std::int64_t arrival_ns) const;
  };
  static constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

  std::int64_t passes_stalls(std::int64_t arrival_ns);

  std::vector<Stall> stalls_;
  std::int64_t first_from_ns_ = kForever;
};

}  // namespace wrackline::workload
