// A watermark block as the task that reads partitions wants it (event_time/partition_watermarks.hpp).
#pragma once

#include "engine/event_time/strategy/catalogue.hpp"
#include "engine/event_time/watermark_generator.hpp"

namespace wrackline::event_time::strategy {

/// Needs a block without problems whose strategy does not need the trace. Plain bounded and ascending
/// generators stay the inline ones; everything else goes through make().
WatermarkStrategy bind(const Block& block);

}  // namespace wrackline::event_time::strategy
