#include "engine/replay/lane_maker.hpp"
#include "engine/replay/slice_windows.hpp"

namespace wrackline::replay {

std::unique_ptr<Lane> make_count_lane(const ReplayConfig& config) {
  return make_lane_of<SliceWindows<CountCell>>(config);
}

}  // namespace wrackline::replay
