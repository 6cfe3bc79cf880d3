#include "analysis/checkers/poll_order.hpp"

#include <algorithm>

namespace wrackline::analysis {

std::int64_t& PollOrder::next_of(std::uint32_t consumer, sim::PartitionRef p) {
  if (consumer >= next_.size()) next_.resize(std::size_t{consumer} + 1);
  return next_[consumer][p].offset;
}

void PollOrder::polled(std::uint32_t consumer, sim::PartitionRef p, std::int64_t first,
                       std::span<const sim::EventId> ids, sim::Time at) {
  std::int64_t& next = next_of(consumer, p);
  if (next != kUnknown && first != next) {
    const auto what = [&] {
      return "consumer " + std::to_string(consumer) + " got offset " + std::to_string(first) +
             " of partition " + to_string(p) + " where " + std::to_string(next) + " was next";
    };
    if (first < next) {
      log_.report(Anomaly::nonmonotonic_poll, at, what);
    } else if (std::find(with_holes_.begin(), with_holes_.end(), p.topic) == with_holes_.end()) {
      log_.report(Anomaly::poll_skip, at, what);
    }
  }
  next = first + static_cast<std::int64_t>(ids.size());
}

void PollOrder::assigned(std::uint32_t consumer, sim::PartitionRef p, std::int64_t position,
                         sim::Time /*at*/) {
  next_of(consumer, p) = position;
}

void PollOrder::revoked(std::uint32_t consumer, sim::PartitionRef p, sim::Time /*at*/) {
  next_of(consumer, p) = kUnknown;
}

}  // namespace wrackline::analysis
