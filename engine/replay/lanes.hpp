// Which loop a configuration gets.
#pragma once

#include <memory>

#include "engine/replay/config.hpp"
#include "engine/replay/lane.hpp"

namespace wrackline::replay {

/// Needs a configuration without problems().
std::unique_ptr<Lane> make_lane(const ReplayConfig& config);

std::unique_ptr<Lane> make_count_lane(const ReplayConfig& config);
std::unique_ptr<Lane> make_stat_lane(const ReplayConfig& config);
std::unique_ptr<Lane> make_detail_lane(const ReplayConfig& config);
std::unique_ptr<Lane> make_session_lane(const ReplayConfig& config);
std::unique_ptr<Lane> make_sliding_lane(const ReplayConfig& config);
std::unique_ptr<Lane> make_count_window_lane(const ReplayConfig& config);
std::unique_ptr<Lane> make_global_lane(const ReplayConfig& config);

}  // namespace wrackline::replay
