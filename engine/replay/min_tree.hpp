// The minimum over many slots of which one changes at a time: a complete binary tree in an array. Setting a
// slot costs a walk towards the root that ends where nothing changes.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/event_time/timestamp.hpp"

namespace wrackline::replay {

class MinTree {
 public:
  /// Slots beyond those set so far hold kMaxTimestamp.
  void set(std::size_t slot, std::int64_t value) {
    if (slot >= leaves_) grow(slot + 1);
    std::size_t at = leaves_ + slot;
    nodes_[at] = value;
    for (at /= 2; at > 0; at /= 2) {
      const std::int64_t least = std::min(nodes_[2 * at], nodes_[2 * at + 1]);
      if (nodes_[at] == least) return;
      nodes_[at] = least;
    }
  }
  std::int64_t least() const { return leaves_ == 0 ? event_time::kMaxTimestamp : nodes_[1]; }

 private:
  void grow(std::size_t slots) {
    const std::size_t leaves = std::bit_ceil(std::max<std::size_t>(slots, 2));
    std::vector<std::int64_t> nodes(2 * leaves, event_time::kMaxTimestamp);
    for (std::size_t i = 0; i < leaves_; ++i) nodes[leaves + i] = nodes_[leaves_ + i];
    for (std::size_t at = leaves - 1; at > 0; --at) nodes[at] = std::min(nodes[2 * at], nodes[2 * at + 1]);
    nodes_.swap(nodes);
    leaves_ = leaves;
  }

  std::size_t leaves_ = 0;
  std::vector<std::int64_t> nodes_;
};

}  // namespace wrackline::replay
