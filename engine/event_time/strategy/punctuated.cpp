// W3 punctuated: the watermark moves only at marker records, W = M - B - 1 there. A marker is every n-th
// record of the partition, or a record with a given key (a heartbeat that the source writes between the
// others).
#include "engine/event_time/strategy/parameters.hpp"

namespace wrackline::event_time::strategy {
namespace {

class Punctuated final : public Generator {
 public:
  Punctuated(std::int64_t every, std::int64_t marker_key, std::int64_t bound_ms)
      : every_{every}, marker_key_{marker_key}, behind_max_{bound_ms} {}

  void on_record(const Observation& seen) override {
    behind_max_.on_event(seen.event_ms);
    const bool marker =
        marker_key_ >= 0 ? static_cast<std::int64_t>(seen.key) == marker_key_ : ++seen_ % every_ == 0;
    if (marker) raise_to(behind_max_.watermark());
  }
  std::int64_t slack_ms() const override { return behind_max_.slack_ms(); }

 private:
  std::int64_t every_;
  std::int64_t marker_key_;
  std::int64_t seen_ = 0;
  Bounded behind_max_;
};

}  // namespace

const StrategyType& punctuated_strategy() {
  static const StrategyType type{
      .name = "punctuated",
      .id = "W3",
      .doc = "Moves only at marker records: every n-th, or those with a given key.",
      .source = "Flink punctuated WatermarkGenerator; SQL scan.watermark.emit.strategy on-event",
      .parameters = {integer("every", "1", 1, 1e9, "Every so many records of a partition one is a marker."),
                     integer("marker_key", "-1", -1, 4294967295.0,
                             "Number of the key whose records are the markers, instead; -1: none."),
                     duration("bound", "0s", 0, kYearMs, "Distance kept from the greatest event time.")},
      .uses_values = true,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<Punctuated>(spec.integer("every"), spec.integer("marker_key"),
                                            spec.integer("bound"));
      },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy
