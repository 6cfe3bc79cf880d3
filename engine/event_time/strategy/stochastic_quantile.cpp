// W13 stochastic quantile: one number q that steps up by eta p when a record is later than q, and down by eta
// (1 - p) otherwise: it settles where a share p is not later (Robbins, Monro). eta is a share of q, but not
// less than `min_step`, or q = 0 would be a trap.
//
// Warm-up: during the first `warm_up` records the bound is the greatest lateness seen, and q starts at their
// p-quantile. From 0, with steps that are a share of q, it would take thousands of records to arrive.
#include "engine/event_time/sketch/order_statistic_window.hpp"
#include "engine/event_time/strategy/parameters.hpp"
#include "engine/event_time/strategy/slack_generator.hpp"

namespace wrackline::event_time::strategy {
namespace {

class StochasticQuantile {
 public:
  explicit StochasticQuantile(const Spec& spec)
      : p_{spec.number("p")},
        eta_{spec.number("eta")},
        min_step_ms_{static_cast<double>(spec.integer("min_step"))},
        warm_up_{spec.integer("warm_up")},
        first_{p_, static_cast<std::size_t>(std::max<std::int64_t>(warm_up_, 1))} {}

  bool update(const Observation&, std::int64_t lateness_ms, bool) {
    const auto lateness = static_cast<double>(lateness_ms);
    const std::int64_t before = slack_ms_;
    if (warm_up_ > 0) {
      first_.add(lateness_ms);
      slack_ms_ = std::max(slack_ms_, lateness_ms);
      if (--warm_up_ == 0) q_ = static_cast<double>(first_.quantile());
    } else {
      const double step = std::max(min_step_ms_, eta_ * q_);
      q_ = lateness > q_ ? q_ + step * p_ : std::max(0.0, q_ - step * (1 - p_));
      slack_ms_ = whole_ms(q_);
    }
    return slack_ms_ != before;
  }
  std::int64_t slack_ms() const { return slack_ms_; }
  std::size_t bytes() const { return first_.bytes(); }

 private:
  double p_;
  double eta_;
  double min_step_ms_;
  std::int64_t warm_up_;
  sketch::OrderStatisticWindow first_;
  double q_ = 0;
  std::int64_t slack_ms_ = 0;
};

}  // namespace

const StrategyType& stochastic_quantile_strategy() {
  static const StrategyType type{
      .name = "stochastic_quantile",
      .id = "W13",
      .doc = "One number that is nudged towards a quantile of the lateness with every record.",
      .source = "Robbins, Monro 1951",
      .parameters = {quantile(),
                     above({"eta", ParameterType::ratio, "0.01", 0, 1, "Step, as a share of the bound."}),
                     duration("min_step", "1ms", 1, kDayMs, "The step is at least this."),
                     integer("warm_up", "100", 0, 1e9,
                             "For so many records the bound is the greatest lateness."),
                     max_silence()},
      .adaptive = true,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<SlackGenerator<StochasticQuantile>>(StochasticQuantile{spec},
                                                                    spec.integer("max_silence"));
      },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
