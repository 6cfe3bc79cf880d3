#include "engine/kafka/possible_commits.hpp"

#include <algorithm>
#include <variant>

namespace wrackline::kafka {

void PossibleCommits::look(PartitionId offsets_partition, const UnifiedLog& leader_log, Offset certain,
                           const GroupLog& group_log) {
  if (leader_log.log_end_offset() == 0) return;
  Shard& shard = shards_[offsets_partition];
  for (auto& entry : shard.known) entry.second.possible.commits.clear();
  std::vector<Known*> deleted_later;
  const auto batches = leader_log.batches();
  auto batch = std::lower_bound(batches.begin(), batches.end(), shard.scanned,
                                [](const RecordBatch& b, Offset offset) { return b.last_offset < offset; });
  for (; batch != batches.end(); ++batch) {
    const bool for_good = batch->next_offset() <= certain;
    if (for_good) shard.scanned = batch->next_offset();
    if (!batch->records) continue;
    for (const sim::EventId id : batch->records->ids) {
      const auto* record = std::get_if<OffsetCommitRecord>(&group_log.at(id));
      if (record == nullptr) continue;
      Known& known = shard.known[{record->group, record->partition}];
      if (for_good) {
        known.certain.reset();
        if (!record->tombstone) known.certain = Commit{record->offset, record->metadata};
      } else if (record->tombstone) {
        deleted_later.push_back(&known);
      } else {
        known.possible.commits.push_back({record->offset, record->metadata});
      }
    }
  }
  for (auto& entry : shard.known) {
    Known& known = entry.second;
    known.possible.may_find_none = !known.certain;
    if (known.certain) known.possible.commits.push_back(*known.certain);
  }
  for (Known* known : deleted_later) known->possible.may_find_none = true;
}

const PossibleCommits::Of& PossibleCommits::of(const Group& group, const TopicPartition& partition) const {
  static const Of nothing;
  for (const auto& shard : shards_) {
    const auto found = shard.second.known.find({group, partition});
    if (found != shard.second.known.end()) return found->second.possible;
  }
  return nothing;
}

}  // namespace wrackline::kafka
