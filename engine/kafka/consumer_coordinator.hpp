// A consumer's membership in its group (classic protocol): finding the coordinator, joining, syncing,
// heartbeats, rebalance callbacks, commits and leaving.
//
// How an actor drives it. Two loops share it, as in the real client:
//   * the application: `poll(now)` until it says `ready`. `callback` means: run the application's rebalance
//   listener
//     with these partitions (it may commit), then `callback_done`, then poll on. `not_ready`: wait until
//     something arrives, or `retry_at_ms`, and poll again.
//   * the heartbeat thread: `heartbeat_pass(now)` whenever something arrives or `heartbeat_deadline_ms` is
//   reached,
//     also while the application is busy. It sends heartbeats, notices a dead session and leaves the group
//     for an application that does not poll (max.poll.interval.ms).
// Requests appear in the outbox of the shared ConsumerNetworkClient. Blocking calls (`commit_sync`, `close`)
// are started and then continued until they are done; between two steps the actor waits for an arrival or
// `blocked_until_ms`.
//
// Modelled: C-2 a, C-4, C-6, C-7, C-13, C-14, C-19, C-20, C-21, C-22 (client side), conformance 61-68, 76.
// Not modelled: pattern subscriptions, wakeup, jitter and growth of backoffs, the client of KIP-848. From:
// AbstractCoordinator, ConsumerCoordinator, Heartbeat (4.1). The parts: consumer_coordinator.cpp (join and
// callbacks), consumer_coordinator_requests.cpp (answers), consumer_coordinator_commit.cpp (commits, close).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kafka/assignor.hpp"
#include "engine/kafka/consumer_metadata.hpp"
#include "engine/kafka/consumer_network_client.hpp"
#include "engine/kafka/subscription_state.hpp"
#include "engine/kafka/timer_list.hpp"

namespace wrackline::kafka {

struct ConsumerGroupConfig {
  std::string group;  ///< group.id
  std::string client_id;
  std::optional<std::string> instance_id;  ///< group.instance.id
  std::int32_t session_timeout_ms = 45000;
  std::int32_t heartbeat_interval_ms = 3000;
  std::int32_t max_poll_interval_ms = 300000;
  std::int64_t request_timeout_ms = 30000;
  std::int64_t retry_backoff_ms = 100;
  bool auto_commit = true;  ///< enable.auto.commit
  std::int64_t auto_commit_interval_ms = 5000;
  std::vector<AssignorKind> assignors = {AssignorKind::range, AssignorKind::cooperative_sticky};
  std::string rack;  ///< client.rack
};

enum class MemberState : std::uint8_t { UNJOINED, PREPARING_REBALANCE, COMPLETING_REBALANCE, STABLE };
std::string_view name_of(MemberState state);

struct MemberGeneration {
  std::int32_t id = kNoGeneration;
  std::string member_id;
  std::optional<std::string> protocol;
  bool operator==(const MemberGeneration&) const = default;
};

struct RebalanceCallback {
  enum class Kind : std::uint8_t { revoked, assigned, lost };
  Kind kind = Kind::assigned;
  TopicPartitions partitions;
};

struct CoordinatorPoll {
  enum class Kind : std::uint8_t { ready, not_ready, callback, failed };
  Kind kind = Kind::not_ready;
  RebalanceCallback callback;
  ConsumerException exception;
};

using CommitId = std::uint64_t;

struct CommitResult {
  CommitId commit = 0;
  std::vector<OffsetToCommit> offsets;
  std::optional<ConsumerException> exception;
};

enum class LeaveOnClose : std::uint8_t { by_default, leave_group, remain_in_group };

class ConsumerCoordinator final : public ResponseHandler {
 public:
  ConsumerCoordinator(ConsumerGroupConfig config, SubscriptionState& subscriptions,
                      ConsumerMetadata& metadata, ConsumerNetworkClient& network, std::int64_t now_ms);

