// W16 percentile low watermark: not the oldest of the event times at hand, but the one that a share p of them
// is not older than: stragglers beyond that are given up. The last n records stand for the work at hand.
//
// Its lag is the time that some p * n records take: at twice the rate it is half as long.
//
// From: MillWheel (VLDB 2013) mentions percentile low watermarks; the rank rule is that of W11. Not modelled:
// pending work of several stages.
#include "engine/event_time/sketch/order_statistic_window.hpp"
#include "engine/event_time/strategy/parameters.hpp"
#include "engine/event_time/strategy/slack_generator.hpp"

namespace wrackline::event_time::strategy {
namespace {

class PercentileLow final : public Generator {
 public:
  explicit PercentileLow(const Spec& spec)
      : window_{1 - spec.number("p"), static_cast<std::size_t>(spec.integer("n"))},
        silence_{spec.integer("max_silence")} {}

  void on_record(const Observation& seen) override {
    silence_.note(times_.add(seen.event_ms));
    window_.add(seen.event_ms);
    if (raise_to(saturating_sub(window_.quantile(), 1))) {
      silence_.moved();
      return;
    }
    if (times_.newest()) silence_.held(seen.arrival_ms);
    break_silence(seen.arrival_ms);
  }
  void on_periodic(std::int64_t now_ms) override {
    if (times_.any()) break_silence(now_ms);
  }
  std::int64_t slack_ms() const override {
    return times_.any() ? saturating_sub(times_.max(), watermark() + 1) : 0;
  }
  std::size_t state_bytes() const override { return window_.bytes() + silence_.bytes(); }

 private:
  void break_silence(std::int64_t now_ms) {
    if (!silence_.due(now_ms) || !raise_to(times_.less(silence_.slack_ms()))) return;
    silence_.moved();
    ++counters_.fallbacks;
  }

  sketch::OrderStatisticWindow window_;
  EventTimes times_;
  SilenceGuard silence_;
};

}  // namespace

const StrategyType& percentile_low_strategy() {
  static const StrategyType type{
      .name = "percentile_low",
      .id = "W16",
      .doc = "The event time that a share p of the recent records is not older than.",
      .source = "MillWheel, VLDB 2013",
      .parameters = {quantile("0.95"),
                     integer("n", "100", 1, 1e7, "Records that stand for the work at hand."), max_silence()},
      .adaptive = true,
      .lag_by_records = true,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<PercentileLow>(spec);
      },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
