// Runs a plan: every cell with every seed, on several threads, results in the order of the plan whatever the
// threads do.
//
// What one run is, is handed in as a function: it must depend on nothing but its task, keep everything it
// changes to itself, and may be called from several threads at once. The order (cell, then seed) in which
// results arrive is part of the contract: the same bytes for any number of threads. A result waits in memory
// until its turn, so the threads do not run further ahead than kAhead runs each.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "analysis/run_result.hpp"
#include "scenarios/expectation.hpp"
#include "scenarios/plan.hpp"

namespace wrackline::scenarios {

struct RunTask {
  const Plan& plan;
  const Cell& cell;
  std::uint64_t seed;
};

/// One run; a result for each job of the pipeline. Thrown exceptions end the campaign and come out of
/// run_campaign.
using RunOne = std::vector<analysis::RunResult> (*)(const RunTask& task);
/// Receives the results of one run; never called twice at once. Returns false to stop the campaign.
using ResultSink = std::function<bool(const RunTask& task, std::vector<analysis::RunResult> results)>;

struct CampaignProgress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
};

struct CampaignOptions {
  unsigned threads = 1;
  const std::atomic<bool>* stop = nullptr;  ///< set from outside (Ctrl-C): no further run is begun
  std::function<void(const CampaignProgress&)> progress;  ///< after each run, in order
};

enum class CampaignEnd { kComplete, kStopped };

CampaignEnd run_campaign(const Plan& plan, const CampaignOptions& options, RunOne run_one,
                         const ResultSink& sink);

/// Judges the scenario's expectations on a result (of one run, or merged over the seeds of a cell) and enters
/// them there.
void judge_expectations(std::span<const ExpectSpec> expectations, analysis::RunResult& result);

}  // namespace wrackline::scenarios
