#include "engine/replay/config.hpp"

#include <fmt/format.h>

#include <utility>

#include "engine/event_time/strategy/text.hpp"

namespace wrackline::replay {

namespace strategy = event_time::strategy;

namespace {

constexpr std::int64_t kLongestMs = std::int64_t{100} * 365 * 86'400'000;

/// Early panes and lateness, where they mean something.
std::vector<std::string> pane_problems(const ReplayConfig& config) {
  std::vector<std::string> found;
  const bool by_number = config.early_every_records > 0;
  const bool early = config.early_every_ms > 0 || by_number;
  const bool accumulates = config.accumulation == event_time::window::PanePolicy::Accumulation::accumulating;
  if (config.early_every_records < 0)
    found.push_back(
        fmt::format("the records of an early pane must be 0 or more, not {}", config.early_every_records));
  if (config.window.kind == WindowKind::count && (early || !accumulates))
    found.emplace_back("a count window has one pane: there are no early ones");
  if (!ends_in_time(config.window.kind) && config.allowed_lateness_ms != 0)
    found.emplace_back(
        "count and global windows have no end in event time: nothing is late for them, and allowed "
        "lateness is nothing");
  if (config.window.kind == WindowKind::global && !early)
    found.emplace_back("a global window never ends: only early panes make it speak");
  if (ends_in_time(config.window.kind) && (by_number || !accumulates))
    found.emplace_back(
        "early panes by number, discarding and retracting ones: of global windows only in a replay "
        "(a job, and wrackline.WindowOperator, have them for all)");
  return found;
}

}  // namespace

std::vector<std::string> ReplayConfig::problems() const {
  std::vector<std::string> found = strategy::problems(watermark.spec);
  const auto refuse = [&](std::string why) { found.push_back(std::move(why)); };
  for (std::string& problem : window.problems()) refuse(std::move(problem));
  for (std::string& problem : aggregates.problems()) refuse(std::move(problem));
  for (std::string& problem : pane_problems(*this)) refuse(std::move(problem));
  const strategy::Options& options = watermark.options;
  if (watermark.spec.type->needs_trace)
    refuse(fmt::format("{} needs the whole trace beforehand; it can not be replayed chunk by chunk",
                       watermark.spec.type->name));
  if (options.max_drift_ms >= 0)
    refuse("alignment (max_drift) pauses sources; a replay can not, the records have arrived");
  if (options.propagation == strategy::Propagation::out_of_band)
    refuse("out-of-band propagation is between tasks; a replay has one");
  if (options.interval_ms <= 0) refuse("the watermark interval must be longer than nothing");
  const auto duration = [&](std::int64_t ms, std::string_view what) {
    if (ms < 0 || ms > kLongestMs)
      refuse(fmt::format("{} must be between 0s and 36500d, not {}", what, strategy::format_duration_ms(ms)));
  };
  duration(allowed_lateness_ms, "the allowed lateness");
  duration(early_every_ms, "the interval of early panes");
  duration(phase_ms, "the phase");
  if (max_future_skew_ms) duration(*max_future_skew_ms, "the largest future skew");
  if (max_age_ms) duration(*max_age_ms, "the largest age");
  return found;
}

}  // namespace wrackline::replay
