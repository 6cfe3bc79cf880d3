// The group coordinator of one partition of __consumer_offsets: all groups whose name hashes to it, their
// members, timers and committed offsets. The broker that leads the partition owns one such object; after a
// leader change the new leader builds another from the log (`load`).
//
// How an actor drives it: each request goes into the method of its name with the time in ms. Nothing is
// returned (except by `fetch_offsets`, a read): decisions gather in `outbox()`, from where the actor takes
//   * `answers`: to send, each with the request id it was given (possibly a request of long ago: Join and
//   Sync wait);
//   * `writes`: to append with acks = all; when an append is committed or has failed, call `on_written`,
//   which releases
//     the answers that depended on it;
//   * nothing for timers: sleep until `next_deadline_ms()` and call `run_timers`.
// State changes at the time of the request, as in the real coordinator, except where it waits for the append
// too (the assignment of a Sync, a static member's replacement). Other answers wait for all earlier appends.
//
// Modelled: C-7, C-8, C-16, C-17, C-18, C-22, conformance 63-66, 75. Not modelled: the consumer protocol of
// KIP-848, request validation above the shard, linger of the coordinator's writes
// (`group.coordinator.append.linger.ms`). From: GroupCoordinatorShard, GroupMetadataManager,
// CoordinatorRuntime.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kafka/classic_group.hpp"
#include "engine/kafka/group_messages.hpp"
#include "engine/kafka/offset_metadata_manager.hpp"
#include "engine/kafka/timer_list.hpp"

namespace wrackline::kafka {

struct GroupCoordinatorConfig {
  std::int32_t initial_rebalance_delay_ms = 3000;  ///< group.initial.rebalance.delay.ms
  std::int32_t max_size = 2147483647;              ///< group.max.size
  std::int64_t offsets_retention_ms = 604800000;   ///< offsets.retention.minutes
  std::int64_t offsets_retention_check_interval_ms = 600000;
  std::int32_t offset_metadata_max_bytes = 4096;     ///< offset.metadata.max.bytes
  std::int32_t new_member_join_timeout_ms = 300000;  ///< fixed in Kafka
  /// Member ids are this text and a number; empty: the instance or client id, a dash and a number.
  std::string member_id_prefix;
  /// Where numbering starts. A coordinator that takes over must not reuse ids: give it its leader epoch,
  /// shifted.
  std::uint64_t first_member_number = 1;
};

struct FiredTimer {
  std::int64_t at_ms = 0;
  std::string group;
  std::string name;  ///< as in the real coordinator: heartbeat-<group>-<member>, join-<group>, sync-<group>
  std::size_t records = 0;  ///< written by it
};

struct GroupOutbox {
  std::vector<GroupAnswer> answers;
  std::vector<GroupWrite> writes;
  std::vector<FiredTimer> timers;  ///< what ran, for moments and traces

  bool empty() const { return answers.empty() && writes.empty() && timers.empty(); }
};

class GroupCoordinator {
 public:
  GroupCoordinator(GroupCoordinatorConfig config, std::int64_t now_ms);

  /// Replays the log of the partition, in order, before anything else; `start` ends it and sets the timers of
  /// all members in full (C-16).
  void load(const GroupRecord& record, std::int64_t producer_id);
  void load_end_transaction(std::int64_t producer_id, bool commit) {
    offsets_.replay_end_transaction(producer_id, commit);
  }
  void start(std::int64_t now_ms);
  /// The partition moved away: parked requests are answered NOT_COORDINATOR.
  void unload();

  void join_group(const JoinGroupRequest& request, std::int64_t now_ms);
  void sync_group(const SyncGroupRequest& request, std::int64_t now_ms);
  void heartbeat(const HeartbeatRequest& request, std::int64_t now_ms);
  void leave_group(const LeaveGroupRequest& request, std::int64_t now_ms);
  void commit_offsets(const OffsetCommitRequest& request, std::int64_t now_ms);
  void txn_commit_offsets(const TxnOffsetCommitRequest& request, std::int64_t now_ms);
  OffsetFetchResponse fetch_offsets(const OffsetFetchRequest& request) const;
  /// Makes all members join again, as an operator would by changing the subscription. False: nothing to
  /// rebalance.
  bool force_rebalance(const std::string& group, std::int64_t now_ms);
  void delete_group(RequestId request, const std::string& group, std::int64_t now_ms);
  /// The marker of a transaction was appended to this partition.
  void end_transaction(std::int64_t producer_id, bool commit) {
    offsets_.replay_end_transaction(producer_id, commit);
  }

