// A consumer's membership in its group (classic protocol): finding the coordinator, joining, syncing, heartbeats,
// rebalance callbacks, commits and leaving.
//
// How an actor drives it. Two loops share it, as in the real client:
//   * the application: `poll(now)` until it says `ready`. `callback` means: run the application's rebalance listener
//     with these partitions (it may commit), then `callback_done`, then poll on. `not_ready`: wait until something
//     arrives, or `retry_at_ms`, and poll again.
//   * the heartbeat thread: `heartbeat_pass(now)` whenever something arrives or `heartbeat_deadline_ms()` is reached,
//     also while the application is busy. It sends heartbeats, notices a dead session and leaves the group for an
//     application that does not poll (max.poll.interval.ms).
// Requests appear in the outbox of the shared ConsumerNetworkClient. Blocking calls (`commit_sync`, `close`) are started
// and then continued until they are done; between two steps the actor waits for an arrival or `blocked_until_ms()`.
//
// Modelled: C-2 a, C-4, C-6, C-7, C-13, C-14, C-19, C-20, C-21, C-22 (client side), conformance 61-68, 76. Not modelled:
// pattern subscriptions, wakeup, jitter of backoffs, the client of KIP-848.
// From: AbstractCoordinator, ConsumerCoordinator, Heartbeat (4.1).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "engine/kafka/assignor.hpp"
#include "engine/kafka/consumer_metadata.hpp"
#include "engine/kafka/consumer_network_client.hpp"
#include "engine/kafka/subscription_state.hpp"

namespace wrackline::kafka {

struct ConsumerGroupConfig {
  std::string group;                        ///< group.id
  std::string client_id;
  std::optional<std::string> instance_id;   ///< group.instance.id
  std::int32_t session_timeout_ms = 45000;
  std::int32_t heartbeat_interval_ms = 3000;
  std::int32_t max_poll_interval_ms = 300000;
  std::int64_t request_timeout_ms = 30000;
  std::int64_t retry_backoff_ms = 100;
  std::int64_t retry_backoff_max_ms = 1000;
  bool auto_commit = true;                  ///< enable.auto.commit
  std::int64_t auto_commit_interval_ms = 5000;
  std::vector<AssignorKind> assignors = {AssignorKind::range, AssignorKind::cooperative_sticky};
  std::string rack;                         ///< client.rack
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
  ConsumerCoordinator(ConsumerGroupConfig config, SubscriptionState& subscriptions, ConsumerMetadata& metadata,
                      ConsumerNetworkClient& network, std::int64_t now_ms);

  CoordinatorPoll poll(std::int64_t now_ms);
  /// `threw`: the application's listener failed; the poll that continues reports it.
  void callback_done(bool threw);
  /// Earliest time at which polling again is of use if nothing arrives, as the real client sleeps there.
  std::int64_t retry_at_ms() const { return retry_at_ms_; }
  /// When the next poll has something to do by itself (auto-commit, heartbeat).
  std::int64_t next_poll_ms(std::int64_t now_ms) const;

  struct HeartbeatPass {
    bool running = false;
    std::optional<ConsumerException> failed;
    bool sent = false;
  };
  HeartbeatPass heartbeat_pass(std::int64_t now_ms);
  std::int64_t heartbeat_deadline_ms() const;

  /// Positions of `partitions` (all that initialize) from committed offsets. Nullopt without failure: not yet.
  struct CommittedOffsets {
    bool done = false;
    std::optional<ConsumerException> exception;
  };
  CommittedOffsets init_with_committed_offsets(std::int64_t now_ms);

  struct AsyncCommit {
    CommitId commit = 0;
    std::optional<ConsumerException> exception;
  };
  AsyncCommit commit_async(std::vector<OffsetToCommit> offsets, std::int64_t now_ms);
  /// Sends the periodic commit if its time has come (part of every poll).
  void maybe_auto_commit(std::int64_t now_ms);
  /// Commits whose callbacks have run; the actor clears it.
  std::vector<CommitResult>& commit_results() { return commit_results_; }

  struct SyncCommit {
    bool done = false;
    bool committed = false;  ///< false when done: the time is over
    std::optional<ConsumerException> exception;
  };
  void start_commit_sync(std::vector<OffsetToCommit> offsets, std::int64_t timeout_ms, std::int64_t now_ms);
  SyncCommit continue_commit_sync(std::int64_t now_ms);
  std::int64_t blocked_until_ms() const { return blocked_until_ms_; }

  /// Unsubscribe or close: what is owned is revoked or lost (a callback), then the group is left.
  std::optional<RebalanceCallback> prepare_leave();
  void leave_group(LeaveOnClose how, std::int64_t now_ms);

  void start_close(LeaveOnClose how, std::int64_t timeout_ms, std::int64_t now_ms);
  CoordinatorPoll continue_close(std::int64_t now_ms);

  void request_rejoin() { rejoin_needed_ = true; }
  bool rejoin_needed_or_pending();
  MemberState state() const { return state_; }
  const MemberGeneration& generation() const { return generation_; }
  bool coordinator_unknown(std::int64_t now_ms);

  bool handle(RequestId id, ConsumerResponseBody& body, std::int64_t now_ms) override;

 private:
  std::int64_t retry_at_ms_ = 0;
  std::int64_t blocked_until_ms_ = 0;
  std::vector<CommitResult> commit_results_;
  bool rejoin_needed_ = true;
  MemberState state_ = MemberState::UNJOINED;
  MemberGeneration generation_;
};

}  // namespace wrackline::kafka
