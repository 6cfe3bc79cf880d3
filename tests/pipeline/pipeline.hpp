// Whole pipelines from a text to a verdict: the road that `wrackline run` takes, without files and without a
// terminal.
//
//   const auto cells = run_all(with(kSmall, R"("faults": [{ "at": "5s", "do": "process.crash", ... }])"), {1,
//   2, 3});
//
// A scenario here is a base text and what is put on top of it, as `extends` merges them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/plan.hpp"
#include "scenarios/run/run_one.hpp"

namespace wrackline::pipeline {

/// Three brokers, one topic of four partitions, two producers, two consumers, one-second windows; sessions
/// and time-outs short enough that every failure is noticed and mended within a few seconds.
extern const std::string kSmall;

struct Run {
  std::string guarantee;  ///< empty: none
  std::uint64_t seed = 0;
  analysis::RunResult result;
};

/// The plan of `base` with the members of `top` ("\"faults\": [...], \"duration\": \"20s\"") merged over it.
/// An invalid text ends the test with its diagnostics.
scenarios::Plan plan_of(const std::string& base, const std::string& top,
                        std::vector<std::uint64_t> seeds = {1}, std::vector<std::string> sets = {});

/// Every cell with every seed.
std::vector<Run> run_all(const scenarios::Plan& plan, const scenarios::RunOptions& options = {});
/// The only cell, the only seed.
analysis::RunResult run_single(const scenarios::Plan& plan, const scenarios::RunOptions& options = {});

/// The first anomaly that the guarantee does not permit, books that do not close, or why else the verdict is
/// bad; for messages.
std::string story_of(const analysis::RunResult& result);

std::uint64_t moment(const analysis::RunResult& result, std::string_view name);

}  // namespace wrackline::pipeline