  CoordinatorPoll poll(std::int64_t now_ms);
  /// `threw`: the application's listener failed; the step that continues reports it.
  void callback_done(bool threw);
  /// In the future after a failure that is worth a retry: the real client sleeps until then, whatever
  /// arrives.
  std::int64_t retry_at_ms() const { return retry_at_ms_; }
  /// When the next poll has something to do by itself (auto-commit, heartbeat).
  std::int64_t next_poll_ms(std::int64_t now_ms) const;

  struct HeartbeatPass {
    bool running = false;
    std::optional<ConsumerException> failed;
  };
  HeartbeatPass heartbeat_pass(std::int64_t now_ms);
  /// Never, while the thread has nothing to do.
  std::int64_t heartbeat_deadline_ms(std::int64_t now_ms) const;

  struct CommittedOffsets {
    bool done = false;
    std::optional<ConsumerException> exception;
  };
  /// Gives partitions that have no position yet the group's committed offset, if there is one.
  CommittedOffsets init_with_committed_offsets(std::int64_t now_ms);
  /// The metadata that was committed with this offset, as this client fetched it when it took the partition
  /// over; empty: none, or another offset.
  std::string_view committed_metadata(TopicPartition partition, Offset offset) const;

  struct AsyncCommit {
    CommitId commit = 0;
    std::optional<ConsumerException> exception;
  };
  AsyncCommit commit_async(std::vector<OffsetToCommit> offsets, std::int64_t now_ms);
  /// Sends the periodic commit if its time has come (part of every poll).
  std::optional<ConsumerException> maybe_auto_commit(std::int64_t now_ms);
  /// Commits whose callbacks have run; the actor clears it.
  std::vector<CommitResult>& commit_results() { return commit_results_; }

  struct SyncCommit {
    bool done = false;
    bool committed = false;  ///< false when done: the time is over
    std::optional<ConsumerException> exception;
  };
  void start_commit_sync(std::vector<OffsetToCommit> offsets, std::int64_t timeout_ms, std::int64_t now_ms);
  SyncCommit continue_commit_sync(std::int64_t now_ms);
  /// Until when a blocking call waits; an arrival ends the wait earlier unless `blocked_asleep`.
  std::int64_t blocked_until_ms(std::int64_t now_ms) const;
  bool blocked_asleep() const { return asleep_until_ms_.has_value(); }

  /// Unsubscribe: what is owned is revoked or lost (run the callback, `callback_done`), then `leave_group`.
  std::optional<RebalanceCallback> prepare_leave();
  void leave_group(LeaveOnClose how, std::int64_t now_ms);

  void start_close(LeaveOnClose how, std::int64_t timeout_ms, std::int64_t now_ms);
  /// `not_ready`: blocked; `callback`: as in poll; `ready`: closed.
  CoordinatorPoll continue_close(std::int64_t now_ms);

  void request_rejoin() { rejoin_needed_ = true; }
  bool rejoin_needed_or_pending();
  MemberState state() const { return state_; }
  const MemberGeneration& generation() const { return generation_; }
  bool coordinator_unknown(std::int64_t now_ms);
  RebalanceProtocol protocol() const { return protocol_; }

  bool handle(RequestId id, ConsumerResponseBody& body, std::int64_t now_ms) override;

 private:
  using Failure = std::optional<ConsumerException>;

