#include "engine/event_time/strategy/aq_k_slack.hpp"

#include <cmath>

#include "engine/event_time/strategy/parameters.hpp"
#include "engine/event_time/strategy/slack_generator.hpp"
#include "sim/math.hpp"

namespace wrackline::event_time::strategy {

double required_coverage(double error, double z, double squared_cv, double n) {
  const double spread = z * z * (1 + squared_cv) / n;
  const double a = 1 + spread;
  const double b = 2 * (1 - error) + spread;
  const double c = (1 - error) * (1 - error);
  return (b - std::sqrt(std::max(0.0, b * b - 4 * a * c))) / (2 * a);
}

AqKSlack::AqKSlack(const Spec& spec)
    : error_{spec.number("error")},
      z_{sim::math::normal_quantile((1 + spec.number("confidence")) / 2)},
      kp_{spec.number("kp")},
      kd_{spec.number("kd")},
      batch_{spec.integer("batch")},
      max_k_ms_{spec.integer("max_k")} {}

bool AqKSlack::update(const Observation& seen, std::int64_t lateness_ms, bool behind) {
  greatest_ms_ = std::max(greatest_ms_, std::min(lateness_ms, max_k_ms_));
  ++records_;
  on_time_ += behind ? 0 : 1;
  const auto value = static_cast<double>(seen.value);
  const double distance = value - mean_;
  mean_ += distance / static_cast<double>(records_);
  squares_ += distance * (value - mean_);
  const double before = alpha_;
  if (records_ == batch_) control();
  k_ms_ = alpha_ == 1 ? greatest_ms_ : whole_ms(alpha_ * static_cast<double>(greatest_ms_));
  return alpha_ != before;
}

void AqKSlack::control() {
  const auto n = static_cast<double>(records_);
  // Values around zero have no coefficient of variation; any loss may then matter.
  const double wanted = mean_ == 0 ? 1 : required_coverage(error_, z_, squares_ / n / (mean_ * mean_), n);
  const double miss = wanted - static_cast<double>(on_time_) / n;
  alpha_ = std::clamp(std::abs(alpha_ + kp_ * miss + kd_ * (miss - last_miss_)), 0.0, 1.0);
  last_miss_ = miss;
  records_ = on_time_ = 0;
  mean_ = squares_ = 0;
}

const StrategyType& aq_k_slack_strategy() {
  static const StrategyType type{
      .name = "aq_k_slack",
      .id = "W10",
      .doc = "A share of the greatest lateness, steered so that an aggregate's error stays within its bound.",
      .source = "Ji et al., DEBS 2015; defaults as in the Siddhi extension",
      .parameters = {{.name = "error",
                      .type = ParameterType::ratio,
                      .default_text = "0.03",
                      .min = 0,
                      .max = 1,
                      .doc = "Relative error of the mean that may happen.",
                      .exclusive_max = true},
                     {.name = "confidence",
                      .type = ParameterType::ratio,
                      .default_text = "0.95",
                      .min = 0,
                      .max = 1,
                      .doc = "Probability that the error stays within it.",
                      .exclusive_min = true,
                      .exclusive_max = true},
                     integer("batch", "10000", 2, 1e9, "Records between two adaptations."),
                     number("kp", "0.5", 0, 100, "Proportional gain."),
                     number("kd", "0.8", 0, 100, "Derivative gain."),
                     duration("max_k", "36525d", 0, 36525 * kDayMs,
                              "The greatest lateness never counts as more."),
                     max_silence()},
      .adaptive = true,
      .uses_values = true,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<SlackGenerator<AqKSlack>>(AqKSlack{spec}, spec.integer("max_silence"));
      },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
