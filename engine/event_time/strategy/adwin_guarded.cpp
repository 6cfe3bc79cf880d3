// W15b, the sturdier use of ADWIN (science.md 1.2, ours): ADWIN chooses how far back the lateness is judged,
// not whether to speak.
//
// ln(1 + L) goes into ADWIN(delta), over the logarithm of a day because ADWIN's formula is meant for values
// up to 1. B = mean + factor * sd of the latenesses that are still in ADWIN's window, renewed at each change
// and at least every `period` of arrival time; W = M - B - 1 with every record. An outer loop looks at the
// records behind in each 1000: above `late_rate` the factor grows by 10 %, below half of it it shrinks by 5
// %. During the warm-up the bound is the greatest lateness seen; after it a single absurd record is no more
// than one value among many.
#include <cmath>

#include "engine/event_time/sketch/adwin.hpp"
#include "engine/event_time/strategy/parameters.hpp"
#include "engine/event_time/strategy/slack_generator.hpp"
#include "sim/math.hpp"

namespace wrackline::event_time::strategy {
namespace {

constexpr std::int64_t kJudgedRecords = 1000;

class AdwinGuarded {
 public:
  explicit AdwinGuarded(const Spec& spec)
      : late_rate_{spec.number("late_rate")},
        factor_{spec.number("factor")},
        period_ms_{spec.integer("period")},
        warm_up_{spec.integer("warm_up")},
        scale_{sim::math::log1p(kDayMs)},
        adwin_{spec.number("delta"), static_cast<std::uint32_t>(spec.integer("min_clock"))} {}

  bool update(const Observation& seen, std::int64_t lateness_ms, bool behind) {
    const bool changed = adwin_.add(sim::math::log1p(static_cast<double>(lateness_ms)) / scale_,
                                    static_cast<double>(lateness_ms));
    judge(behind);
    if (warm_up_ > 0) {
      if (--warm_up_ > 0) {
        slack_ms_ = std::max(slack_ms_, lateness_ms);
        return false;
      }
      renew(seen.arrival_ms);
    } else if (changed || seen.arrival_ms - renewed_ms_ >= period_ms_) {
      renew(seen.arrival_ms);
    }
    return changed;
  }
  std::int64_t slack_ms() const { return slack_ms_; }
  std::size_t bytes() const { return adwin_.bytes(); }

 private:
  void renew(std::int64_t now_ms) {
    renewed_ms_ = now_ms;
    const double bound = adwin_.payload_mean() + factor_ * std::sqrt(adwin_.payload_variance());
    slack_ms_ = whole_ms(bound);
  }
  void judge(bool behind) {
    late_ += behind ? 1 : 0;
    if (++judged_ < kJudgedRecords) return;
    const double rate = static_cast<double>(late_) / static_cast<double>(judged_);
    if (rate > late_rate_) factor_ *= 1.1;
    if (rate < late_rate_ / 2) factor_ *= 0.95;
    judged_ = late_ = 0;
  }

  double late_rate_;
  double factor_;
  std::int64_t period_ms_;
  std::int64_t warm_up_;
  double scale_;
  sketch::Adwin adwin_;
  std::int64_t slack_ms_ = 0;
  std::int64_t renewed_ms_ = 0;
  std::int64_t judged_ = 0;
  std::int64_t late_ = 0;
};

}  // namespace

const StrategyType& adwin_guarded_strategy() {
  static const StrategyType type{
      .name = "adwin_guarded",
      .id = "W15b",
      .doc =
          "Mean and deviation of the lateness since ADWIN's last change, steered to a share of late records.",
      .source = "science.md 1.2, after Awad, Traub, Sakr, EDBT 2019",
      .parameters = {above({"late_rate", ParameterType::ratio, "0.01", 0, 1,
                            "The share of records that may be behind."}),
                     number("factor", "3", 0, 100, "Deviations above the mean, to start with."),
                     above({"delta", ParameterType::ratio, "0.002", 0, 1, "ADWIN's confidence."}),
                     integer("min_clock", "32", 1, 1e6, "ADWIN looks for a change every so many records."),
                     duration("period", "1s", 0, kDayMs, "The bound is renewed at least so often."),
                     integer("warm_up", "100", 1, 1e9,
                             "For so many records the bound is the greatest lateness."),
                     max_silence()},
      .adaptive = true,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<SlackGenerator<AdwinGuarded>>(AdwinGuarded{spec},
                                                              spec.integer("max_silence"));
      },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
