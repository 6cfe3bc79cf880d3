// Which leader epoch began at which offset: the memory that lets two replicas find the last point at which
// their logs agreed (L-18, L-19).
//
// Modelled: assignment with removal of contradicting entries, the end offset of an epoch, truncation at both
// ends. Not modelled: the checkpoint file (a reopened log keeps the entries; see ReopenOptions::epochs_lost).
// From: org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache, KIP-101, KIP-279.
#pragma once

#include <optional>
#include <span>

#include "engine/kafka/record_batch.hpp"
#include "engine/kafka/sliding_vector.hpp"

namespace wrackline::kafka {

struct EpochEntry {
  LeaderEpoch epoch = kNoLeaderEpoch;
  Offset start_offset = 0;
  bool operator==(const EpochEntry&) const = default;
};

struct EpochEndOffset {
  LeaderEpoch epoch = kNoLeaderEpoch;
  Offset end_offset = -1;
  bool operator==(const EpochEndOffset&) const = default;
};

class LeaderEpochFileCache {
 public:
  /// Notes that `epoch` starts at `start_offset`, unless it is already the latest. Entries that would
  /// contradict it (a later epoch, or a start at or above this one) go.
  void assign(LeaderEpoch epoch, Offset start_offset) {
    if (!entries_.empty() && entries_.back().epoch == epoch && start_offset >= entries_.back().start_offset)
      return;
    assign_slow(epoch, start_offset);
  }

  std::optional<LeaderEpoch> latest_epoch() const;
  std::optional<EpochEntry> earliest_entry() const;
  std::optional<LeaderEpoch> epoch_of_offset(Offset offset) const;

  /// The largest known epoch <= `requested` and the offset at which it ends; nothing when that cannot be
  /// told.
  std::optional<EpochEndOffset> end_offset_for(LeaderEpoch requested, Offset log_end_offset) const;

  void truncate_from_end(Offset end_offset);
  void truncate_from_start(Offset start_offset);
  void clear() { entries_.clear(); }

  std::span<const EpochEntry> entries() const { return entries_.items(); }

 private:
  void assign_slow(LeaderEpoch epoch, Offset start_offset);

  SlidingVector<EpochEntry> entries_;
};

}  // namespace wrackline::kafka
