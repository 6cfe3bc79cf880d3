// A stream with a table, inner or left. A table is a changelog: upserts and deletes of keys.
//
//   TableJoin     by arrival: the record meets the table as it is then, and comes out at once. Late or
//                 replayed input gives other answers; Kafka Streams' KStream-KTable join (without grace),
//                 Flink's processing-time lookup
//   TemporalJoin  by event time: the record meets the version that was valid at its timestamp, the newest
//   with
//                 a timestamp <= its own. It waits for the watermark to reach its timestamp, so the answer
//                 does not depend on the order of arrival (Flink's FOR SYSTEM_TIME AS OF). Of two versions
//                 with one timestamp the one that arrived later holds
//
// TemporalJoin drops records and versions with timestamp <= watermark, and keeps of each key the versions
// beyond the watermark and the newest one below. Rows of one watermark come by (timestamp, key, arrival).
#pragma once

#include <map>
#include <set>
#include <vector>

#include "engine/event_time/window/join.hpp"

namespace wrackline::event_time::window {

/// A change of the table: a new value of the key, or its end.
struct TableChange {
  JoinRecord record;
  bool deleted = false;
};

class TableJoin {
 public:
  /// inner or left.
  explicit TableJoin(JoinType type);

  void change(std::uint32_t key, const TableChange& change);
  void add(std::uint32_t key, const JoinRecord& record, std::vector<JoinedRow>& out) const;
  std::size_t keys_held() const { return rows_.size(); }
  /// Of the versions that it holds.
  void append_versions(std::vector<sim::EventId>& out) const {
    for (const auto& [key, row] : rows_) out.push_back(row.id);
  }

 private:
  JoinType type_;
  std::map<std::uint32_t, JoinRecord> rows_;
};

class TemporalJoin {
 public:
  /// inner or left.
  explicit TemporalJoin(JoinType type);

  JoinVerdict change(std::uint32_t key, const TableChange& change);
  JoinVerdict add(std::uint32_t key, const JoinRecord& record);
  void advance_watermark(TimestampMs watermark, std::vector<JoinedRow>& out);
  TimestampMs watermark() const { return watermark_; }
  std::size_t records_held() const { return waiting_.size(); }
  /// Of the records that wait.
  void append_ids(std::vector<sim::EventId>& out) const {
    for (const Waiting& waiting : waiting_) out.push_back(waiting.record.id);
  }
  std::size_t versions_held() const;
  void append_versions(std::vector<sim::EventId>& out) const;

 private:
  struct Waiting {
    TimestampMs timestamp = 0;
    std::uint32_t key = 0;
    std::uint64_t arrival = 0;
    JoinRecord record;
    bool operator<(const Waiting& other) const;
  };
  void forget(std::map<TimestampMs, TableChange>& versions) const;

  JoinType type_;
  TimestampMs watermark_ = kMinTimestamp;
  std::map<std::uint32_t, std::map<TimestampMs, TableChange>> versions_;
  std::set<Waiting> waiting_;
  std::uint64_t arrivals_ = 0;
};

}  // namespace wrackline::event_time::window
