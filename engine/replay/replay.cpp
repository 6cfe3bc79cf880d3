#include "engine/replay/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <thread>

#include "engine/replay/lane.hpp"
#include "engine/replay/lanes.hpp"

namespace wrackline::replay {

namespace {
/// So many rows go through one lane before the next one has them: they stay in the processor's cache.
constexpr std::size_t kBlockRows = 4096;
}  // namespace

std::unique_ptr<Lane> make_lane(const ReplayConfig& config) {
  assert(config.problems().empty());
  switch (config.window.kind) {
    case WindowKind::tumbling:
    case WindowKind::hopping:
    case WindowKind::cumulate:
      break;
    case WindowKind::session:
      return make_session_lane(config);
    case WindowKind::sliding:
      return make_sliding_lane(config);
    case WindowKind::count:
      return make_count_window_lane(config);
    case WindowKind::global:
      return make_global_lane(config);
  }
  if (config.aggregates.detailed()) return make_detail_lane(config);
  return config.aggregates.counts_only() ? make_count_lane(config) : make_stat_lane(config);
}

Replay::Replay(const std::vector<ReplayConfig>& configs, unsigned threads)
    : threads_{std::max(1U, std::min(threads, static_cast<unsigned>(configs.size())))} {
  for (const ReplayConfig& config : configs) lanes_.push_back(make_lane(config));
}
Replay::~Replay() = default;
Replay::Replay(Replay&&) noexcept = default;
Replay& Replay::operator=(Replay&&) noexcept = default;

std::optional<std::string> Replay::problem_of(const Columns& columns) const {
  const std::size_t count = columns.size();
  if (columns.arrival_ms.size() != count || (!columns.key.empty() && columns.key.size() != count) ||
      (!columns.value.empty() && columns.value.size() != count)) {
    return fmt::format("the columns differ in length: {} event times, {} arrivals, {} keys, {} values", count,
                       columns.arrival_ms.size(), columns.key.size(), columns.value.size());
  }
  // Without a branch for the good case; the bad one looks again.
  std::int64_t last = last_arrival_ms_;
  bool bad = false;
  constexpr auto kRange = 2 * static_cast<std::uint64_t>(kLargestTimeMs);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t arrival = columns.arrival_ms[i];
    bad |= arrival < last;
    bad |= static_cast<std::uint64_t>(arrival) + static_cast<std::uint64_t>(kLargestTimeMs) > kRange;
    bad |=
        static_cast<std::uint64_t>(columns.event_ms[i]) + static_cast<std::uint64_t>(kLargestTimeMs) > kRange;
    last = arrival;
  }
  if (!bad) return std::nullopt;
  last = last_arrival_ms_;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t arrival = columns.arrival_ms[i];
    for (const std::int64_t time : {arrival, columns.event_ms[i]}) {
      if (time < -kLargestTimeMs || time > kLargestTimeMs)
        return fmt::format("row {}: {} is no time in milliseconds (it lies beyond the year 9999)",
                           records_ + i, time);
    }
    if (arrival < last)
      return fmt::format("row {}: arrives at {}, before the row ahead of it ({})", records_ + i, arrival,
                         last);
    last = arrival;
  }
  return std::nullopt;
}

std::optional<std::string> Replay::feed(const Columns& columns) {
  if (auto problem = problem_of(columns)) return problem;
  if (columns.size() == 0) return std::nullopt;
  const auto cancelled = [&] { return cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed); };
  const auto work = [&](std::size_t first) {
    for (std::size_t at = 0; at < columns.size() && !cancelled(); at += kBlockRows) {
      const Columns block = columns.slice(at, std::min(kBlockRows, columns.size() - at));
      for (std::size_t i = first; i < lanes_.size(); i += threads_) lanes_[i]->feed(block);
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads_; ++i) others.emplace_back(work, i);
  work(0);
  for (std::thread& other : others) other.join();
  records_ += columns.size();
  last_arrival_ms_ = columns.arrival_ms.back();
  return std::nullopt;
}

std::vector<ReplayResult> Replay::take(bool at_end) {
  std::vector<ReplayResult> results;
  for (const auto& lane : lanes_) results.push_back(lane->take(at_end));
  return results;
}

ReplayOutcome replay(const std::vector<ReplayConfig>& configs, const Columns& columns, unsigned threads,
                     const std::atomic<bool>* cancelled) {
  Replay whole{configs, threads};
  whole.cancel_on(cancelled);
  if (auto error = whole.feed(columns)) return {{}, std::move(*error)};
  return {whole.finish(), {}};
}

}  // namespace wrackline::replay
