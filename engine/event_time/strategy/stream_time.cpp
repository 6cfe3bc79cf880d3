// W8 stream time and grace: M of the task; a window closes when M >= end + grace, which is the test of a
// bounded watermark with that bound. No watermark messages exist: meant for per-record emission (interval 0).
#include "engine/event_time/strategy/parameters.hpp"

namespace wrackline::event_time::strategy {

const StrategyType& stream_time_strategy() {
  static const StrategyType type{
      .name = "stream_time",
      .id = "W8",
      .doc = "Stream time of the task; windows close a grace period after their end.",
      .source = "Kafka Streams; its old default grace was 24 h, the new API demands a choice",
      .parameters = {duration("grace", "24h", 0, kYearMs, "The grace period.")},
      .default_scope = Scope::task,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<Bounded>(spec.integer("grace"));
      },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
