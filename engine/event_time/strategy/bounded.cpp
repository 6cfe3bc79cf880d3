// W2 bounded out-of-orderness: W = M - B - 1 (Flink's BoundedOutOfOrdernessWatermarks). The generator itself
// is inline, in strategy.hpp.
#include "engine/event_time/strategy/parameters.hpp"

namespace wrackline::event_time::strategy {

const StrategyType& bounded_strategy() {
  static const StrategyType type{
      .name = "bounded",
      .id = "W2",
      .doc = "Bounded out-of-orderness: greatest event time seen minus a fixed bound.",
      .source = "Flink WatermarkStrategy.forBoundedOutOfOrderness",
      .parameters = {duration("bound", "0s", 0, kYearMs, "The bound.")},
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<Bounded>(spec.integer("bound"));
      },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
