#include "engine/kafka/commit_truth.hpp"

#include <algorithm>

namespace wrackline::kafka {

CommitTruth::CommitTruth(const ClusterLayout& layout, sim::Observer& observer)
    : layout_{&layout},
      observer_{&observer},
      state_(layout.partition_count()),
      observed_(layout.partition_count(), true),
      read_committed_(layout.partition_count(), false) {}

sim::PartitionRef CommitTruth::ref(PartitionId partition) const {
  const TopicPartition at = layout_->partition(partition);
  return {static_cast<std::uint16_t>(at.topic), static_cast<std::uint32_t>(at.partition)};
}

void CommitTruth::committed(PartitionId partition, const UnifiedLog& leader_log, sim::Time at) {
  State& state = state_[partition];
  const Offset limit =
      read_committed_[partition] ? leader_log.last_stable_offset() : leader_log.high_watermark();
  if (limit <= state.end) return;
  const auto batches = leader_log.batches();
  auto next =
      std::lower_bound(batches.begin(), batches.end(), state.end,
                       [](const RecordBatch& batch, Offset offset) { return batch.last_offset < offset; });
  for (; next != batches.end() && next->next_offset() <= limit; ++next) {
    if (next->base_offset < state.end) continue;
    state.batches.push_back(*next);
    state.end = next->next_offset();
    if (observed_[partition] && next->records) {
      observer_->committed(ref(partition), next->base_offset, next->records->ids, at);
    }
  }
}

void CommitTruth::leader_changed(PartitionId partition, const UnifiedLog& leader_log, sim::Time at) {
  State& state = state_[partition];
  const auto batches = leader_log.batches();
  const auto has = [&](const RecordBatch& batch) {
    const auto found =
        std::lower_bound(batches.begin(), batches.end(), batch.base_offset,
                         [](const RecordBatch& b, Offset offset) { return b.base_offset < offset; });
    return found != batches.end() && found->base_offset == batch.base_offset &&
           found->leader_epoch == batch.leader_epoch && found->last_offset == batch.last_offset;
  };
  // Logs that agree on a batch agree on everything before it, so the search may stop at the first match from
  // the end.
  while (!state.batches.empty() && !has(state.batches.back())) {
    const RecordBatch& gone = state.batches.back();
    if (gone.last_offset < leader_log.forgotten_below()) break;
    if (observed_[partition] && gone.records) {
      observer_->uncommitted(ref(partition), gone.base_offset, gone.records->ids, at);
    }
    state.end = gone.base_offset;
    state.batches.pop_back();
  }
}

void CommitTruth::forget_below(PartitionId partition, Offset offset) {
  State& state = state_[partition];
  while (!state.batches.empty() && state.batches.front().next_offset() <= offset) state.batches.pop_front();
}

}  // namespace wrackline::kafka
