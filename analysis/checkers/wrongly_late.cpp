#include "analysis/checkers/wrongly_late.hpp"

#include <algorithm>
#include <optional>

namespace wrackline::analysis {

void WronglyLate::watermark(std::uint32_t job, std::uint32_t /*task*/, std::int64_t /*from_ms*/,
                            std::int64_t to_ms, sim::Time /*at*/) {
  if (job == config_.job) newest_ms_ = std::max(newest_ms_, to_ms);
}

std::int64_t WronglyLate::closes_at(sim::EventId id, std::int64_t event_time_ms) const {
  const WindowShape& window = config_.window;
  if (window.join != nullptr) return window.join->closes_at(id, event_time_ms);
  if (!window.windowed()) return event_time_ms;
  if (window.free != nullptr) return window.free->closes_at(event_time_ms);
  // WindowOperator.isWindowLate: cleanup time (last timestamp + allowed lateness) <= watermark.
  return window.last_start(event_time_ms) + window.size_ms - 1 + window.allowed_lateness_ms;
}

void WronglyLate::dropped(sim::DropReason why, std::uint32_t job, std::span<const sim::EventId> ids,
                          sim::Time at) {
  if (why != sim::DropReason::late || job != config_.job) return;
  // The greatest watermark that clocks without error allow at this moment.
  const std::int64_t honest_ms = config_.start_ms + sim::to_ms(at) - config_.watermark_bound_ms - 1;
  for (const sim::EventId id : ids) {
    const auto facts = facts_.facts_of(id);
    if (!facts) continue;
    std::optional<Cause> cause;
    if (newest_ms_ < closes_at(id, facts->event_time_ms)) {
      cause = Cause::rule;
    } else if (honest_ms < closes_at(id, facts->event_time_ms)) {
      cause = Cause::clock_ahead;
    } else if (honest_ms < closes_at(id, config_.start_ms + sim::to_ms(facts->created))) {
      cause = Cause::clock_behind;
    }
    if (!cause) continue;
    ++causes_[static_cast<std::size_t>(*cause)];
    log_.report(Anomaly::wrongly_late, at, [&] {
      constexpr std::array<std::string_view, 3> kWhy{
          "no watermark had passed its window", "a clock that runs ahead took the watermark beyond true time",
          "its own clock runs behind; by true time its window was open"};
      return "event " + to_string(id) + ": " + std::string{kWhy[static_cast<std::size_t>(*cause)]};
    });
  }
}

}  // namespace wrackline::analysis
