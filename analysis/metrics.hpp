// The value of a declared figure (names/metric.hpp) in a result. Exact: a ratio stays a fraction until it is
// printed or compared.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "analysis/names/metric.hpp"
#include "analysis/run_result.hpp"

namespace wrackline::analysis {

struct MetricValue {
  Unit unit = Unit::events;
  std::int64_t value = 0;        ///< ns for durations; the numerator of a ratio
  std::int64_t denominator = 1;  ///< other than 1 for ratios only
  std::uint64_t missing = 0;     ///< of a latency: events that have none
};

/// Nothing if the figure can not be told: a quantile of no values, a ratio to no events.
std::optional<MetricValue> evaluate(const RunResult& result, const MetricRef& ref, Phase phase = Phase::all);
/// Same, by name ("lost", "p99(end_to_end)"); the name must exist.
std::optional<MetricValue> evaluate(const RunResult& result, std::string_view name, Phase phase = Phase::all);

/// value <=> number/denominator, in the unit of the value (ns for durations), without rounding.
std::strong_ordering compare(const MetricValue& value, std::int64_t number, std::int64_t denominator = 1);

/// For people: "1 204", "0.42 %", "17.2 ms". Three significant digits for ratios and durations, in integers.
std::string to_text(const MetricValue& value);
std::string duration_text(std::int64_t ns);
std::string ratio_text(std::uint64_t part, std::uint64_t whole);
std::string count_text(std::uint64_t n);

}  // namespace wrackline::analysis