  enum class Api : std::uint8_t { find, join, sync, heartbeat, leave, commit, fetch };
  struct InFlight {
    RequestId id = 0;
    Api api = Api::find;
    MemberGeneration sent;
    std::uint64_t commit = 0;
  };
  /// The real client's future of the look-up, of the join and of the offset fetch.
  struct Find {
    RequestId id = 0;
    bool done = false;
    Failure failure;
  };
  struct Join {
    bool done = false;
    Failure failure;
    Assignment assignment;
  };
  struct Fetch {
    RequestId id = 0;
    TopicPartitions partitions;
    std::optional<MemberGeneration> generation;
    bool done = false;
    Failure failure;
    std::vector<FetchedOffset> offsets;
  };
  enum class Purpose : std::uint8_t { user, periodic, before_join, sync };
  struct Commit {
    std::uint64_t key = 0;
    Purpose purpose = Purpose::user;
    CommitId id = 0;
    std::vector<OffsetToCommit> offsets;
    RequestId find = 0;  ///< waits for this look-up
  };
  struct Completion {
    bool user = false;
    CommitResult result;
  };
  struct MetadataSnapshot {
    std::int32_t version = -1;
    std::vector<std::pair<TopicId, std::int32_t>> partitions;
    bool matches(const MetadataSnapshot& other) const {
      return version == other.version || partitions == other.partitions;
    }
  };
  enum class Stage : std::uint8_t { idle, preparing, revoking, assigning };
  enum class SyncStage : std::uint8_t {
    start,
    attempt,
    find,
    find_backoff,
    commit,
    backoff,
    drain,
    drain_backoff
  };
  enum class CloseStage : std::uint8_t { commit, pending, leave, await };

  static ConsumerException failed_with(std::string_view name, bool retriable);
  static ConsumerException failed_with(Errors error);
  static CoordinatorPoll failed_poll(ConsumerException exception);
  static CoordinatorPoll callback_poll(RebalanceCallback::Kind kind, TopicPartitions partitions);

  ConsumerNetworkClient::Connection connection() const { return {coordinator_, true}; }
  InFlight& send(Api api, ConsumerRequestBody body, std::int64_t now_ms,
                 std::optional<std::int64_t> timeout_ms = std::nullopt);
  void mark_coordinator_unknown(bool disconnected);
  void lookup_coordinator(std::int64_t now_ms);
  bool ensure_coordinator_ready(Failure& failure, std::int64_t now_ms);

  // consumer_coordinator.cpp
  void update_subscription_metadata();
  void send_heartbeat(std::int64_t now_ms);
  void poll_heartbeat(Failure& failure, std::int64_t now_ms);
  CoordinatorPoll join_if_needed(std::int64_t now_ms);
  /// Callback: waits for the listener. Ready: go on to join.
  CoordinatorPoll join_prepare(std::int64_t now_ms);
  Failure finish_join_prepare();
  CoordinatorPoll join_complete(std::int64_t now_ms);
  CoordinatorPoll assign_and_announce(std::int64_t now_ms);
  void initiate_join(std::int64_t now_ms);
  void reset_state(bool reset_member_id);
  bool rebalance_in_progress() const {
    return state_ == MemberState::PREPARING_REBALANCE || state_ == MemberState::COMPLETING_REBALANCE;
  }
  std::optional<MemberGeneration> generation_if_stable() const;

  // consumer_coordinator_requests.cpp
  void handle_find(const InFlight& request, const ConsumerResponseBody& body, std::int64_t now_ms);
  void handle_join(const InFlight& request, ConsumerResponseBody& body, std::int64_t now_ms);
  void handle_sync(const InFlight& request, ConsumerResponseBody& body);
  void handle_heartbeat(const InFlight& request, const ConsumerResponseBody& body, std::int64_t now_ms);
  void handle_commit(const InFlight& request, const ConsumerResponseBody& body, std::int64_t now_ms);
  void handle_fetch(const InFlight& request, ConsumerResponseBody& body);
  Failure commit_failure(const OffsetCommitResponse& response, const MemberGeneration& sent);
  void continue_as_leader(std::int64_t now_ms);
  void send_sync(std::vector<std::pair<std::string, Assignment>> assignments, std::int64_t now_ms);
  void fail_join(ConsumerException exception);
  void reset_heartbeat_timers(std::int64_t now_ms);

