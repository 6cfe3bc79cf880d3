// One random case of the property tests: a window definition, an aggregate, a pane policy, and a stream of
// records out of order, with watermarks and processing time between them. All from one number, so that a
// failing case is repeated by it.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/event_time/window/batch_oracle.hpp"
#include "engine/event_time/window/pane_operator.hpp"

namespace wrackline::event_time::window {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_{sim::mix(seed + 0x5bd1e995U)} {}
  /// Uniform in [from, to].
  std::int64_t roll(std::int64_t from, std::int64_t to) {
    state_ = sim::mix(state_);
    return from + static_cast<std::int64_t>(state_ % static_cast<std::uint64_t>(to - from + 1));
  }
  bool chance(std::int64_t one_in) { return roll(1, one_in) == 1; }

 private:
  std::uint64_t state_;
};

struct Step {
  enum class Kind : std::uint8_t { record, watermark, time, failure } kind = Kind::record;
  ArrivedRecord record;
  std::int64_t to = 0;
};

struct RandomCase {
  explicit RandomCase(std::uint64_t seed) {
    Dice dice{seed};
    using Kind = WindowDefinition::Kind;
    const auto kind = static_cast<Kind>(dice.roll(0, 6));
    const std::int64_t slide = dice.roll(1, 8);
    switch (kind) {
      case Kind::tumbling:
        spec.windows = WindowDefinition::tumbling(slide, dice.roll(1 - slide, slide - 1));
        break;
      case Kind::hopping:
        spec.windows = WindowDefinition::hopping(dice.roll(1, 20), slide, dice.roll(1 - slide, slide - 1));
        break;
      case Kind::cumulate: {
        const std::int64_t size = slide * dice.roll(1, 4);
        spec.windows = WindowDefinition::cumulate(size, slide, dice.roll(1 - size, size - 1));
        break;
      }
      case Kind::session:
        spec.windows = WindowDefinition::session(dice.roll(1, 8));
        if (dice.chance(3))
          spec.windows.gap_of = [](std::uint32_t key, std::int64_t value) {
            return 1 + (key + value % 5 + 5) % 6;
          };
        break;
      case Kind::sliding:
        spec.windows = WindowDefinition::sliding(dice.roll(0, 10));
        break;
      case Kind::count: {
        const std::int64_t records = dice.roll(1, 5);
        spec.windows = WindowDefinition::count(records, dice.chance(2) ? records : dice.roll(1, records));
        break;
      }
      case Kind::global:
        spec.windows = WindowDefinition::global();
        break;
    }
    spec.aggregate.function = static_cast<AggregateSpec::Function>(dice.roll(0, 8));
    spec.aggregate.quantile = static_cast<double>(dice.roll(0, 20)) / 20;
    spec.aggregate.precision = 6;
    if (kind != Kind::count) {
      PanePolicy& panes = spec.panes;
      panes.allowed_lateness_ms = dice.chance(2) ? 0 : dice.roll(1, 25);
      if (dice.chance(3)) panes.early_every_ms = dice.roll(1, 10);
      if (dice.chance(3)) panes.early_every_records = dice.roll(1, 4);
      if (dice.chance(3)) panes.late_every_ms = dice.roll(1, 10);
      panes.late_every_records = dice.chance(3) ? dice.roll(0, 3) : 1;
      panes.accumulation = static_cast<PanePolicy::Accumulation>(dice.roll(0, 2));
      const bool discards = panes.accumulation == PanePolicy::Accumulation::discarding;
      if (kind == Kind::sliding && discards) panes.accumulation = PanePolicy::Accumulation::retracting;
    }
    if (dice.chance(2)) spec.storage = WindowedAggregation::Storage::buckets;

    const std::int64_t origin = dice.chance(3) ? -30 : dice.chance(2) ? 1'000'000'000'000 : 0;
    const std::int64_t disorder = dice.roll(0, 30);
    const std::int64_t bound = dice.roll(0, 20);
    const std::int64_t pace = dice.roll(1, 6);
    const std::int64_t keys = dice.roll(1, 3);
    TimestampMs newest = kMinTimestamp;
    TimestampMs watermark = kMinTimestamp;
    std::int64_t now = 0;
    std::int64_t at = origin;
    const std::int64_t count = dice.roll(1, 24);
    for (std::int64_t i = 0; i < count; ++i) {
      at += dice.roll(0, pace);
      Step& step = steps.emplace_back();
      step.record.key = static_cast<std::uint32_t>(dice.roll(0, keys - 1));
      step.record.timestamp = at - (dice.chance(2) ? dice.roll(0, disorder) : 0);
      step.record.id = sim::EventId{1, static_cast<std::uint64_t>(i)};
      step.record.value = dice.roll(-3, 12);
      step.record.watermark = watermark;
      newest = std::max(newest, step.record.timestamp);
      if (dice.chance(3)) {
        now += dice.roll(0, 6);
        steps.push_back({Step::Kind::time, {}, now});
      }
      if (dice.chance(3) && newest - bound - 1 > watermark) {
        watermark = newest - bound - 1;
        steps.push_back({Step::Kind::watermark, {}, watermark});
      }
      if (dice.chance(12)) steps.push_back({Step::Kind::failure, {}, now});
    }
    steps.push_back({Step::Kind::watermark, {}, kMaxTimestamp});
  }

  static PartitionId partition_of(std::uint32_t key) { return key % 2; }

  WindowedAggregation spec;
  std::vector<Step> steps;
};

}  // namespace wrackline::event_time::window
