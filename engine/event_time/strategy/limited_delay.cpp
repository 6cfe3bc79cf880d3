// W6 limited delay: W = min(now, M) - B - 1 while records wait; once caught up the clock takes over, W = now
// - B - 1, so a quiet partition does not hold the others back and a timestamp from the future does not run
// ahead of the clock.
//
// Modelled: Beam's CustomTimestampPolicyWithLimitedDelay (KafkaIO). The backlog is what set_backlog() said
// last; nobody said anything: none. Before the first record it says nothing.
#include "engine/event_time/strategy/parameters.hpp"

namespace wrackline::event_time::strategy {
namespace {

class LimitedDelay final : public Generator {
 public:
  explicit LimitedDelay(std::int64_t delay_ms) : delay_ms_{delay_ms} {}

  void on_record(const Observation& seen) override {
    any_ = true;
    max_ = std::max(max_, seen.event_ms);
    raise_to(saturating_sub(std::min(seen.arrival_ms, max_), delay_ms_ + 1));
  }
  void on_periodic(std::int64_t now_ms) override {
    if (!any_) return;
    const bool caught_up = backlog() == 0 && saturating_sub(now_ms, delay_ms_) > max_;
    raise_to(saturating_sub(caught_up ? now_ms : std::min(now_ms, max_), delay_ms_ + 1));
  }
  std::int64_t slack_ms() const override { return delay_ms_; }

 private:
  std::int64_t delay_ms_;
  TimestampMs max_ = kMinTimestamp;
  bool any_ = false;
};

}  // namespace

const StrategyType& limited_delay_strategy() {
  static const StrategyType type{
      .name = "limited_delay",
      .id = "W6",
      .doc = "Bounded while records wait, the clock minus the bound once the partition is caught up.",
      .source = "Beam KafkaIO CustomTimestampPolicyWithLimitedDelay",
      .parameters = {duration("delay", "1s", 0, kYearMs, "The bound.")},
      .uses_clock = true,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<LimitedDelay>(spec.integer("delay"));
      },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
