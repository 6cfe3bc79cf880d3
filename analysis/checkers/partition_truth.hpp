// inconsistent-offsets, and what is unread: which record stands at which offset, by the log's own account.
//
// Keeps the ids of the committed records from the group's committed offset to the high watermark, and so
// knows
//
//   * whether a poll, or a later commit at the same offset, shows another record than the one committed there
//     (an unclean election, a truncation below the high watermark);
//   * which committed records are still unread when the run ends: those are pending, not lost. A record that
//   is
//     not among them and was never processed is an orphan of the group's commit (the ledger counts it).
//
// Limits: offsets below the group's committed offset are forgotten, so a re-read from further back (a reset,
// a replay) is not compared. One group per checker.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "analysis/checkers/checker.hpp"

namespace wrackline::analysis {

class PartitionTruth final : public Checker {
 public:
  PartitionTruth(AnomalyLog& log, std::uint32_t job) : Checker{log}, job_{job} {}

  void committed(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                 sim::Time at) override;
  void uncommitted(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                   sim::Time at) override;
  void polled(std::uint32_t consumer, sim::PartitionRef p, std::int64_t first,
              std::span<const sim::EventId> ids, sim::Time at) override;
  void offset_committed(std::uint32_t job, sim::PartitionRef p, std::int64_t offset, sim::Time at) override;

  /// Committed records at or beyond the group's committed offset, partition by partition.
  std::vector<sim::EventId> unread();
  /// The high watermark as far as it was told.
  std::int64_t end_of(sim::PartitionRef p) { return partitions_[p].end(); }

 private:
  struct Partition {
    std::int64_t first = 0;  ///< offset of ids[from]
    std::size_t from = 0;
    std::vector<sim::EventId> ids;
    /// What stood at an offset before it was truncated away: a reader may have seen it there.
    std::vector<std::pair<std::int64_t, sim::EventId>> gone;

    std::int64_t end() const { return first + static_cast<std::int64_t>(ids.size() - from); }
    sim::EventId* at(std::int64_t offset);
    void drop_below(std::int64_t offset);
  };

  std::uint32_t job_;
  PerPartition<Partition> partitions_;
};

}  // namespace wrackline::analysis
