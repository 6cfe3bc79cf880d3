#include "engine/event_time/spark/join_state_watermark.hpp"

#include <algorithm>

namespace wrackline::event_time::spark {

std::optional<std::int64_t> state_value_watermark_ms(const JoinTimes& times, JoinSide side,
                                                     std::int64_t watermark_ms) {
  const bool left = side == JoinSide::left;
  if (!(left ? times.right_has_watermark : times.left_has_watermark)) return std::nullopt;
  std::optional<std::int64_t> least = left ? times.left_number_ms : times.right_number_ms;
  const std::optional<TimeBound>& bound = left ? times.lower : times.upper;
  if (bound && (left ? times.right_time_marked : times.left_time_marked)) {
    const std::int64_t oldest = left ? watermark_ms + bound->offset_ms : watermark_ms - bound->offset_ms;
    const std::int64_t by_time = bound->inclusive ? oldest - 1 : oldest;
    least = least ? std::min(*least, by_time) : by_time;
  }
  return least;
}

std::optional<StateWatermark> state_watermark(const JoinTimes& times, JoinSide side,
                                              std::int64_t watermark_ms) {
  if (times.watermark_in_keys) return StateWatermark{StateWatermark::Form::key, watermark_ms};
  if (!(side == JoinSide::left ? times.left_has_watermark : times.right_has_watermark)) return std::nullopt;
  const auto value = state_value_watermark_ms(times, side, watermark_ms);
  if (!value) return std::nullopt;
  return StateWatermark{StateWatermark::Form::value, *value};
}

}  // namespace wrackline::event_time::spark
