// W14 moving averages, as TCP sets its retransmission timer: mean m and mean deviation v of the lateness,
// v += (|L - m| - v) / 4, then m += (L - m) / 8, B = m + 4 v (RFC 6298's gains). Both start at 0, which is
// what the first record says: it is never late.
#include <cmath>

#include "engine/event_time/strategy/parameters.hpp"
#include "engine/event_time/strategy/slack_generator.hpp"

namespace wrackline::event_time::strategy {
namespace {

class Ewma {
 public:
  explicit Ewma(const Spec& spec)
      : factor_{spec.number("factor")},
        mean_gain_{spec.number("mean_gain")},
        deviation_gain_{spec.number("deviation_gain")} {}

  bool update(const Observation&, std::int64_t lateness_ms, bool) {
    const double distance = static_cast<double>(lateness_ms) - mean_;
    deviation_ += (std::abs(distance) - deviation_) * deviation_gain_;
    mean_ += distance * mean_gain_;
    const std::int64_t before = slack_ms_;
    slack_ms_ = whole_ms(mean_ + factor_ * deviation_);
    return slack_ms_ != before;
  }
  std::int64_t slack_ms() const { return slack_ms_; }
  std::size_t bytes() const { return 0; }

 private:
  double factor_;
  double mean_gain_;
  double deviation_gain_;
  double mean_ = 0;
  double deviation_ = 0;
  std::int64_t slack_ms_ = 0;
};

}  // namespace

const StrategyType& ewma_strategy() {
  static const StrategyType type{
      .name = "ewma",
      .id = "W14",
      .doc = "Moving mean of the lateness plus four times its moving deviation, as TCP sets its timer.",
      .source = "RFC 6298",
      .parameters = {number("factor", "4", 0, 1000, "Deviations above the mean."),
                     above(number("mean_gain", "0.125", 0, 1, "Gain of the mean.")),
                     above(number("deviation_gain", "0.25", 0, 1, "Gain of the deviation.")), max_silence()},
      .adaptive = true,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<SlackGenerator<Ewma>>(Ewma{spec}, spec.integer("max_silence"));
      },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
