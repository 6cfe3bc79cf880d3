// Three meters beside the ledger: how far the watermark trails, how far consumers trail, and how long the
// pipeline needs to recover from a fault. Each is an observer of its own; all figures are integers.
//
// Watermark lag is sampled on a fixed grid of true time, task by task, so that its mean is a mean over time
// (science.md 4.3: "at a random time") and not over the moments when the watermark happens to move.
//
// Recovery, to 10 ms: the age of what is polled (the time since a poll's first record reached its producer)
// is kept as its worst over each 10 ms. A slot is slow when it is worse than P99 of the slots before the
// first strike, and a millisecond. A fault is recovered from at the end of the last slow slot that follows
// it; with faults that overlap, a slow slot counts for all of them.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "analysis/checkers/checker.hpp"
#include "analysis/checkers/facts.hpp"
#include "analysis/histogram.hpp"

namespace wrackline::analysis {

/// Samples by phase: [0] all, [1] steady.
struct PhasedStat {
  sim::Time steady_from{};
  sim::Time steady_until = sim::kNever;
  LatencyStat stats[2];

  void insert(std::int64_t value, sim::Time at) {
    stats[0].seen.insert(value);
    if (at >= steady_from && at < steady_until) stats[1].seen.insert(value);
  }
  void miss(sim::Time at) {
    ++stats[0].missing;
    if (at >= steady_from && at < steady_until) ++stats[1].missing;
  }
};

class WatermarkMeter final : public sim::Observer {
 public:
  struct Config {
    std::uint32_t job = 0;
    std::int64_t start_ms = 0;
    sim::Duration grid = std::chrono::milliseconds{10};
    sim::Time steady_from{};
    sim::Time steady_until = sim::kNever;
  };
  explicit WatermarkMeter(const Config& config);
  void watermark(std::uint32_t job, std::uint32_t task, std::int64_t from_ms, std::int64_t to_ms,
                 sim::Time at) override;
  void close(sim::Time at);
  const LatencyStat& stat(bool steady) const { return stat_.stats[steady ? 1 : 0]; }
  /// The least watermark over the tasks that have one; the largest value there is if none has.
  std::int64_t least_ms() const;

 private:
  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();
  struct Task {
    std::int64_t watermark_ms = kNone;
    std::int64_t sampled = 0;  ///< grid points so far
  };
  void sample(Task& task, sim::Time until);

  Config config_;
  PhasedStat stat_;
  std::vector<Task> tasks_;
};

class LagMeter final : public sim::Observer {
 public:
  LagMeter(sim::Time steady_from, sim::Time steady_until);
  void committed(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                 sim::Time at) override;
  void polled(std::uint32_t consumer, sim::PartitionRef p, std::int64_t first,
              std::span<const sim::EventId> ids, sim::Time at) override;
  const LatencyStat& stat(bool steady) const { return stat_.stats[steady ? 1 : 0]; }

 private:
  struct End {
    std::int64_t offset = 0;
  };
  PerPartition<End> ends_;
  PhasedStat stat_;
};

class RecoveryMeter final : public sim::Observer {
 public:
  static constexpr sim::Duration kSlot = std::chrono::milliseconds{10};

  explicit RecoveryMeter(FactSource& facts) : facts_{facts} {}
  void polled(std::uint32_t consumer, sim::PartitionRef p, std::int64_t first,
              std::span<const sim::EventId> ids, sim::Time at) override;
  /// At the time of the strike, or any time later.
  void struck(sim::Time at) { strikes_.push_back(at); }
  void close();
  const LatencyStat& stat() const { return stat_; }

 private:
  FactSource& facts_;
  std::vector<std::int64_t> worst_ns_;  ///< by slot of true time; -1: nothing was polled
  std::vector<sim::Time> strikes_;
  LatencyStat stat_;
};

}  // namespace wrackline::analysis
