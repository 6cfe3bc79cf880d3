// Sets of brokers (replicas, ISR, ELR), small and in an order that matters: plain lists.
#pragma once

#include <algorithm>
#include <span>

#include "engine/kafka/record_batch.hpp"

namespace wrackline::kafka {

inline bool contains(std::span<const BrokerId> ids, BrokerId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace wrackline::kafka
