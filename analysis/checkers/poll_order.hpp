// nonmonotonic-poll and poll-skip: a consumer must get the next offset, or a larger one where the log has
// holes, until it is assigned the partition anew (Jepsen's Kafka workload knows both; across a rebalance they
// are no error).
//
// Holes are real where a log is compacted, or holds control records. `holes(topic)` says so; such topics are
// only checked for order. A gap that retention made is reported: records were skipped.
#pragma once

#include <cstdint>
#include <vector>

#include "analysis/checkers/checker.hpp"

namespace wrackline::analysis {

class PollOrder final : public Checker {
 public:
  using Checker::Checker;
  void holes(std::uint16_t topic) { with_holes_.push_back(topic); }

  void polled(std::uint32_t consumer, sim::PartitionRef p, std::int64_t first,
              std::span<const sim::EventId> ids, sim::Time at) override;
  void assigned(std::uint32_t consumer, sim::PartitionRef p, std::int64_t position, sim::Time at) override;
  void revoked(std::uint32_t consumer, sim::PartitionRef p, sim::Time at) override;

 private:
  std::int64_t& next_of(std::uint32_t consumer, sim::PartitionRef p);

  static constexpr std::int64_t kUnknown = -1;
  struct Next {
    std::int64_t offset = kUnknown;
  };
  std::vector<PerPartition<Next>> next_;  ///< by consumer
  std::vector<std::uint16_t> with_holes_;
};

}  // namespace wrackline::analysis
