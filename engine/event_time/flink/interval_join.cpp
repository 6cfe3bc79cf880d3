#include "engine/event_time/flink/interval_join.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::event_time::flink {

std::vector<std::string> IntervalJoinConfig::problems() const {
  if (lower_ms > upper_ms) return {"lowerBound <= upperBound must be fulfilled"};
  return {};
}

IntervalJoin::IntervalJoin(const IntervalJoinConfig& config)
    : lower_{config.lower_inclusive ? config.lower_ms : wrapping_add(config.lower_ms, 1)},
      upper_{config.upper_inclusive ? config.upper_ms : wrapping_sub(config.upper_ms, 1)} {
  assert(config.problems().empty());
}

IntervalJoin::Verdict IntervalJoin::add(JoinSide side, std::uint32_t key, std::uint64_t element,
                                        TimestampMs timestamp, std::vector<JoinPair>& pairs) {
  if (timestamp == kMinTimestamp) return Verdict::no_timestamp;
  if (timestamp < watermark_) return Verdict::late;
  const bool left = side == JoinSide::left;
  buffers_[{key, side}][timestamp].push_back(element);

  const std::int64_t from = left ? lower_ : wrapping_sub(0, upper_);
  const std::int64_t to = left ? upper_ : wrapping_sub(0, lower_);
  const auto other = buffers_.find({key, left ? JoinSide::right : JoinSide::left});
  if (other != buffers_.end()) {
    for (const auto& [at, elements] : other->second) {
      if (at < wrapping_add(timestamp, from) || at > wrapping_add(timestamp, to)) continue;
      for (const std::uint64_t match : elements)
        pairs.push_back({left ? element : match, left ? match : element, left ? timestamp : at,
                         left ? at : timestamp, std::max(timestamp, at)});
    }
  }
  timers_.insert({to > 0 ? wrapping_add(timestamp, to) : timestamp, key, side});
  return Verdict::joined;
}

void IntervalJoin::advance_watermark(TimestampMs watermark) {
  watermark_ = watermark;
  while (!timers_.empty() && timers_.begin()->timestamp <= watermark) {
    const Timer timer = *timers_.begin();
    timers_.erase(timers_.begin());
    const std::int64_t to = timer.side == JoinSide::left ? upper_ : wrapping_sub(0, lower_);
    const auto buffer = buffers_.find({timer.key, timer.side});
    if (buffer == buffers_.end()) continue;
    buffer->second.erase(to > 0 ? wrapping_sub(timer.timestamp, to) : timer.timestamp);
    if (buffer->second.empty()) buffers_.erase(buffer);
  }
}

}  // namespace wrackline::event_time::flink
