#include "engine/replay/lane_maker.hpp"
#include "engine/replay/session_windows.hpp"

namespace wrackline::replay {

std::unique_ptr<Lane> make_session_lane(const ReplayConfig& config) {
  if (config.aggregates.detailed()) return make_lane_of<SessionWindows<DetailCell>>(config);
  return make_lane_of<SessionWindows<StatCell>>(config);
}

}  // namespace wrackline::replay
