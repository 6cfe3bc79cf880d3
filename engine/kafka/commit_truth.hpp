// What is really in a partition's log, as consumers may read it: the truth beside the views of the replicas.
//
// Each replica has its own log and high watermark; a new leader's watermark may stand below what consumers
// have read already, and after an unclean election committed records may be gone. This class follows all that
// by looking at the log of the partition's leader only: what it commits for the first time is told to the
// observer as `committed`, what a new leader no longer has as `uncommitted`. It belongs to the run, not to
// any broker, and influences nothing.
#pragma once

#include <deque>
#include <vector>

#include "engine/kafka/cluster_layout.hpp"
#include "engine/kafka/unified_log.hpp"
#include "sim/observer.hpp"

namespace wrackline::kafka {

class CommitTruth {
 public:
  CommitTruth(const ClusterLayout& layout, sim::Observer& observer);

  /// The observer hears of this partition only if it carries records of sources.
  sim::PartitionRef ref(PartitionId partition) const;
  bool observed(PartitionId partition) const { return observed_[partition]; }
  void observe(PartitionId partition, bool observed) { observed_[partition] = observed; }
  /// Its readers see only what is below the last stable offset.
  void read_committed(PartitionId partition) { read_committed_[partition] = true; }

  /// The leader's high watermark moved.
  void committed(PartitionId partition, const UnifiedLog& leader_log, sim::Time at);
  /// Another replica leads now, or the same one with another log.
  void leader_changed(PartitionId partition, const UnifiedLog& leader_log, sim::Time at);
  Offset committed_end(PartitionId partition) const { return state_[partition].end; }
  /// Nobody may ask below this offset any more.
  void forget_below(PartitionId partition, Offset offset);

 private:
  struct State {
    Offset end = 0;
    std::deque<RecordBatch> batches;
  };

  const ClusterLayout* layout_;
  sim::Observer* observer_;
  std::vector<State> state_;
  std::vector<bool> observed_;
  std::vector<bool> read_committed_;
};

}  // namespace wrackline::kafka
