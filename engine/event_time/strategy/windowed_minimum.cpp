// W5 windowed minimum: the least event time that arrived during the last minute, kept in buckets of arrival
// time; it speaks only if the sample is significant: enough messages, spread over enough buckets.
//
// Modelled: the moving minimum of Beam's cloud-queue readers (SAMPLE_PERIOD 60 s, SAMPLE_UPDATE 5 s,
// MIN_WATERMARK_MESSAGES 10, MIN_WATERMARK_SPREAD 2). Added: the maximum silence, since a trickle below ten
// messages a minute would otherwise never move it. Not modelled: the minimum over messages that were fetched
// but not read yet.
#include <vector>

#include "engine/event_time/strategy/parameters.hpp"
#include "engine/event_time/strategy/slack_generator.hpp"

namespace wrackline::event_time::strategy {
namespace {

class WindowedMinimum final : public Generator {
 public:
  WindowedMinimum(std::int64_t period_ms, std::int64_t update_ms, std::int64_t min_messages,
                  std::int64_t min_spread, std::int64_t max_silence_ms)
      : update_ms_{update_ms},
        min_messages_{min_messages},
        min_spread_{min_spread},
        silence_{max_silence_ms},
        buckets_(static_cast<std::size_t>((period_ms + update_ms - 1) / update_ms)) {}

  void on_record(const Observation& seen) override {
    silence_.note(times_.add(seen.event_ms));
    roll_to(seen.arrival_ms);
    Bucket& bucket = buckets_[newest_];
    bucket.least = std::min(bucket.least, seen.event_ms);
    ++bucket.messages;
    speak(seen.arrival_ms);
  }
  void on_periodic(std::int64_t now_ms) override {
    if (!times_.any()) return;
    roll_to(now_ms);
    speak(now_ms);
  }
  std::int64_t slack_ms() const override {
    return watermark() == kMinTimestamp ? 0 : saturating_sub(times_.max(), watermark() + 1);
  }
  std::size_t state_bytes() const override { return buckets_.size() * sizeof(Bucket) + silence_.bytes(); }

 private:
  struct Bucket {
    TimestampMs least = kMaxTimestamp;
    std::int64_t messages = 0;
  };

  void roll_to(std::int64_t now_ms) {
    const std::int64_t bucket = floor_to(now_ms, update_ms_, 0) / update_ms_;
    if (!started_) {
      started_ = true;
      newest_number_ = bucket;
    }
    const auto size = static_cast<std::int64_t>(buckets_.size());
    std::int64_t steps = std::min(bucket - newest_number_, size);
    for (; steps > 0; --steps) {
      newest_ = (newest_ + 1) % buckets_.size();
      buckets_[newest_] = {};
    }
    newest_number_ = std::max(newest_number_, bucket);
  }
  void speak(std::int64_t now_ms) {
    TimestampMs least = kMaxTimestamp;
    std::int64_t messages = 0;
    std::int64_t spread = 0;
    for (const Bucket& bucket : buckets_) {
      least = std::min(least, bucket.least);
      messages += bucket.messages;
      spread += bucket.messages > 0 ? 1 : 0;
    }
    const bool significant = messages >= min_messages_ && spread >= min_spread_;
    if (significant && raise_to(saturating_sub(least, 1))) {
      silence_.moved();
      return;
    }
    if (times_.less(0) > watermark()) silence_.held(now_ms);
    if (!silence_.due(now_ms) || !raise_to(times_.less(silence_.slack_ms()))) return;
    silence_.moved();
    ++counters_.fallbacks;
  }

  std::int64_t update_ms_;
  std::int64_t min_messages_;
  std::int64_t min_spread_;
  EventTimes times_;
  SilenceGuard silence_;
  std::vector<Bucket> buckets_;
  std::size_t newest_ = 0;
  std::int64_t newest_number_ = 0;
  bool started_ = false;
};

}  // namespace

const StrategyType& windowed_minimum_strategy() {
  static const StrategyType type{
      .name = "windowed_minimum",
      .id = "W5",
      .doc = "The least event time that arrived in the last minute, if there was enough to judge by.",
      .source = "Beam MovingFunction in the Pub/Sub, SQS and Kinesis readers",
      .parameters = {duration("period", "60s", 1, kDayMs, "Length of the sample."),
                     duration("update", "5s", 1, kDayMs,
                              "Length of a bucket; the period is rounded up to whole ones."),
                     integer("min_messages", "10", 1, 1e9, "Fewer in the sample: it says nothing."),
                     integer("min_spread", "2", 1, 1e6, "Fewer buckets with data: it says nothing."),
                     max_silence()},
      .adaptive = true,
      .uses_clock = true,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<WindowedMinimum>(spec.integer("period"), spec.integer("update"),
                                                 spec.integer("min_messages"), spec.integer("min_spread"),
                                                 spec.integer("max_silence"));
      },
      .check =
          [](const Spec& spec, std::vector<std::string>& problems) {
            const std::int64_t buckets =
                (spec.integer("period") + spec.integer("update") - 1) / spec.integer("update");
            if (buckets > 100'000)
              problems.push_back("windowed_minimum: the period holds more than 100000 buckets");
            if (spec.integer("min_spread") > buckets)
              problems.push_back("windowed_minimum: the period has fewer buckets than min_spread asks for");
          },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
