// Who leads a partition, as clients know it.
#pragma once

#include "engine/kafka/record_batch.hpp"

namespace wrackline::kafka {

inline constexpr BrokerId kNoBroker = -1;

/// `leader` kNoBroker: none is known; `epoch` kNoLeaderEpoch: not known.
struct LeaderAndEpoch {
  BrokerId leader = kNoBroker;
  LeaderEpoch epoch = kNoLeaderEpoch;
  bool operator==(const LeaderAndEpoch&) const = default;
};

}  // namespace wrackline::kafka
