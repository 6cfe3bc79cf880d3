// Which Flink's rules. Compared class by class, 1.20 and 2.x decide time alike but for the points named where
// this type is asked for: the flush of all-idle inputs (CombinedWatermarkStatus), idle splits in watermark
// alignment, the limit on size / slide, the text of two errors.
#pragma once

#include <cstdint>

namespace wrackline::event_time::flink {

enum class Version : std::uint8_t {
  v1_20,  ///< recorded from 1.20.5 (SQL: 1.20.4)
  v2_2,   ///< recorded from 2.2.1
};

}  // namespace wrackline::event_time::flink
