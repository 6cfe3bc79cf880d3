#include "engine/replay/lane_maker.hpp"
#include "engine/replay/session_windows.hpp"

namespace wrackline::replay {

std::unique_ptr<Lane> make_session_lane(const ReplayConfig& config) {
  return make_lane_of<SessionWindows>(config);
}

}  // namespace wrackline::replay
