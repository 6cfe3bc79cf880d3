// Everything that is known about one run - or about many runs of one matrix cell: results of several seeds
// merge into one, exactly and in any order. A plain value; no wall-clock time, no paths, nothing that another
// machine would not write with the same bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analysis/books.hpp"
#include "analysis/histogram.hpp"
#include "analysis/names/anomaly.hpp"
#include "analysis/names/guarantee.hpp"
#include "analysis/names/metric.hpp"
#include "analysis/verdict.hpp"

namespace wrackline::analysis {

/// One seed's outcome; a merged result lists all of them.
struct SeedOutcome {
  std::uint64_t seed = 0;
  std::string run_id;  ///< hash of (resolved cell, seed, model version)
  std::string hash;    ///< the run's rolling 128-bit hash, in hexadecimal
  std::int64_t virtual_ns = 0;
  Outcome outcome = Outcome::pass;
  friend auto operator<=>(const SeedOutcome&, const SeedOutcome&) = default;
};

/// What a fault observably did.
struct FaultReport {
  struct Strike {
    std::uint64_t seed = 0;
    std::int64_t at_ns = 0;
    std::int64_t until_ns = -1;  ///< -1: it never ended
    std::string what;            ///< "broker 1 crashed, 214 KiB unsynced"
    friend auto operator<=>(const Strike&, const Strike&) = default;
  };
  static constexpr std::size_t kStrikes = 16;

  std::string id;
  std::string action;  ///< its `do`
  std::uint64_t strikes = 0;
  std::uint64_t runs_struck = 0;
  std::uint64_t runs = 1;
  std::vector<std::pair<std::string, std::uint64_t>> effects;  ///< named counts ("messages dropped"), by name
  std::vector<Strike> first_strikes;                           ///< the first few in (seed, time) order

  void add_effect(std::string_view name, std::uint64_t n);
  /// Remembers an example; `strikes` and `runs_struck` are the caller's to set.
  void add_strike(Strike strike);
  void merge(const FaultReport& other);
  friend bool operator==(const FaultReport&, const FaultReport&) = default;
};

/// An expectation of the scenario, judged.
struct ExpectationResult {
  std::string text;        ///< as written
  std::string measured;    ///< "p99(result_latency) = 17.2 s"; of the first failing seed once merged
  std::uint64_t seed = 0;  ///< that `measured` is from
  Outcome outcome = Outcome::pass;
  std::uint64_t runs = 1;
  std::uint64_t runs_not_passed = 0;
  friend bool operator==(const ExpectationResult&, const ExpectationResult&) = default;
};

/// How often a moment of the protocol was reached.
struct MomentCount {
  std::string name;
  std::uint64_t times = 0;
  friend bool operator==(const MomentCount&, const MomentCount&) = default;
};

struct RunResult {
  // ---- which runs
  std::string scenario;
  std::vector<std::pair<std::string, std::string>> cell;  ///< (axis, value), in the order of the matrix
  std::string job;  ///< whose path these figures are about; empty if only one
  Guarantee guarantee = Guarantee::none;
  std::string model_version;
  std::vector<SeedOutcome> seeds;  ///< by seed
  std::string reproduce;           ///< the command that repeats the first run that did not pass, or the first

  // ---- what happened
  Books books;
  Books steady_books;
  std::array<std::array<LatencyStat, 2>, kLatencies> latencies;  ///< by Phase
  AnomalyLog anomalies;
  std::vector<FaultReport> faults;
  std::vector<MomentCount> moments;  ///< by name
  std::vector<ExpectationResult> expectations;
  std::uint64_t broken_promises = 0;  ///< see Ledger
  /// Of the job's watermark strategies: changes of mind; watermarks forced by the maximum silence.
  std::uint64_t watermark_adaptations = 0;
  std::uint64_t watermark_fallbacks = 0;
  Verdict verdict;

  const Books& books_of(Phase phase) const { return phase == Phase::all ? books : steady_books; }
  const LatencyStat& latency(Latency kind, Phase phase) const {
    return latencies[static_cast<std::size_t>(kind)][static_cast<std::size_t>(phase)];
  }
  LatencyStat& latency(Latency kind, Phase phase) {
    return latencies[static_cast<std::size_t>(kind)][static_cast<std::size_t>(phase)];
  }
  std::uint64_t runs() const { return seeds.size(); }
  std::int64_t virtual_ns() const;

  /// Another seed (or campaign part) of the same cell and job.
  void merge(const RunResult& other);
  friend bool operator==(const RunResult&, const RunResult&) = default;
};

/// Holds a single run against its guarantee: violations, books that do not close, broken promises, faults
/// that never struck, nothing produced. Adds to the verdict. Expectations are added by whoever evaluates
/// them: as `expectations` and through judge_expectations().
void judge(RunResult& result);
void judge_expectations(RunResult& result);

/// Occurrences of anomalies that the guarantee of the result does not permit.
std::uint64_t violations(const RunResult& result);

}  // namespace wrackline::analysis
