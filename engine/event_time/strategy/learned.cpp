// W18 learned: a linear regression predicts the lateness quantile of the next interval from what the last
// ones showed.
//
// Time of arrival is cut into intervals of `horizon`. At the end of each that has enough records (others are
// extended), the regression learns what the features of the interval before should have said, and says what
// comes next. Features: 1, the p-quantile and the median of the interval's lateness, the p-quantile before
// that, and the rate against its mean; quantiles as multiples of their running mean. Recursive least squares
// with forgetting 0.98; only + - * /, so it is the same everywhere. B is the prediction, at most `cap` times
// the sliding quantile (W11) of the last n records; until eight intervals are learned it is W11. Not
// modelled: hour of day, stalls as features.
#include <array>
#include <cmath>

#include "engine/event_time/sketch/dd_sketch.hpp"
#include "engine/event_time/sketch/order_statistic_window.hpp"
#include "engine/event_time/strategy/parameters.hpp"
#include "engine/event_time/strategy/slack_generator.hpp"

namespace wrackline::event_time::strategy {
namespace {

constexpr std::size_t kFeatures = 5;
using Features = std::array<double, kFeatures>;

/// Recursive least squares.
class Regression {
 public:
  Regression() { forget_all(); }

  double predict(const Features& x) const {
    double sum = 0;
    for (std::size_t i = 0; i < kFeatures; ++i) sum += weights_[i] * x[i];
    return sum;
  }
  void learn(const Features& x, double y) {
    constexpr double kForgetting = 0.98;
    Features gain{};
    double spread = kForgetting;
    for (std::size_t i = 0; i < kFeatures; ++i) {
      for (std::size_t j = 0; j < kFeatures; ++j) gain[i] += covariance_[i][j] * x[j];
      spread += x[i] * gain[i];
    }
    const double error = y - predict(x);
    double trace = 0;
    for (std::size_t i = 0; i < kFeatures; ++i) {
      weights_[i] += gain[i] / spread * error;
      for (std::size_t j = 0; j < kFeatures; ++j)
        covariance_[i][j] = (covariance_[i][j] - gain[i] * gain[j] / spread) / kForgetting;
      trace += covariance_[i][i];
    }
    // Features that do not vary let the covariance grow without end.
    constexpr double kLargestTrace = 1e8;
    if (!(trace < kLargestTrace)) forget_all();
  }

 private:
  /// What it believes without evidence: the next quantile is the last one.
  void forget_all() {
    weights_ = {0, 1, 0, 0, 0};
    covariance_ = {};
    for (std::size_t i = 0; i < kFeatures; ++i) covariance_[i][i] = 1;
  }
  Features weights_{};
  std::array<Features, kFeatures> covariance_{};
};

class Learned {
 public:
  explicit Learned(const Spec& spec)
      : p_{spec.number("p")},
        horizon_ms_{spec.integer("horizon")},
        margin_{spec.number("margin")},
        cap_{spec.number("cap")},
        window_{p_, static_cast<std::size_t>(spec.integer("n"))},
        interval_{0.01, 2048} {}

  bool update(const Observation& seen, std::int64_t lateness_ms, bool) {
    if (!started_) {
      started_ = true;
      interval_start_ms_ = seen.arrival_ms;
    }
    const bool learns =
        seen.arrival_ms - interval_start_ms_ >= horizon_ms_ && interval_.count() >= kFewestRecords;
    if (learns) end_interval(seen.arrival_ms);
    window_.add(lateness_ms);
    interval_.add(lateness_ms);
    const std::int64_t tracked_ms = window_.quantile();
    if (intervals_ < kIntervalsToLearn) {
      slack_ms_ = tracked_ms;
    } else {
      slack_ms_ = std::min(predicted_ms_, whole_ms(cap_ * static_cast<double>(tracked_ms)));
    }
    return learns;
  }
  std::int64_t slack_ms() const { return slack_ms_; }
  std::size_t bytes() const { return window_.bytes() + interval_.bytes(); }

 private:
  static constexpr std::uint64_t kFewestRecords = 20;
  static constexpr std::uint64_t kIntervalsToLearn = 8;

  void end_interval(std::int64_t now_ms) {
    const double quantile = interval_.quantile(p_);
    const double rate =
        static_cast<double>(interval_.count()) / static_cast<double>(now_ms - interval_start_ms_);
    mean_quantile_ = intervals_ == 0 ? quantile : mean_quantile_ + (quantile - mean_quantile_) / 8;
    mean_rate_ = intervals_ == 0 ? rate : mean_rate_ + (rate - mean_rate_) / 8;
    const double unit = mean_quantile_ + 1;
    if (intervals_ > 0) {
      mean_error_ += (std::abs(quantile - predicted_) - mean_error_) / 8;
      regression_.learn(features_, quantile / unit);
    }
    features_ = {1, quantile / unit, interval_.quantile(0.5) / unit, last_quantile_ / unit,
                 mean_rate_ > 0 ? rate / mean_rate_ : 1};
    constexpr double kFurthest = 1e15;
    predicted_ = std::clamp(regression_.predict(features_) * unit, 0.0, kFurthest);
    predicted_ms_ = whole_ms(predicted_ + margin_ * mean_error_);
    last_quantile_ = quantile;
    ++intervals_;
    interval_.clear();
    interval_start_ms_ = now_ms;
  }

  double p_;
  std::int64_t horizon_ms_;
  double margin_;
  double cap_;
  sketch::OrderStatisticWindow window_;
  sketch::DDSketch interval_;
  Regression regression_;
  Features features_{};
  std::int64_t interval_start_ms_ = 0;
  std::uint64_t intervals_ = 0;
  double mean_quantile_ = 0;
  double mean_rate_ = 0;
  double last_quantile_ = 0;
  double mean_error_ = 0;
  double predicted_ = 0;
  std::int64_t predicted_ms_ = 0;
  std::int64_t slack_ms_ = 0;
  bool started_ = false;
};

}  // namespace

const StrategyType& learned_strategy() {
  static const StrategyType type{
      .name = "learned",
      .id = "W18",
      .doc = "A linear regression predicts the lateness quantile of the next interval.",
      .source = "time-series watermarks (Springer 2020, by a survey); recursive least squares",
      .parameters = {quantile(), duration("horizon", "5s", 1, kDayMs, "Length of an interval."),
                     number("margin", "1", 0, 100, "Mean absolute errors that are added to the prediction."),
                     number("cap", "2", 1, 100, "The bound is at most this many times the sliding quantile."),
                     integer("n", "1000", 1, 1e7, "Records of the sliding quantile."), max_silence()},
      .adaptive = true,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<SlackGenerator<Learned>>(Learned{spec}, spec.integer("max_silence"));
      },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
