#include "engine/replay/lane_maker.hpp"
#include "engine/replay/sliding_windows.hpp"

namespace wrackline::replay {

std::unique_ptr<Lane> make_sliding_lane(const ReplayConfig& config) {
  if (config.aggregates.detailed()) return make_lane_of<SlidingWindows<DetailCell>>(config);
  return make_lane_of<SlidingWindows<StatCell>>(config);
}

}  // namespace wrackline::replay
