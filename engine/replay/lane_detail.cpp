#include "engine/replay/lane_maker.hpp"
#include "engine/replay/slice_windows.hpp"

namespace wrackline::replay {

std::unique_ptr<Lane> make_detail_lane(const ReplayConfig& config) {
  return make_lane_of<SliceWindows<DetailCell>>(config);
}

}  // namespace wrackline::replay
