// W15 ADWIN watermark, as published: a watermark only when ADWIN sees the delays change.
//
// Modelled, after Awad, Traub, Sakr (EDBT 2019) as described in science.md 1.2: warm-up without a watermark,
// A = the greatest |arrival - event| of the warm-up; then |arrival - event| / A goes into ADWIN(delta), and
// at a change W = chunk max - A
// - 1, if the chunk has moved clear of the old watermark and is not too late; delta follows the share of
// late records. Faithful in its weaknesses: on stationary delays it hardly ever speaks, A never shrinks
// unless `renew_a` is set, and one absurd record during the warm-up fixes A for ever. Added: the maximum
// silence; 0 gives the published method alone. adwin_guarded.cpp is the sturdier one.
#include "engine/event_time/sketch/adwin.hpp"
#include "engine/event_time/strategy/parameters.hpp"
#include "engine/event_time/strategy/slack_generator.hpp"

namespace wrackline::event_time::strategy {
namespace {

class AdwinWatermark final : public Generator {
 public:
  explicit AdwinWatermark(const Spec& spec)
      : change_rate_{spec.number("change_rate")},
        late_threshold_{spec.number("late_threshold")},
        warm_up_{spec.integer("warm_up")},
        renew_a_{spec.integer("renew_a") != 0},
        silence_{spec.integer("max_silence")},
        adwin_{spec.number("delta"), static_cast<std::uint32_t>(spec.integer("min_clock"))} {}

  void on_record(const Observation& seen) override {
    silence_.note(times_.add(seen.event_ms));
    const bool behind = seen.event_ms <= watermark();
    const std::int64_t delay_ms = saturating_sub(seen.arrival_ms, seen.event_ms);
    const std::int64_t deviation_ms = delay_ms < 0 ? saturating_sub(0, delay_ms) : delay_ms;
    if (warm_up_ > 0) {
      --warm_up_;
      a_ms_ = std::max(a_ms_, deviation_ms);
      return;
    }
    ++total_;
    late_ += behind ? 1 : 0;
    chunk_max_ = std::max(chunk_max_, seen.event_ms);
    chunk_min_ = std::min(chunk_min_, seen.event_ms);
    chunk_deviation_ms_ = std::max(chunk_deviation_ms_, deviation_ms);
    const double scale = a_ms_ > 0 ? static_cast<double>(a_ms_) : 1;
    if (adwin_.add(static_cast<double>(deviation_ms) / scale)) on_change();
    if (times_.newest() && times_.less(0) > watermark()) silence_.held(seen.arrival_ms);
    break_silence(seen.arrival_ms);
  }
  void on_periodic(std::int64_t now_ms) override { break_silence(now_ms); }
  std::int64_t slack_ms() const override { return a_ms_; }
  std::size_t state_bytes() const override { return adwin_.bytes() + silence_.bytes(); }

 private:
  void on_change() {
    ++counters_.adaptations;
    const double late_ratio = static_cast<double>(late_) / static_cast<double>(total_);
    const bool few_late = late_ratio < late_threshold_ || late_threshold_ >= 1;
    adwin_.set_delta(few_late ? std::min(1.0, adwin_.delta() / change_rate_)
                              : std::max(1e-23, adwin_.delta() * change_rate_));
    const std::int64_t spread_ms = saturating_sub(chunk_max_, chunk_min_);
    const bool first = watermark() == kMinTimestamp;
    if (first || (watermark() < saturating_sub(chunk_min_, spread_ms) && few_late)) {
      if (renew_a_) a_ms_ = chunk_deviation_ms_;
      if (raise_to(saturating_sub(saturating_sub(chunk_max_, a_ms_), 1))) silence_.moved();
      late_ = total_ = 0;
    }
    chunk_max_ = kMinTimestamp;
    chunk_min_ = kMaxTimestamp;
    chunk_deviation_ms_ = 0;
  }
  void break_silence(std::int64_t now_ms) {
    if (!silence_.due(now_ms) || !raise_to(times_.less(silence_.slack_ms()))) return;
    silence_.moved();
    ++counters_.fallbacks;
  }

  double change_rate_;
  double late_threshold_;
  std::int64_t warm_up_;
  bool renew_a_;
  std::int64_t a_ms_ = 0;
  std::uint64_t late_ = 0;
  std::uint64_t total_ = 0;
  TimestampMs chunk_max_ = kMinTimestamp;
  TimestampMs chunk_min_ = kMaxTimestamp;
  std::int64_t chunk_deviation_ms_ = 0;
  EventTimes times_;
  SilenceGuard silence_;
  sketch::Adwin adwin_;
};

}  // namespace

const StrategyType& adwin_strategy() {
  static const StrategyType type{
      .name = "adwin",
      .id = "W15",
      .doc = "Speaks when ADWIN sees the delays change; as published, with its weaknesses.",
      .source = "Awad, Traub, Sakr, EDBT 2019",
      .parameters = {above({"delta", ParameterType::ratio, "1", 0, 1,
                            "Sensitivity at the start; 1 is the highest."}),
                     {"change_rate", ParameterType::number, "1", 1, 1e6,
                      "Factor by which the sensitivity follows the share of late records; 1: it stays."},
                     {"late_threshold", ParameterType::ratio, "1", 0, 1,
                      "Share of late records that is too many; 1: no restriction."},
                     integer("warm_up", "1000", 1, 1e9, "Records before the first watermark."),
                     {"renew_a", ParameterType::boolean, "false", 0, 1,
                      "Each watermark takes the slack from its own chunk instead of from the warm-up."},
                     integer("min_clock", "32", 1, 1e6, "ADWIN looks for a change every so many records."),
                     max_silence("10s")},
      .adaptive = true,
      .uses_clock = true,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<AdwinWatermark>(spec);
      },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
