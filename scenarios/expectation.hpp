// Expectations: what a campaign must satisfy, judged on its merged figures.
//
// A check is an expression over the metrics of analysis/names/metric.hpp. It passes, fails, or is
// *inconclusive*: when a figure that decides it does not exist, e.g. a percentile of nothing, or a ratio of
// nothing. "sometimes" names a moment that at least one run must reach: otherwise the campaign has not tested
// what it claims to, which is inconclusive too.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "analysis/names/metric.hpp"
#include "analysis/verdict.hpp"
#include "scenarios/expression.hpp"
#include "scenarios/scenario.hpp"

namespace wrackline::scenarios {

using analysis::Outcome;

/// The value of a figure in a phase: events, ns, or a fraction; nothing when it does not exist.
using MetricLookup =
    std::function<std::optional<double>(const analysis::MetricRef& metric, analysis::Phase phase)>;
/// How often a moment was reached in all runs.
using MomentCount = std::function<std::uint64_t(std::string_view moment)>;

/// Parses and checks an expectation without values; reports unknown metrics and quantities that do not fit.
bool check_expectation(const ExpectSpec& expect, Diagnostics& diagnostics);

/// Judges an expectation that check_expectation has accepted.
Outcome judge(const ExpectSpec& expect, const MetricLookup& metrics, const MomentCount& moments);

}  // namespace wrackline::scenarios
