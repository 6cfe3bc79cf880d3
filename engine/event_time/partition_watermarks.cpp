#include "engine/event_time/partition_watermarks.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

namespace wrackline::event_time {

std::vector<std::string> WatermarkStrategy::problems() const {
  std::vector<std::string> found;
  constexpr std::int64_t kLongestBoundMs = kMaxTimestamp / 4;
  if (bound_ms < 0 || bound_ms > kLongestBoundMs)
    found.push_back(fmt::format("bounded watermark: the bound must be 0 ms or more, not {} ms", bound_ms));
  if (interval_ms <= 0)
    found.push_back(fmt::format("the watermark interval must be greater than 0 ms, not {} ms", interval_ms));
  if (idle_timeout_ms < 0)
    found.push_back(fmt::format("the idle timeout must be greater than 0 ms (0: never idle), not {} ms",
                                idle_timeout_ms));
  return found;
}

const PartitionWatermarks::Split* PartitionWatermarks::find_slowly(PartitionId partition) const {
  const auto at = std::lower_bound(splits_.begin(), splits_.end(), partition,
                                   [](const Split& split, PartitionId id) { return split.partition < id; });
  if (at == splits_.end() || at->partition != partition) return nullptr;
  last_ = static_cast<std::size_t>(at - splits_.begin());
  return &*at;
}

void PartitionWatermarks::add_partition(PartitionId partition) {
  assert(find(partition) == nullptr);
  const auto at = std::lower_bound(splits_.begin(), splits_.end(), partition,
                                   [](const Split& split, PartitionId id) { return split.partition < id; });
  splits_.insert(at, Split{.partition = partition, .generator = WatermarkGenerator{strategy_}});
  idle_ = false;
}

void PartitionWatermarks::remove_partition(PartitionId partition) {
  const Split* split = find(partition);
  assert(split != nullptr);
  splits_.erase(splits_.begin() + (split - splits_.data()));
  last_ = 0;
  if (splits_.empty()) idle_ = false;
}

void PartitionWatermarks::on_records(PartitionId partition, std::span<const TimestampMs> timestamps) {
  if (timestamps.empty()) return;
  assert(strategy_.emission == WatermarkStrategy::Emission::periodic);
  Split* split = find(partition);
  assert(split != nullptr && "records of a partition that was not added");
  split->generator.on_record(*std::max_element(timestamps.begin(), timestamps.end()));
  split->idleness.on_record();
}

TimestampMs PartitionWatermarks::on_periodic_emit(std::int64_t now_ms) {
  for (Split& split : splits_) {
    if (strategy_.idle_timeout_ms > 0 && split.idleness.probe(now_ms, strategy_.idle_timeout_ms)) {
      split.idle = true;
      continue;
    }
    // "Any watermark emitted on a split output, even one that does not advance, makes the split active
    // again": a generator without a record has nothing to emit and stays as it is.
    const TimestampMs said = split.generator.watermark();
    if (said == kMinTimestamp) continue;
    split.idle = false;
    split.published = std::max(split.published, said);
  }
  combine();
  return current_;
}

void PartitionWatermarks::combine() {
  if (splits_.empty()) return;
  TimestampMs lowest = kMaxTimestamp;
  TimestampMs highest = kMinTimestamp;
  bool all_idle = true;
  for (const Split& split : splits_) {
    highest = std::max(highest, split.published);
    if (split.idle) continue;
    all_idle = false;
    lowest = std::min(lowest, split.published);
  }
  idle_ = all_idle;
  if (!all_idle) {
    current_ = std::max(current_, lowest);
  } else if (strategy_.all_idle == WatermarkStrategy::AllIdle::flush_max) {
    current_ = std::max(current_, highest);
  }
}

PartitionId PartitionWatermarks::slowest_partition() const {
  assert(!splits_.empty());
  const auto slower = [](const Split& a, const Split& b) {
    return a.idle != b.idle ? !a.idle : a.published < b.published;
  };
  return std::min_element(splits_.begin(), splits_.end(), slower)->partition;
}

}  // namespace wrackline::event_time
