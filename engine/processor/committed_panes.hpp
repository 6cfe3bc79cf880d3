// The window state that goes with a committed offset.
//
// Tumbling and hopping windows can be rebuilt from the log: read again from the replay floor, judge by the
// watermark of the commit. Sessions, count windows and panes can not. A session's oldest record is late on
// its own when it is read again, what a count window holds depends on where counting began, and whether an
// early pane is out is nowhere in the input. So a job with such windows keeps them in a store that commits
// with its offsets, as Kafka Streams' changelogged stores do under exactly-once, and commits its position.
//
// Modelled: the store's content at each commit, by (partition, offset), outliving the process; a successor
// that starts from an offset finds the state of that offset, or none (an offset that the consumer committed
// by itself: auto commit, the usual mistake). Not modelled: the store's own time, size and failures.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>

#include "engine/event_time/window/pane_state.hpp"
#include "engine/kafka/producer_metadata.hpp"

namespace wrackline::processor {

class CommittedPanes {
 public:
  using State = event_time::window::PartitionWindows;

  void put(kafka::PartitionId partition, std::int64_t offset, State state) {
    auto& entries = entries_[partition];
    for (Entry& known : entries) {
      if (known.offset != offset) continue;
      // A paused instance that goes on may know less than its successor.
      if (known.state->watermark_floor <= state.watermark_floor)
        known.state = std::make_shared<const State>(std::move(state));
      return;
    }
    entries.push_back({offset, std::make_shared<const State>(std::move(state))});
    if (entries.size() > kKept) entries.pop_front();
  }
  /// Null: nothing was ever committed there together with state.
  std::shared_ptr<const State> at(kafka::PartitionId partition, std::int64_t offset) const {
    const auto found = entries_.find(partition);
    if (found == entries_.end()) return nullptr;
    for (const Entry& known : found->second)
      if (known.offset == offset) return known.state;
    return nullptr;
  }

 private:
  static constexpr std::size_t kKept = 16;  ///< the commit in force is among the last few
  struct Entry {
    std::int64_t offset = 0;
    std::shared_ptr<const State> state;
  };
  std::map<kafka::PartitionId, std::deque<Entry>> entries_;
};

}  // namespace wrackline::processor
