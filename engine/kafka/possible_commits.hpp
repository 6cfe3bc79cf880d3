// From where may a group have to read again, whatever fails from now on?
//
// A commit is an acknowledged record of __consumer_offsets, and still it can be taken back: by a loss of
// power that finds it unflushed, or by an unclean election. So the truth of a group is not one offset but a
// set: the newest commit that is on every replica for good, and all the later ones that the leader's log
// holds; and those that its log cleaner has taken away since they were superseded by a commit that is not on
// every replica for good yet. What the simulation forgets, and which windows it calls final, goes by the
// least of them. It belongs to the run, not to any broker, and influences nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/kafka/cluster_layout.hpp"
#include "engine/kafka/group_log.hpp"
#include "engine/kafka/topic_partition.hpp"
#include "engine/kafka/unified_log.hpp"

namespace wrackline::kafka {

class PossibleCommits {
 public:
  struct Commit {
    Offset offset = -1;
    std::string metadata;
  };
  /// Of one group and partition.
  struct Of {
    bool may_find_none = true;
    std::vector<Commit> commits;
  };
  using Group = std::string;

  /// Looks at a partition of __consumer_offsets: below `certain` no replica's log changes any more.
  void look(PartitionId offsets_partition, const UnifiedLog& leader_log, Offset certain,
            const GroupLog& group_log);
  /// The cleaner of a replica is about to take what is superseded away below `end`.
  void before_cleaning(PartitionId offsets_partition, const UnifiedLog& log, Offset end,
                       const GroupLog& group_log);
  /// As of the last look.
  const Of& of(const Group& group, const TopicPartition& partition) const;

 private:
  struct Known {
    std::optional<Commit> certain;
    Offset certain_at = kNoOffset;  ///< where that, or the tombstone, lies in the log
    Of possible;
  };
  /// A commit, or a tombstone, as the log had it.
  struct Said {
    Offset at = 0;  ///< in the log
    std::pair<Group, TopicPartition> key;
    std::optional<Commit> commit;
  };
  static void add_said(std::vector<Said>& said, const RecordBatch& batch, const GroupLog& group_log);
  struct Shard {
    std::vector<Said> cleaned;  ///< until a later one of its key is certain
    Offset scanned = 0;
    std::map<std::pair<Group, TopicPartition>, Known> known;
  };
  std::map<PartitionId, Shard> shards_;
};

}  // namespace wrackline::kafka
