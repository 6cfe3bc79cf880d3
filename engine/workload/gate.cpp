#include "engine/workload/gate.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::workload {

void Gate::stall(sim::Time from, sim::Time until, double speed) {
  assert(from <= until && (speed == 0 || speed > 1));
  assert(stalls_.empty() || stalls_.back().from_ns <= sim::to_ns(from));
  stalls_.push_back({sim::to_ns(from), sim::to_ns(until), speed});
  first_from_ns_ = stalls_.front().from_ns;
}

std::int64_t Gate::Stall::passes_at(std::int64_t arrival_ns) const {
  if (arrival_ns < from_ns) return arrival_ns;
  if (speed == 0) return std::max(arrival_ns, until_ns);
  const double waited = static_cast<double>(arrival_ns - from_ns) / speed;
  // Far behind the stall the backlog is gone whatever the number is, and must not overflow.
  if (waited >= static_cast<double>(arrival_ns - from_ns) - static_cast<double>(until_ns - from_ns) + 1)
    return std::max(arrival_ns, until_ns + static_cast<std::int64_t>(waited));
  return arrival_ns;
}

std::int64_t Gate::would_pass_at(std::int64_t arrival_ns) const {
  for (const Stall& stall : stalls_) arrival_ns = stall.passes_at(arrival_ns);
  return arrival_ns;
}

std::int64_t Gate::passes_stalls(std::int64_t arrival_ns) {
  std::int64_t passes = arrival_ns;
  bool in_first = false;
  for (std::size_t i = 0; i < stalls_.size(); ++i) {
    const std::int64_t through = stalls_[i].passes_at(passes);
    if (i == 0) in_first = through != passes || passes < stalls_[i].until_ns;
    passes = through;
  }
  // The oldest stall holds nothing any more, and arrivals only ascend: its backlog is worked off.
  if (!in_first) {
    stalls_.erase(stalls_.begin());
    first_from_ns_ = stalls_.empty() ? kForever : stalls_.front().from_ns;
  }
  return passes;
}

}  // namespace wrackline::workload
