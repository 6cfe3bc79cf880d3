// From where must a partition be read again so that no open window misses a record?
//
// A windowed job that keeps its state in memory may commit an offset only once every window that holds a
// record below it is final: its results are out and nothing will be added any more. So: for each open window
// the first offset that contributed to it (a record counts for the newest of its windows, which is final
// last). The floor is the smallest of those, or the position if no window is open. Committing the *position*
// instead is the usual mistake: after a crash the open windows lack what was read before it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/event_time/window_operator.hpp"

namespace wrackline::processor {

class ReplayFloor {
 public:
  /// A record at `offset` was accepted; `newest_window_start_ms` is the start of the newest window that it is
  /// in.
  void note(std::int64_t newest_window_start_ms, std::int64_t offset) {
    if (!open_.empty() && open_[last_].start_ms == newest_window_start_ms) return;  // offsets only grow
    note_slowly(newest_window_start_ms, offset);
  }
  /// The watermark of the task moved.
  void advance(std::int64_t watermark_ms, std::int64_t window_size_ms, std::int64_t allowed_lateness_ms) {
    std::erase_if(open_, [&](const Open& window) {
      const std::int64_t last_ms = event_time::saturating_add(window.start_ms, window_size_ms - 1);
      return event_time::cleanup_time(last_ms, allowed_lateness_ms) <= watermark_ms;
    });
    last_ = 0;
  }
  std::int64_t floor(std::int64_t position) const {
    std::int64_t lowest = position;
    for (const Open& window : open_) lowest = std::min(lowest, window.first_offset);
    return lowest;
  }
  std::size_t open_windows() const { return open_.size(); }
  void clear() {
    open_.clear();
    last_ = 0;
  }

 private:
  struct Open {
    std::int64_t start_ms = 0;
    std::int64_t first_offset = 0;
  };
  void note_slowly(std::int64_t start_ms, std::int64_t offset) {
    for (std::size_t i = 0; i < open_.size(); ++i) {
      if (open_[i].start_ms == start_ms) {
        last_ = i;
        return;
      }
    }
    open_.push_back({start_ms, offset});
    last_ = open_.size() - 1;
  }

  std::vector<Open> open_;
  std::size_t last_ = 0;
};

}  // namespace wrackline::processor
