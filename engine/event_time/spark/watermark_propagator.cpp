#include "engine/event_time/spark/watermark_propagator.hpp"

#include <algorithm>

namespace wrackline::event_time::spark {

std::optional<std::vector<std::int64_t>> WatermarkPropagator::input_watermarks_ms(
    std::int64_t global_ms) const {
  std::vector<std::int64_t> inputs_ms(nodes_.size(), global_ms);
  if (!allow_multiple_ || global_ms == 0) return inputs_ms;

  std::vector<std::optional<std::int64_t>> outputs_ms(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const PropagationNode& node = nodes_[i];
    std::optional<std::int64_t> least;
    for (const std::size_t input : node.inputs)
      if (outputs_ms[input]) least = least ? std::min(*least, *outputs_ms[input]) : outputs_ms[input];
    inputs_ms[i] = std::max<std::int64_t>(least.value_or(0), 0);

    if (node.kind == PropagationNode::Kind::watermark) {
      if (least) return std::nullopt;
      outputs_ms[i] = global_ms;
    } else if (!node.hides_watermark) {
      outputs_ms[i] = least;
      if (least && node.join) {
        for (const JoinSide side : {JoinSide::left, JoinSide::right})
          if (const auto state = state_watermark(*node.join, side, *least))
            outputs_ms[i] = std::min(*outputs_ms[i], state->ms);
      }
    }
  }
  return inputs_ms;
}

}  // namespace wrackline::event_time::spark
