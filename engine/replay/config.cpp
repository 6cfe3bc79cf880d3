#include "engine/replay/config.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "engine/event_time/strategy/text.hpp"

namespace wrackline::replay {

namespace strategy = event_time::strategy;

namespace {
constexpr std::array<std::pair<std::string_view, Aggregate>, 5> kAggregates{{{"count", Aggregate::count},
                                                                             {"sum", Aggregate::sum},
                                                                             {"min", Aggregate::min},
                                                                             {"max", Aggregate::max},
                                                                             {"mean", Aggregate::mean}}};
constexpr std::int64_t kLongestMs = std::int64_t{100} * 365 * 86'400'000;
}  // namespace

std::optional<Aggregate> parse_aggregate(std::string_view name) {
  for (const auto& [text, aggregate] : kAggregates)
    if (text == name) return aggregate;
  return std::nullopt;
}
std::string_view to_string(Aggregate aggregate) {
  return kAggregates[static_cast<std::size_t>(aggregate)].first;
}
std::uint64_t partial_bytes(Aggregate aggregate) { return aggregate == Aggregate::mean ? 16 : 8; }

std::vector<std::string> ReplayConfig::problems() const {
  std::vector<std::string> found = strategy::problems(watermark.spec);
  const auto refuse = [&](std::string why) { found.push_back(std::move(why)); };
  for (std::string& problem : window.problems()) refuse(std::move(problem));
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
