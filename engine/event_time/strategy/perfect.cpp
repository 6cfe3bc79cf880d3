#include "engine/event_time/strategy/perfect.hpp"

#include <cassert>

#include "engine/event_time/strategy/catalogue.hpp"

namespace wrackline::event_time::strategy {

Perfect::Perfect(std::span<const TimestampMs> event_ms) : least_later_(event_ms.size()) {
  TimestampMs least = kMaxTimestamp;
  for (std::size_t row = event_ms.size(); row-- > 0;) {
    least_later_[row] = least;
    least = std::min(least, event_ms[row]);
  }
  // Before the first record: all are still to come.
  if (!event_ms.empty()) raise_to(saturating_sub(least, 1));
}

void Perfect::on_record(const Observation& seen) {
  assert(next_ < least_later_.size() && seen.event_ms > watermark() && "not the trace that was announced");
  const TimestampMs least = least_later_[next_++];
  raise_to(least == kMaxTimestamp ? kMaxTimestamp : saturating_sub(least, 1));
}

const StrategyType& perfect_strategy() {
  static const StrategyType type{
      .name = "perfect",
      .id = "W17",
      .doc =
          "What someone who has seen the whole trace would say: nothing is late, nothing waits longer than "
          "it must.",
      .source = "science.md 1: the bound for all others",
      .parameters = {},
      .needs_trace = true,
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
