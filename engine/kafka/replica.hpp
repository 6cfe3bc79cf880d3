// What a leader knows of one follower (L-7, L-12).
//
// From: kafka.cluster.Replica / ReplicaState.
#pragma once

#include <algorithm>
#include <optional>

#include "engine/kafka/producer_state_manager.hpp"

namespace wrackline::kafka {

using BrokerEpoch = std::int64_t;
inline constexpr BrokerEpoch kNoBrokerEpoch = -1;

struct ReplicaState {
  BrokerId id = -1;
  LogOffsetMetadata log_end{};  ///< offset -1 = unknown
  Offset log_start = kNoOffset;
  Offset last_fetch_leader_log_end = 0;
  std::int64_t last_fetch_ms = 0;
  std::int64_t last_caught_up_ms = 0;
  std::optional<BrokerEpoch> broker_epoch{};  ///< of its last fetch

  bool is_caught_up(Offset leader_log_end, std::int64_t now_ms, std::int64_t max_lag_ms) const {
    return leader_log_end == log_end.offset || now_ms - last_caught_up_ms <= max_lag_ms;
  }

  /// The replica here took over, or leads on with a new epoch.
  void reset(std::int64_t now_ms, Offset leader_log_end, bool new_leader, bool in_sync) {
    last_caught_up_ms = in_sync ? now_ms : 0;
    if (new_leader) {
      log_end = {};
      log_start = kNoOffset;
      last_fetch_leader_log_end = kNoOffset;
      last_fetch_ms = 0;
      broker_epoch.reset();
    } else {
      last_fetch_leader_log_end = leader_log_end;
      last_fetch_ms = in_sync ? now_ms : 0;
    }
  }

  /// It fetched: everything below `fetch_offset` is in its log. Caught up now if that is all the leader had,
  /// else as of its previous fetch if it has all that the leader had then.
  void update(const LogOffsetMetadata& fetch_offset, Offset its_log_start, std::int64_t now_ms,
              Offset leader_log_end, BrokerEpoch epoch) {
    if (fetch_offset.offset >= leader_log_end) {
      last_caught_up_ms = std::max(last_caught_up_ms, now_ms);
    } else if (fetch_offset.offset >= last_fetch_leader_log_end) {
      last_caught_up_ms = std::max(last_caught_up_ms, last_fetch_ms);
    }
    log_end = fetch_offset;
    log_start = its_log_start;
    last_fetch_leader_log_end = std::max(leader_log_end, last_fetch_leader_log_end);
    last_fetch_ms = now_ms;
    broker_epoch = epoch;
  }
};

}  // namespace wrackline::kafka