  // consumer_coordinator_commit.cpp
  Failure invoke_completed(std::int64_t now_ms);
  /// False: it waits for a coordinator to be found.
  bool commit_or_wait(Commit commit, Failure& failure, std::int64_t now_ms);
  void send_commit(Commit commit, std::int64_t now_ms);
  void finish_commit(const Commit& commit, Failure failure);
  void release_waiting_commits(RequestId find, const Failure& failure, std::int64_t now_ms);
  bool auto_commit_async(Purpose purpose, Failure& failure, std::int64_t now_ms);
  /// False: no time is left to sleep.
  bool sleep(std::int64_t now_ms, std::int64_t deadline_ms);

  ConsumerGroupConfig config_;
  SubscriptionState& subscriptions_;
  ConsumerMetadata& metadata_;
  ConsumerNetworkClient& network_;
  RebalanceProtocol protocol_ = RebalanceProtocol::eager;

  BrokerId coordinator_ = kNoBroker;
  std::optional<Find> find_;
  std::vector<InFlight> in_flight_;
  std::int64_t retry_at_ms_ = 0;

  MemberState state_ = MemberState::UNJOINED;
  MemberGeneration generation_;
  bool rejoin_needed_ = true;
  bool needs_join_prepare_ = true;
  std::optional<Join> join_;
  std::optional<JoinGroupResponse>
      leading_;  ///< the leader waits for metadata of topics that others subscribe to
  bool is_leader_ = false;
  std::optional<std::vector<TopicId>> joined_subscription_;
  std::vector<TopicId> group_subscription_;
  MetadataSnapshot metadata_snapshot_;
  std::optional<MetadataSnapshot> assignment_snapshot_;
  TopicPartitions sticky_memory_;  ///< the last assignment: what the sticky assignor calls owned
  std::int32_t sticky_generation_ = kNoGeneration;

  std::vector<FetchedOffset> restored_;  ///< committed offsets as they were last fetched

  Stage stage_ = Stage::idle;
  bool callback_open_ = false;
  bool callback_threw_ = false;
  bool listener_failed_ = false;
  RebalanceCallback::Kind prepare_kind_ = RebalanceCallback::Kind::revoked;
  TopicPartitions kept_;   ///< after preparing a join
  TopicPartitions added_;  ///< while an assignment is taken over
  bool leave_pending_ = false;

  bool thread_exists_ = false;
  bool thread_enabled_ = false;
  Failure thread_failure_;
  std::int64_t heartbeat_at_ms_ = 0;
  std::int64_t session_deadline_ms_ = 0;
  std::int64_t poll_deadline_ms_ = 0;

  std::int64_t auto_commit_at_ms_ = 0;
  std::optional<std::int64_t> join_prepare_deadline_ms_;
  struct BeforeJoin {
    std::uint64_t key = 0;
    bool done = false;
    bool retry = false;
  };
  std::optional<BeforeJoin> before_join_;
  std::vector<Commit> commits_;
  std::uint64_t next_commit_key_ = 1;
  CommitId next_commit_id_ = 1;
  std::deque<Completion> completed_;
  bool async_commit_fenced_ = false;
  std::vector<CommitResult> commit_results_;
  std::optional<Fetch> fetch_;

  struct SyncOperation {
    std::uint64_t key = 0;
    std::vector<OffsetToCommit> offsets;
    std::int64_t deadline_ms = 0;
    SyncStage stage = SyncStage::start;
    bool polling = false;  ///< has looked at the network and waits
    bool done = false;
    Failure failure;
  };
  SyncOperation sync_;
  std::optional<std::int64_t> asleep_until_ms_;
  std::int64_t blocked_deadline_ms_ = 0;

  struct CloseOperation {
    LeaveOnClose how = LeaveOnClose::by_default;
    std::int64_t deadline_ms = 0;
    CloseStage stage = CloseStage::commit;
    bool polling = false;
    bool leaving = false;
    std::optional<BrokerId> await_from;
  };
  CloseOperation close_;
};

}  // namespace wrackline::kafka
