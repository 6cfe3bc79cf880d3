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
#include <tuple>
#include <vector>

#include "engine/event_time/shared_map.hpp"
#include "engine/event_time/window/join.hpp"

namespace wrackline::event_time::window {

/// A change of the table: a new value of the key, or its end.
struct TableChange {
  JoinRecord record;
  bool deleted = false;
};

/// A copy is a snapshot, and costs nothing (shared.hpp).
class TableJoin {
 public:
  /// inner or left.
  explicit TableJoin(JoinType type);

  void change(std::uint32_t key, const TableChange& change);
  void add(std::uint32_t key, const JoinRecord& record, std::vector<JoinedRow>& out) const;
  std::size_t keys_held() const { return rows_.size(); }
  /// Of the versions that it holds.
  void append_versions(std::vector<sim::EventId>& out, SeenParts* seen = nullptr) const {
    rows_.for_each([&](std::uint32_t, const JoinRecord& row) { out.push_back(row.id); }, seen);
  }

 private:
  JoinType type_;
  SharedMap<std::uint32_t, JoinRecord> rows_;
};

/// A copy is a snapshot, and costs nothing.
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
  void append_ids(std::vector<sim::EventId>& out, SeenParts* seen = nullptr) const {
    waiting_.for_each([&](const Waiting&, const JoinRecord& record) { out.push_back(record.id); }, seen);
  }
  std::size_t versions_held() const;
  void append_versions(std::vector<sim::EventId>& out, SeenParts* seen = nullptr) const;

 private:
  using Versions = std::map<TimestampMs, TableChange>;
  using Waiting = std::tuple<TimestampMs, std::uint32_t, std::uint64_t>;  ///< timestamp, key, arrival
  void forget(std::uint32_t key);

  JoinType type_;
  TimestampMs watermark_ = kMinTimestamp;
  SharedMap<std::uint32_t, Shared<Versions>> versions_;
  SharedMap<std::pair<TimestampMs, std::uint32_t>> coming_;  ///< versions beyond the watermark
  SharedMap<Waiting, JoinRecord> waiting_;
  std::uint64_t arrivals_ = 0;
};

}  // namespace wrackline::event_time::window
