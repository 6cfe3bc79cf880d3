#include "analysis/meters.hpp"

#include <algorithm>

namespace wrackline::analysis {

WatermarkMeter::WatermarkMeter(const Config& config) : config_{config} {
  stat_.steady_from = config.steady_from;
  stat_.steady_until = config.steady_until;
}

void WatermarkMeter::sample(Task& task, sim::Time until) {
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  const std::int64_t points = sim::to_ns(until) / config_.grid.count();
  for (; task.sampled < points; ++task.sampled) {
    const sim::Time at{config_.grid * (task.sampled + 1)};
    if (task.watermark_ms == kNone) {
      stat_.miss(at);
    } else if (task.watermark_ms != kEnd) {
      const sim::Duration event_time = std::chrono::milliseconds{task.watermark_ms - config_.start_ms};
      stat_.insert((at.time_since_epoch() - event_time).count(), at);
    }
  }
}

void WatermarkMeter::watermark(std::uint32_t job, std::uint32_t task, std::int64_t /*from_ms*/,
                               std::int64_t to_ms, sim::Time at) {
  if (job != config_.job) return;
  if (task >= tasks_.size()) tasks_.resize(std::size_t{task} + 1);
  sample(tasks_[task], at);
  tasks_[task].watermark_ms = to_ms;
}

void WatermarkMeter::close(sim::Time at) {
  for (Task& task : tasks_) sample(task, at);
}

std::int64_t WatermarkMeter::least_ms() const {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (const Task& task : tasks_) {
    if (task.watermark_ms != kNone) least = std::min(least, task.watermark_ms);
  }
  return least;
}

LagMeter::LagMeter(sim::Time steady_from, sim::Time steady_until) {
  stat_.steady_from = steady_from;
  stat_.steady_until = steady_until;
}

void LagMeter::committed(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                         sim::Time /*at*/) {
  ends_[p].offset = base + static_cast<std::int64_t>(ids.size());
}

void LagMeter::polled(std::uint32_t /*consumer*/, sim::PartitionRef p, std::int64_t first,
                      std::span<const sim::EventId> /*ids*/, sim::Time at) {
  stat_.insert(std::max(ends_[p].offset - first, std::int64_t{0}), at);
}

void RecoveryMeter::struck(sim::Time at) {
  if (strikes_.empty()) slow_above_ns_ = healthy_.quantile(kP99).value_or(0) + 1'000'000;
  strikes_.push_back({at, at});
}

void RecoveryMeter::polled(std::uint32_t /*consumer*/, sim::PartitionRef /*p*/, std::int64_t /*first*/,
                           std::span<const sim::EventId> ids, sim::Time at) {
  const auto facts = ids.empty() ? std::nullopt : facts_.facts_of(ids.front());
  if (!facts) return;
  const std::int64_t waited = (at - facts->arrives).count();
  if (strikes_.empty()) {
    healthy_.insert(waited);
    return;
  }
  last_poll_slow_ = waited > slow_above_ns_;
  if (!last_poll_slow_) return;
  for (Strike& strike : strikes_) strike.last_slow = at;
}

void RecoveryMeter::close() {
  for (const Strike& strike : strikes_) {
    if (last_poll_slow_) {
      ++stat_.missing;
    } else {
      stat_.seen.insert((strike.last_slow - strike.at).count());
    }
  }
}

}  // namespace wrackline::analysis
