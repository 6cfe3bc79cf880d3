// From the global watermark to the input watermark of every stateful operator: WatermarkPropagator.
//
// With statefulOperator.allowMultiple (the default since 3.4) the plan is walked from the sources up
// (PropagateWatermarkSimulator): a watermark node says the global value, other nodes pass on the least value
// of those children that have one, a join lowers it to the least of its two state watermarks. At a global
// value of 0 nothing is walked and everybody gets 0. A watermark node above another one is refused - only
// here, so only once the watermark has left 0 (surprise 1). Without allowMultiple every operator gets the
// global value (UseSingleWatermarkPropagator).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/event_time/spark/join_state_watermark.hpp"

namespace wrackline::event_time::spark {

struct PropagationNode {
  enum class Kind : std::uint8_t { source, stateless, watermark, stateful };
  Kind kind = Kind::source;
  std::vector<std::size_t> inputs;  ///< earlier nodes
  std::optional<JoinTimes> join{};  ///< a stream-stream join
  bool hides_watermark = false;     ///< nothing comes out (flatMapGroupsWithState)
};

class WatermarkPropagator {
 public:
  /// `nodes`: children before parents.
  WatermarkPropagator(std::vector<PropagationNode> nodes, bool allow_multiple)
      : nodes_{std::move(nodes)}, allow_multiple_{allow_multiple} {}

  /// One entry per node; only those of stateful nodes mean anything. Absent: a watermark would be redefined.
  std::optional<std::vector<std::int64_t>> input_watermarks_ms(std::int64_t global_ms) const;
  bool allow_multiple() const { return allow_multiple_; }

 private:
  std::vector<PropagationNode> nodes_;
  bool allow_multiple_;
};

}  // namespace wrackline::event_time::spark