  void on_written(WriteId write, Errors error, std::int64_t now_ms);
  std::int64_t next_deadline_ms() const { return timers_.next_deadline_ms(); }
  void run_timers(std::int64_t now_ms);

  GroupOutbox& outbox() { return outbox_; }
  const ClassicGroup* group(std::string_view id) const;
  const OffsetMetadataManager& offsets() const { return offsets_; }

 private:
  enum class TimerKind : std::uint8_t { heartbeat, join, sync, expiry };
  struct TimerKey {
    TimerKind kind;
    std::string group;
    std::string member;
    bool operator==(const TimerKey&) const = default;
  };
  /// The state of a timer beyond its key: slices of the initial delay, the generation a sync timer belongs
  /// to.
  struct JoinTimer {
    bool initial = false;
    std::int32_t delay_ms = 0;
    std::int32_t remaining_ms = 0;
  };
  struct Held {
    ClassicGroup group;
    JoinTimer join_timer;
    std::int32_t sync_timer_generation = 0;
  };
  enum class After : std::uint8_t { nothing, assignment, static_join };
  /// What a failed append takes back.
  struct Undo {
    std::string group;
    TopicPartition partition;
    std::uint64_t written = 0;
    std::optional<OffsetMetadataManager::Committed> previous;
  };
  struct PendingWrite {
    WriteId id = 0;
    After after = After::nothing;
    std::string group;
    std::string member;
    std::int32_t generation = 0;
    bool skip_assignment = false;
    std::string previous_leader;
    std::vector<std::pair<std::string, Assignment>> assignments;
    std::vector<GroupAnswer> answers;
    std::vector<Undo> undo;
    bool done = false;
    Errors error = Errors::none;
  };

  Held* held(std::string_view id);
  Held& create(const std::string& id, std::int64_t now_ms);
  std::string new_member_id(const JoinGroupRequest& request);

  void answer(RequestId request, GroupResponse response);
  void answer_after_writes(RequestId request, GroupResponse response);
  PendingWrite& write(std::vector<GroupRecord> records);
  void complete(PendingWrite& write, std::int64_t now_ms);

  bool accepts(const ClassicGroup& group, std::string_view member) const;
  bool join_new(const JoinGroupRequest& request, Held& held, std::int64_t now_ms);
  bool join_existing(const JoinGroupRequest& request, Held& held, std::int64_t now_ms);
  bool add_member(const JoinGroupRequest& request, Held& held, std::string id, std::uint64_t order,
                  std::int64_t now_ms);
  bool replace_static(const JoinGroupRequest& request, Held& held, const std::string& old_id,
                      std::int64_t now_ms);
  bool update_member(const JoinGroupRequest& request, Held& held, ClassicGroupMember& member,
                     std::int64_t now_ms);
  JoinGroupResponse current_generation(const ClassicGroup& group, const std::string& member,
                                       bool with_members) const;

  /// Each answers whether it wrote something.
  bool rebalance_or_complete(Held& held, std::int64_t now_ms);
  bool prepare_rebalance(Held& held, std::int64_t now_ms);
  bool maybe_complete_join(Held& held, std::int64_t now_ms);
  bool complete_join_or_wait(Held& held, std::int64_t now_ms);
  bool complete_join(Held& held, std::int64_t now_ms);

  void remove_member(Held& held, const std::string& member);
  void complete_join_answer(ClassicGroupMember& member, JoinGroupResponse response);
  void propagate_assignment(ClassicGroup& group, Errors error, std::int64_t now_ms);
  void schedule_heartbeat(const ClassicGroup& group, const std::string& member, std::int64_t deadline_ms);
  void expire_heartbeat(const TimerKey& key, std::int64_t now_ms);
  void expire_sync(const TimerKey& key, std::int64_t now_ms);
  void slice_or_complete(const TimerKey& key, std::int64_t now_ms);
  void expire_offsets(std::int64_t now_ms);
  void commit(const OffsetCommitRequest& request, std::int64_t producer_id, std::int16_t producer_epoch,
              std::int64_t now_ms);
  /// Appends and applies records at once; answers wait for the append.
  PendingWrite& write_and_replay(std::vector<GroupRecord> records);

  GroupCoordinatorConfig config_;
  std::map<std::string, Held, std::less<>> groups_;
  OffsetMetadataManager offsets_;
  TimerList<TimerKey> timers_;
  std::vector<PendingWrite> pending_;
  GroupOutbox outbox_;
  std::uint64_t next_member_ = 1;
  WriteId next_write_ = 1;
};

}  // namespace wrackline::kafka
