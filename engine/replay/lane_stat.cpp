#include "engine/replay/lane_maker.hpp"
#include "engine/replay/slice_windows.hpp"

namespace wrackline::replay {

std::unique_ptr<Lane> make_stat_lane(const ReplayConfig& config) {
  return make_lane_of<SliceWindows<StatCell>>(config);
}

}  // namespace wrackline::replay
