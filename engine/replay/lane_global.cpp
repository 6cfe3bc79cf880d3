#include "engine/replay/global_windows.hpp"
#include "engine/replay/lane_maker.hpp"

namespace wrackline::replay {

std::unique_ptr<Lane> make_global_lane(const ReplayConfig& config) {
  return make_lane_of<GlobalWindows>(config);
}

}  // namespace wrackline::replay
