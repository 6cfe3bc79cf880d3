#include "engine/kafka/possible_commits.hpp"

#include <algorithm>
#include <variant>

namespace wrackline::kafka {

void PossibleCommits::add_said(std::vector<Said>& said, const RecordBatch& batch, const GroupLog& group_log) {
  if (!batch.records) return;
  const CompactionColumns& compaction = *batch.records->compaction;
  for (std::size_t i = 0; i < batch.records->ids.size(); ++i) {
    const auto* record = std::get_if<OffsetCommitRecord>(&group_log.at(batch.records->ids[i]));
    if (record == nullptr) continue;
    Said& one = said.emplace_back();
    one.at = batch.base_offset + compaction.shapes[i].offset_delta;
    one.key = {record->group, record->partition};
    if (!record->tombstone) one.commit = Commit{record->offset, record->metadata};
  }
}

void PossibleCommits::before_cleaning(PartitionId offsets_partition, const UnifiedLog& log, Offset end,
                                      const GroupLog& group_log) {
  Shard& shard = shards_[offsets_partition];
  for (const RecordBatch& batch : log.batches()) {
    if (batch.next_offset() > end) break;
    if (batch.last_offset >= shard.scanned) add_said(shard.cleaned, batch, group_log);
  }
}

void PossibleCommits::look(PartitionId offsets_partition, const UnifiedLog& leader_log, Offset certain,
                           const GroupLog& group_log) {
  if (leader_log.log_end_offset() == 0) return;
  Shard& shard = shards_[offsets_partition];
  for (auto& entry : shard.known) entry.second.possible.commits.clear();
  std::vector<Known*> deleted_later;
  const auto may_be = [&](const Said& said) {
    Known& known = shard.known[said.key];
    if (said.commit) {
      known.possible.commits.push_back(*said.commit);
    } else {
      deleted_later.push_back(&known);
    }
  };
  const auto batches = leader_log.batches();
  auto batch = std::lower_bound(batches.begin(), batches.end(), shard.scanned,
                                [](const RecordBatch& b, Offset offset) { return b.last_offset < offset; });
  std::vector<Said> all_said;
  for (; batch != batches.end(); ++batch) {
    const bool for_good = batch->next_offset() <= certain;
    if (for_good) shard.scanned = batch->next_offset();
    all_said.clear();
    add_said(all_said, *batch, group_log);
    for (const Said& said : all_said) {
      if (!for_good) {
        may_be(said);
        continue;
      }
      Known& known = shard.known[said.key];
      known.certain = said.commit;
      known.certain_at = said.at;
    }
  }
  std::erase_if(shard.cleaned, [&](const Said& said) { return said.at <= shard.known[said.key].certain_at; });
  for (const Said& said : shard.cleaned) may_be(said);
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
