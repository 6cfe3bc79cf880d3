// W1 ascending: timestamps are believed to arrive in order, W = M - 1 (Flink's forMonotonousTimestamps).
#include "engine/event_time/strategy/catalogue.hpp"

namespace wrackline::event_time::strategy {

const StrategyType& ascending_strategy() {
  static const StrategyType type{
      .name = "ascending",
      .id = "W1",
      .doc = "Believes that timestamps never fall: the greatest event time seen.",
      .source = "Flink WatermarkStrategy.forMonotonousTimestamps",
      .parameters = {},
      .make = [](const Spec&) -> std::unique_ptr<Generator> { return std::make_unique<Bounded>(0); },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
