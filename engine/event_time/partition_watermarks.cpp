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
  if (emission == Emission::marker && marker_every < 1)
    found.push_back(fmt::format("a marker every {} records is none", marker_every));
  if (kind == Kind::generated && !make) found.push_back("a generated watermark needs a strategy");
  return found;
}

PartitionWatermarks::PartitionWatermarks(const WatermarkStrategy& strategy)
    : strategy_{strategy},
      plain_{strategy.kind != WatermarkStrategy::Kind::generated &&
             strategy.emission != WatermarkStrategy::Emission::marker &&
             strategy.scope == strategy::Scope::partition && strategy.combine == strategy::Combine::min},
      merged_{new_split(0)} {}

PartitionWatermarks::Split PartitionWatermarks::new_split(PartitionId partition) const {
  Split split{.partition = partition,
              .until_marker = strategy_.marker_every,
              .generator = WatermarkGenerator{strategy_}};
  if (strategy_.kind == WatermarkStrategy::Kind::generated) split.generated = strategy_.make();
  return split;
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
  splits_.insert(at, new_split(partition));
  idle_ = false;
}

void PartitionWatermarks::remove_partition(PartitionId partition) {
  const Split* split = find(partition);
  assert(split != nullptr);
  if (split->generated) left_ += split->generated->counters();
  splits_.erase(splits_.begin() + (split - splits_.data()));
  last_ = 0;
  if (splits_.empty()) idle_ = false;
}

void PartitionWatermarks::on_records(PartitionId partition, std::span<const TimestampMs> timestamps) {
  if (timestamps.empty()) return;
  assert(strategy_.emission == WatermarkStrategy::Emission::periodic);
  Split* split = find(partition);
  assert(split != nullptr && "records of a partition that was not added");
  if (!plain_) {
    for (const TimestampMs timestamp : timestamps) on_observation(*split, {timestamp, clock_ms_});
    return;
  }
  split->generator.on_record(*std::max_element(timestamps.begin(), timestamps.end()));
  split->idleness.on_record();
}

TimestampMs PartitionWatermarks::on_observation(Split& split, const strategy::Observation& seen) {
  Split& heard = heard_by(split);
  clock_ms_ = std::max(clock_ms_, seen.arrival_ms);
  if (heard.generated) {
    strategy::Observation in_order = seen;
    in_order.arrival_ms = clock_ms_;
    heard.generated->on_record(in_order);
  } else {
    heard.generator.on_record(seen.event_ms);
  }
  split.idleness.on_record();
  if (strategy_.emission == WatermarkStrategy::Emission::periodic) return current_;
  if (strategy_.emission == WatermarkStrategy::Emission::marker) {
    if (--heard.until_marker > 0) return current_;
    heard.until_marker = strategy_.marker_every;
  }
  publish_one(heard);
  return current_;
}

TimestampMs PartitionWatermarks::on_periodic_emit(std::int64_t now_ms, std::int64_t clock_ms) {
  clock_ms_ = std::max(clock_ms_, clock_ms);
  for (Split& split : splits_) probe(split, now_ms);
  if (strategy_.scope == strategy::Scope::task) probe(merged_, now_ms);
  combine();
  return current_;
}

void PartitionWatermarks::probe(Split& split, std::int64_t now_ms) {
  if (split.generated) split.generated->on_periodic(clock_ms_);
  const bool counts = strategy_.idle_timeout_ms > 0 && &split != &merged_;
  if (counts && split.paused) {
    split.idleness.on_record();  // silence that was imposed is none
  } else if (counts && split.idleness.probe(now_ms, strategy_.idle_timeout_ms)) {
    split.idle = true;
    return;
  }
  if (strategy_.emission == WatermarkStrategy::Emission::marker) return;
  // "Any watermark emitted on a split output, even one that does not advance, makes the split active
  // again": a generator without a record has nothing to emit and stays as it is.
  const TimestampMs said = split.says();
  if (said == kMinTimestamp) return;
  split.idle = false;
  split.published = std::max(split.published, said);
}

void PartitionWatermarks::on_batch_end(std::int64_t clock_ms) {
  if (plain_) return;
  clock_ms_ = std::max(clock_ms_, clock_ms);
  for (Split& split : splits_) {
    if (split.generated) split.generated->on_batch_end(clock_ms_);
  }
  if (merged_.generated) merged_.generated->on_batch_end(clock_ms_);
}

void PartitionWatermarks::set_backlog(PartitionId partition, std::int64_t records) {
  Split& heard = heard_by(*find(partition));
  if (heard.generated) heard.generated->set_backlog(records);
}

void PartitionWatermarks::combine() {
  if (splits_.empty()) return;
  if (strategy_.scope == strategy::Scope::task) {
    current_ = std::max(current_, merged_.published);
    return;
  }
  TimestampMs lowest = kMaxTimestamp;
  TimestampMs highest = kMinTimestamp;
  TimestampMs highest_active = kMinTimestamp;
  bool all_idle = true;
  for (const Split& split : splits_) {
    highest = std::max(highest, split.published);
    if (split.idle) continue;
    all_idle = false;
    lowest = std::min(lowest, split.published);
    highest_active = std::max(highest_active, split.published);
  }
  idle_ = all_idle;
  if (!all_idle) {
    current_ = std::max(current_, strategy_.combine == strategy::Combine::min ? lowest : highest_active);
  } else if (strategy_.all_idle == WatermarkStrategy::AllIdle::flush_max) {
    current_ = std::max(current_, highest);
  }
}

strategy::Counters PartitionWatermarks::counters() const {
  strategy::Counters sum = left_;
  for (const Split& split : splits_) {
    if (split.generated) sum += split.generated->counters();
  }
  if (merged_.generated) sum += merged_.generated->counters();
  return sum;
}

PartitionId PartitionWatermarks::slowest_partition() const {
  assert(!splits_.empty());
  const auto slower = [](const Split& a, const Split& b) {
    return a.idle != b.idle ? !a.idle : a.published < b.published;
  };
  return std::min_element(splits_.begin(), splits_.end(), slower)->partition;
}

}  // namespace wrackline::event_time
