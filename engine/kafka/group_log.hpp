// What the records of __consumer_offsets say, kept once per run.
//
// The batches in the replicas' logs carry the numbers of their records in the id column; what a record says
// lies here as long as any log, or a write that is under way, holds its batch. So what a replica lost, its
// coordinator has lost.
//
// Of a partition's beginning, which no replica's log changes any more, only the last record of each key
// matters to whoever loads the partition (L-48): `fold` keeps these, in the order of the log, and then the
// replicas may forget the batches. That is a matter of this program's memory. The simulated log stays as long
// as it was, and its load takes as long: the log cleaner is not modelled. A load from folded records gives
// what the whole log gives, tombstones included, but for a group without metadata whose offsets have all
// expired.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "engine/kafka/cluster_layout.hpp"
#include "engine/kafka/group_messages.hpp"
#include "engine/kafka/record_batch.hpp"

namespace wrackline::kafka {

/// `source` of the ids in the batches of __consumer_offsets: no source of events has this number.
inline constexpr std::uint16_t kGroupRecordSource = 0xffff;

class GroupLog {
 public:
  GroupLog();
  ~GroupLog();
  GroupLog(const GroupLog&) = delete;
  GroupLog& operator=(const GroupLog&) = delete;

  /// The columns of a batch with these records. They may outlive this.
  RecordsPtr columns_of(std::vector<GroupRecord>&& records, std::int64_t wall_ms);
  /// Of a batch that somebody holds.
  const GroupRecord& at(sim::EventId id) const;

  /// Takes in the batches wholly below `certain` that it has not yet.
  void fold(PartitionId partition, std::span<const RecordBatch> batches, Offset certain);
  Offset folded_below(PartitionId partition) const;
  /// What a load of this replica's log finds, in its order.
  template <class Visit>
  void for_each(PartitionId partition, std::span<const RecordBatch> batches, Visit&& visit) const {
    const Offset from = folded_below(partition);
    for (const GroupRecord* record : folded(partition)) visit(*record);
    for (const RecordBatch& batch : batches) {
      if (!batch.records || batch.next_offset() <= from) continue;
      for (const sim::EventId id : batch.records->ids) visit(at(id));
    }
  }

  /// Records whose batch somebody holds, and those that are folded.
  std::size_t records_held() const;

 private:
  class Store;
  using Key = std::tuple<std::string, bool, TopicPartition>;  ///< group, offset or metadata, of what
  struct Last {
    std::uint64_t position = 0;
    GroupRecord record;
  };
  struct Folded {
    Offset below = 0;
    std::uint64_t records = 0;
    std::map<Key, Last> last;
  };
  std::vector<const GroupRecord*> folded(PartitionId partition) const;

  Store* store_;
  std::map<PartitionId, Folded> folded_;
};

}  // namespace wrackline::kafka
