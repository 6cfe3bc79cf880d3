// W11 sliding quantile: the bound is the ceil(p n)-th smallest of the last n latenesses, exactly, renewed
// with every record. While fewer than 1 / (1 - p) records are known that is the greatest one: a cautious
// warm-up.
#include "engine/event_time/sketch/order_statistic_window.hpp"
#include "engine/event_time/strategy/parameters.hpp"
#include "engine/event_time/strategy/slack_generator.hpp"

namespace wrackline::event_time::strategy {
namespace {

class SlidingQuantile {
 public:
  explicit SlidingQuantile(const Spec& spec)
      : window_{spec.number("p"), static_cast<std::size_t>(spec.integer("n"))} {}

  bool update(const Observation&, std::int64_t lateness_ms, bool) {
    window_.add(lateness_ms);
    const std::int64_t before = std::exchange(slack_ms_, window_.quantile());
    return slack_ms_ != before;
  }
  std::int64_t slack_ms() const { return slack_ms_; }
  std::size_t bytes() const { return window_.bytes(); }

 private:
  sketch::OrderStatisticWindow window_;
  std::int64_t slack_ms_ = 0;
};

}  // namespace

const StrategyType& sliding_quantile_strategy() {
  static const StrategyType type{
      .name = "sliding_quantile",
      .id = "W11",
      .doc = "A quantile of the last n latenesses, exactly.",
      .source = "common heuristic; science.md 1.3",
      .parameters = {quantile(), integer("n", "1000", 1, 1e7, "Records in the window."), max_silence()},
      .adaptive = true,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<SlackGenerator<SlidingQuantile>>(SlidingQuantile{spec},
                                                                 spec.integer("max_silence"));
      },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
