#include "engine/replay/count_windows.hpp"
#include "engine/replay/lane_maker.hpp"

namespace wrackline::replay {

std::unique_ptr<Lane> make_count_window_lane(const ReplayConfig& config) {
  if (config.aggregates.detailed()) return make_lane_of<CountWindows<DetailCell>>(config);
  return make_lane_of<CountWindows<StatCell>>(config);
}

}  // namespace wrackline::replay
