// What the records of __consumer_offsets say, kept once per run.
//
// The batches in the replicas' logs carry the numbers of their records in the id column; what a record says
// lies here as long as any log, or a write that is under way, holds its batch. So what a replica lost, or its
// cleaner has taken away, its coordinator has lost. Each record has its key's number and its length in the
// columns, as the log cleaner needs them (L-48; log_cleaner.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

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
  static std::int32_t batch_bytes(const Records& columns);
  /// Of a batch that somebody holds.
  const GroupRecord& at(sim::EventId id) const;

  /// What a load of this log finds, in its order.
  template <class Visit>
  void for_each(std::span<const RecordBatch> batches, Visit&& visit) const {
    for (const RecordBatch& batch : batches) {
      if (!batch.records) continue;
      for (const sim::EventId id : batch.records->ids) visit(at(id));
    }
  }

  /// Records whose batch somebody holds.
  std::size_t records_held() const;

 private:
  class Store;
  using Key = std::tuple<std::string, bool, TopicPartition>;  ///< group, offset or metadata, of what
  std::uint32_t key_of(const GroupRecord& record);

  Store* store_;
  std::map<Key, std::uint32_t> keys_;
};

}  // namespace wrackline::kafka
