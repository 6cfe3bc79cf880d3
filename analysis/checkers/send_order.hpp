// nonmonotonic-send: the records of one producer stand in a partition in another order than the application
// handed them over - what several requests in flight without idempotence do (kafka.md 6.2, "R"), and what a
// second copy does. It is the committed log that counts: what a leader appended that was none any more is cut
// away again.
//
// Asks the ledger for the arrival time of every committed record: on for runs that are small or look for
// order only. Needs one source number per producer.
#pragma once

#include <vector>

#include "analysis/checkers/checker.hpp"
#include "analysis/checkers/facts.hpp"

namespace wrackline::analysis {

class SendOrder final : public Checker {
 public:
  SendOrder(AnomalyLog& log, FactSource& facts) : Checker{log}, facts_{facts} {}
  void committed(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                 sim::Time at) override;
  void uncommitted(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                   sim::Time at) override;

 private:
  struct Newest {
    std::vector<sim::Time> arrives;  ///< by source
    sim::Time& of(std::uint32_t source);
  };
  FactSource& facts_;
  PerPartition<Newest> newest_;
};

}  // namespace wrackline::analysis
