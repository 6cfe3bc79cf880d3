// A lane over given windows: with the short feed where the watermark block is simple enough.
#pragma once

#include <memory>
#include <type_traits>

#include "engine/replay/lane_loop.hpp"
#include "engine/replay/lanes.hpp"

namespace wrackline::replay {

template <class Windows>
std::unique_ptr<Lane> make_lane_of(const ReplayConfig& config) {
  const auto windows = [&](RowList& rows) {
    if constexpr (std::is_constructible_v<Windows, const ReplayConfig&, RowList&>) {
      return Windows{config, rows};
    } else {
      return Windows{config.window, config.allowed_lateness_ms, rows, config.aggregates};
    }
  };
  if (const auto bound_ms = BoundedFeed::bound_of(config.watermark))
    return std::make_unique<LaneOf<Windows, BoundedFeed>>(config, BoundedFeed{*bound_ms}, windows);
  return std::make_unique<LaneOf<Windows, WatermarkFeed>>(
      config, WatermarkFeed{config.watermark, config.phase_ms}, windows);
}

}  // namespace wrackline::replay
