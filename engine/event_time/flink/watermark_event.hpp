// What a generator, a multiplexer, a valve or an operator says about event time, in order: the calls on
// Flink's WatermarkOutput, as values. Nothing that is told so ever answers, so the order of the list is the
// order of the calls.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/event_time/timestamp.hpp"

namespace wrackline::event_time::flink {

enum class WatermarkStatus : std::uint8_t { active, idle };

struct WatermarkEvent {
  enum class Kind : std::uint8_t { watermark, idle, active };
  Kind kind = Kind::watermark;
  TimestampMs timestamp = 0;  ///< of a watermark

  static WatermarkEvent watermark(TimestampMs timestamp) { return {Kind::watermark, timestamp}; }
  static WatermarkEvent status(WatermarkStatus status) {
    return {status == WatermarkStatus::idle ? Kind::idle : Kind::active, 0};
  }
  friend bool operator==(const WatermarkEvent&, const WatermarkEvent&) = default;
};

using WatermarkEvents = std::vector<WatermarkEvent>;

}  // namespace wrackline::event_time::flink
