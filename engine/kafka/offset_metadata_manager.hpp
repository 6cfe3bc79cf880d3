// Committed offsets of all groups of one coordinator: plain commits, commits inside open transactions
// (pending until the marker), reads, expiry and deletion.
//
// Modelled: C-7 (writes), C-8, T-14; a marker does not overwrite a commit that was appended later than the
// pending one. Not modelled: per-commit retention of very old clients.
// From: OffsetMetadataManager, OffsetExpirationConditionImpl.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kafka/group_messages.hpp"

namespace wrackline::kafka {

class OffsetMetadataManager {
 public:
  struct Committed {
    TopicPartition partition;
    Offset offset = -1;
    LeaderEpoch leader_epoch = kNoLeaderEpoch;
    std::int64_t commit_timestamp_ms = 0;
    std::uint64_t position = 0;  ///< order in the log
    std::string metadata;
  };

  /// Applies a record of the log. `producer_id` >= 0: it belongs to a transaction.
  void replay(const OffsetCommitRecord& record, std::int64_t producer_id);
  void replay_end_transaction(std::int64_t producer_id, bool commit);

  const Committed* find(std::string_view group, TopicPartition partition) const;
  bool has_pending(std::string_view group, TopicPartition partition) const;
  bool has_open_transaction(std::string_view group) const;
  /// By partition; nullptr: the group never committed.
  const std::vector<Committed>* offsets_of(std::string_view group) const;
  void fetch(const OffsetFetchRequest& request, OffsetFetchResponse& response) const;
  /// The append of the commit that stands at position `written` failed: what was known before counts again.
  void restore(const std::string& group, TopicPartition partition, std::uint64_t written,
               const std::optional<Committed>& previous);
  /// One tombstone per committed or pending offset.
  void delete_all(const std::string& group, std::vector<GroupRecord>& records) const;

 private:
  struct OfGroup {
    std::string group;
    std::vector<Committed> offsets;
  };
  struct Pending {
    std::int64_t producer_id;
    std::vector<OfGroup> groups;
  };

  static std::vector<Committed>& of(std::vector<OfGroup>& groups, std::string_view group);
  static const Committed* find_in(const std::vector<OfGroup>& groups, std::string_view group,
                                  TopicPartition partition);
  static void put(std::vector<Committed>& offsets, const Committed& value);
  static void erase(std::vector<OfGroup>& groups, std::string_view group, TopicPartition partition);

  std::vector<OfGroup> committed_;
  std::vector<Pending> pending_;
  std::uint64_t next_position_ = 0;
};

}  // namespace wrackline::kafka
