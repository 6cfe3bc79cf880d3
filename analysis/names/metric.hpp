// Every figure that a run reports, declared once: name, unit, meaning. Expectations, the verdict table, JSON,
// the database, documentation and completion are derived from this table; analysis/metrics.hpp looks the
// values up.
//
//   counts      lost, lost.acknowledged, duplicated.sink, anomaly.unseen, ...     0, 1, 2, ...
//   ratios      late_drop_rate, loss_rate, ...                                    an exact fraction
//   latencies   p50(end_to_end), p99(result_latency), mean(...), missing(...)     of a kind of latency
//
// `consumer_lag` is in records, the other kinds are in nanoseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wrackline::analysis {

enum class Unit : std::uint8_t { events, windows, runs, records, ratio, duration };
std::string_view name_of(Unit unit);

/// What a latency or lag is measured between.
enum class Latency : std::uint8_t {
  end_to_end,          ///< true creation of an event -> first visible at the sink
  arrival_to_visible,  ///< the event reached its producer -> first visible at the sink
  result_latency,      ///< end of a window (true time) -> first row of a key of it visible
  watermark_lag,       ///< true now - watermark, sampled on a fixed grid of true time
  consumer_lag,        ///< records between a consumer's position and the high watermark, at each poll
  time_to_recover,     ///< strike of a fault -> the last poll that was slower than before it
};
inline constexpr std::size_t kLatencies = 6;

struct LatencyInfo {
  Latency latency;
  std::string_view name;
  Unit unit;
  std::string_view missing;  ///< what is counted as missing from it
  std::string_view doc;
};
std::span<const LatencyInfo> latencies();
std::string_view name_of(Latency latency);
std::optional<Latency> find_latency(std::string_view name);

/// The part of the run that a figure is about.
enum class Phase : std::uint8_t {
  all,
  steady,  ///< only events created (windows ended, samples taken) after the warm-up and before the steady end
};
std::string_view name_of(Phase phase);
std::optional<Phase> find_phase(std::string_view name);

/// A metric without brackets: a count or a ratio. `id` is the index in the table.
struct MetricInfo {
  std::string name;
  Unit unit = Unit::events;
  std::string doc;
};
/// Counts and ratios of the books, then `anomaly.<name>` for every anomaly.
const std::vector<MetricInfo>& metrics();
const MetricInfo* find_metric(std::string_view name);

/// How a latency is condensed into one number: "p50", "p95", "p99", "p99.9", "mean", "min", "max", "count",
/// "missing".
struct Statistic {
  enum class Kind : std::uint8_t { quantile, mean, min, max, count, missing } kind = Kind::quantile;
  std::uint32_t per_10000 = 5000;  ///< of a quantile
  friend bool operator==(const Statistic&, const Statistic&) = default;
};
std::optional<Statistic> parse_statistic(std::string_view name);

/// A figure to be asked for: either a plain metric or statistic(latency).
struct MetricRef {
  std::string metric;  ///< empty if it is a latency
  Statistic statistic;
  Latency latency = Latency::end_to_end;
  Unit unit = Unit::events;
  friend bool operator==(const MetricRef&, const MetricRef&) = default;
};
/// "lost.acknowledged", "late_drop_rate", "p99(result_latency)". Empty if there is no such figure.
std::optional<MetricRef> parse_metric(std::string_view text);
std::string to_string(const MetricRef& ref);
/// All names a user may write, for completion and "did you mean" (quantiles with p50, p95, p99, p99.9).
std::vector<std::string> metric_names();

}  // namespace wrackline::analysis
