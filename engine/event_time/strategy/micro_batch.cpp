// W7 micro-batch: W = M - B - 1 with M the greatest event time of all *finished* batches; it changes only at
// the borders of batches, so records of one batch are never late because of each other.
//
// Modelled: the global watermark of Spark Structured Streaming (withWatermark). A batch ends at every
// multiple of `trigger` on the clock of arrivals; with trigger 0 where on_batch_end() says so (in a pipeline:
// with each poll). Several inputs combine by min or max: Options::combine. Not modelled here: Spark's no-data
// batches and its separate watermarks for late records and for eviction (the spark room has them).
#include "engine/event_time/strategy/parameters.hpp"

namespace wrackline::event_time::strategy {
namespace {

class MicroBatch final : public Generator {
 public:
  MicroBatch(std::int64_t bound_ms, std::int64_t trigger_ms) : trigger_ms_{trigger_ms}, running_{bound_ms} {}

  void on_record(const Observation& seen) override {
    on_periodic(seen.arrival_ms);
    running_.on_event(seen.event_ms);
  }
  void on_periodic(std::int64_t now_ms) override {
    if (trigger_ms_ == 0) return;
    const std::int64_t border = floor_to(now_ms, trigger_ms_, 0);
    if (border > border_) end_batch();
    border_ = std::max(border_, border);
  }
  void on_batch_end(std::int64_t) override {
    if (trigger_ms_ == 0) end_batch();
  }
  std::int64_t slack_ms() const override { return running_.slack_ms(); }

 private:
  void end_batch() { raise_to(running_.watermark()); }

  std::int64_t trigger_ms_;
  std::int64_t border_ = kMinTimestamp;
  Bounded running_;
};

}  // namespace

const StrategyType& micro_batch_strategy() {
  static const StrategyType type{
      .name = "micro_batch",
      .id = "W7",
      .doc = "Greatest event time of all finished micro-batches minus a bound; moves at their borders only.",
      .source = "Spark Structured Streaming withWatermark",
      .parameters = {duration("bound", "0s", 0, kYearMs, "The delay threshold."),
                     duration("trigger", "10s", 0, kDayMs,
                              "Length of a batch; 0: batches end only where the runtime says so.")},
      .uses_clock = true,
      .default_scope = Scope::task,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<MicroBatch>(spec.integer("bound"), spec.integer("trigger"));
      },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
