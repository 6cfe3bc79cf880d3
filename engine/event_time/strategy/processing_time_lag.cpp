// W4 processing-time lag: W = now - B - 1, whatever the records say. It moves when nothing arrives, and a
// stall of the transport longer than B makes everything late (Beam's wall-time watermark estimator).
#include "engine/event_time/strategy/parameters.hpp"

namespace wrackline::event_time::strategy {
namespace {

class ProcessingTimeLag final : public Generator {
 public:
  explicit ProcessingTimeLag(std::int64_t lag_ms) : lag_ms_{lag_ms} {}

  void on_record(const Observation& seen) override { on_periodic(seen.arrival_ms); }
  void on_periodic(std::int64_t now_ms) override { raise_to(saturating_sub(now_ms, lag_ms_ + 1)); }

 private:
  std::int64_t lag_ms_;
};

}  // namespace

const StrategyType& processing_time_lag_strategy() {
  static const StrategyType type{
      .name = "processing_time_lag",
      .id = "W4",
      .doc = "The processor's clock minus a fixed lag, whatever the records say.",
      .source = "Beam WatermarkEstimators.WallTime",
      .parameters = {duration("lag", "1s", 0, kYearMs, "The lag.")},
      .uses_clock = true,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<ProcessingTimeLag>(spec.integer("lag"));
      },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
