// A window that has fired but may still accept late records: how many panes each of its keys has had.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/event_time/key_table.hpp"
#include "engine/event_time/timestamp.hpp"

namespace wrackline::event_time {

struct FiredWindow {
  TimestampMs start_ms = 0;
  KeyTable keys;
  std::vector<std::uint32_t> panes;  ///< by slot of keys

  /// Counts one more pane of the key and says which it is, from 0.
  std::uint32_t next_pane(std::uint32_t key) {
    const std::uint32_t slot = keys.find_or_insert(key);
    if (slot == panes.size()) panes.push_back(0);
    return panes[slot]++;
  }
};

}  // namespace wrackline::event_time
