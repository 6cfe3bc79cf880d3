#include "analysis/checkers/send_order.hpp"

#include <algorithm>

namespace wrackline::analysis {

sim::Time& SendOrder::Newest::of(std::uint32_t source) {
  if (source >= arrives.size()) arrives.resize(std::size_t{source} + 1, sim::Time::min());
  return arrives[source];
}

void SendOrder::committed(sim::PartitionRef p, std::int64_t /*base*/, std::span<const sim::EventId> ids,
                          sim::Time at) {
  Newest& newest = newest_[p];
  for (const sim::EventId id : ids) {
    const auto facts = facts_.facts_of(id);
    if (!facts) continue;
    sim::Time& last = newest.of(id.source());
    if (facts->arrives < last) {
      log_.report(Anomaly::nonmonotonic_send, at, [&] {
        return "event " + to_string(id) + " stands in partition " + to_string(p) +
               " behind a record that was sent later";
      });
    } else {
      last = facts->arrives;
    }
  }
}

/// What is cut away may come again, and what comes next is held against what stands before the cut: not later
/// than the first that is gone.
void SendOrder::uncommitted(sim::PartitionRef p, std::int64_t /*base*/, std::span<const sim::EventId> ids,
                            sim::Time /*at*/) {
  Newest& newest = newest_[p];
  for (const sim::EventId id : ids) {
    if (const auto facts = facts_.facts_of(id)) {
      sim::Time& last = newest.of(id.source());
      last = std::min(last, facts->arrives);
    }
  }
}

}  // namespace wrackline::analysis
