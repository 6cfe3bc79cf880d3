#include "analysis/checkers/send_order.hpp"

namespace wrackline::analysis {

void SendOrder::appended(sim::PartitionRef p, std::int64_t /*base*/, std::span<const sim::EventId> ids,
                         sim::Time at) {
  std::vector<sim::Time>& newest = newest_[p].arrives;
  for (const sim::EventId id : ids) {
    const auto facts = facts_.facts_of(id);
    if (!facts) continue;
    if (id.source() >= newest.size()) newest.resize(std::size_t{id.source()} + 1, sim::Time::min());
    sim::Time& last = newest[id.source()];
    if (facts->arrives < last) {
      log_.report(Anomaly::nonmonotonic_send, at, [&] {
        return "event " + to_string(id) + " was appended to partition " + to_string(p) +
               " after a record that was sent later";
      });
    } else {
      last = facts->arrives;
    }
  }
}

}  // namespace wrackline::analysis
