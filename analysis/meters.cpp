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

void RecoveryMeter::polled(std::uint32_t /*consumer*/, sim::PartitionRef /*p*/, std::int64_t /*first*/,
                           std::span<const sim::EventId> ids, sim::Time at) {
  const auto facts = ids.empty() ? std::nullopt : facts_.facts_of(ids.front());
  if (!facts) return;
  const auto slot = static_cast<std::size_t>(at.time_since_epoch() / kSlot);
  if (slot >= worst_ns_.size()) worst_ns_.resize(slot + 1, -1);
  worst_ns_[slot] = std::max(worst_ns_[slot], (at - facts->arrives).count());
}

void RecoveryMeter::close() {
  if (strikes_.empty()) return;
  const sim::Time first = *std::min_element(strikes_.begin(), strikes_.end());
  const auto healthy_slots =
      std::min(worst_ns_.size(), static_cast<std::size_t>(first.time_since_epoch() / kSlot));
  Histogram healthy;
  for (std::size_t i = 0; i < healthy_slots; ++i) {
    if (worst_ns_[i] >= 0) healthy.insert(worst_ns_[i]);
  }
  const std::int64_t slow_above_ns = healthy.quantile(kP99).value_or(0) + 1'000'000;
  std::size_t slow_until = 0;  // first slot after the last slow one
  std::size_t polled_until = 0;
  for (std::size_t i = healthy_slots; i < worst_ns_.size(); ++i) {
    if (worst_ns_[i] >= 0) polled_until = i + 1;
    if (worst_ns_[i] > slow_above_ns) slow_until = i + 1;
  }
  for (const sim::Time strike : strikes_) {
    if (slow_until != 0 && slow_until == polled_until) {
      ++stat_.missing;  // slow to the end
      continue;
    }
    const sim::Time recovered{kSlot * static_cast<std::int64_t>(slow_until)};
    stat_.seen.insert(std::max((recovered - strike).count(), std::int64_t{0}));
  }
}

}  // namespace wrackline::analysis
