#include "engine/kafka/consumer_coordinator.hpp"

#include "tests/support/catch.hpp"

using namespace wrackline::kafka;

namespace {

/// A consumer of topic 0 (four partitions) and the other side of its network.
struct Member final : MetadataUpdater {
  ConsumerGroupConfig config;
  std::int64_t now_ms = 0;
  ConsumerMetadata metadata;
  SubscriptionState subscriptions{{ResetStrategy::Kind::latest, 0}};
  ConsumerNetworkClient network{30000};
  ConsumerCoordinator coordinator;
  std::vector<RebalanceCallback> callbacks;

  static ConsumerGroupConfig with(bool auto_commit, AssignorKind assignor) {
    ConsumerGroupConfig made;
    made.group = "g";
    made.auto_commit = auto_commit;
    made.assignors = {assignor};
    return made;
  }

  explicit Member(bool auto_commit = false, AssignorKind assignor = AssignorKind::range)
      : config{with(auto_commit, assignor)}, coordinator{config, subscriptions, metadata, network, 0} {
    network.add_handler(&coordinator);
    network.set_metadata_updater(this);
    subscriptions.subscribe({0});
  }

  void maybe_update(std::int64_t) override {
    if (!metadata.update_requested()) return;
    std::vector<PartitionMetadata> partitions;
    for (std::int32_t p = 0; p < 4; ++p) partitions.push_back({{0, p}, {0, 0}, {0}, {}});
    metadata.update(partitions, now_ms);
  }

  CoordinatorPoll::Kind poll() {
    while (true) {
      CoordinatorPoll polled = coordinator.poll(now_ms);
      if (polled.kind != CoordinatorPoll::Kind::callback) {
        network.poll(now_ms);
        return polled.kind;
      }
      callbacks.push_back(std::move(polled.callback));
      coordinator.callback_done(false);
    }
  }

  template <typename Body>
  std::optional<std::pair<RequestId, Body>> take() {
    auto& outbox = network.outbox();
    for (auto at = outbox.begin(); at != outbox.end(); ++at) {
      if (auto* const body = std::get_if<Body>(&at->body)) {
        std::pair<RequestId, Body> taken{at->id, std::move(*body)};
        outbox.erase(at);
        return taken;
      }
    }
    return std::nullopt;
  }

  void finish_join(std::int32_t generation, TopicPartitions partitions) {
    const auto join = take<JoinGroupRequest>();
    REQUIRE(join);
    JoinGroupResponse joined;
    joined.generation = generation;
    joined.member_id = "m1";
    joined.leader = "m0";
    joined.protocol = std::string{name_of(config.assignors.front())};
    network.deliver(join->first, joined);
    poll();
    const auto sync = take<SyncGroupRequest>();
    REQUIRE(sync);
    SyncGroupResponse synced;
    synced.protocol = joined.protocol;
    synced.assignment.partitions = std::move(partitions);
    network.deliver(sync->first, synced);
    poll();
  }

  void join_first(TopicPartitions partitions) {
    poll();
    const auto find = take<FindCoordinatorRequest>();
    REQUIRE(find);
    network.deliver(find->first, FindCoordinatorResponse{Errors::none, 0});
    poll();
    finish_join(1, std::move(partitions));
  }
};

}  // namespace

SCENARIO("C-4: the periodic commit covers what earlier polls returned (conformance 61)") {
  GIVEN("a member with auto-commit every 5 s whose position moves by 10 at 0, 3 and 6 s") {
    Member m{true};
    m.join_first({{0, 0}});
    m.subscriptions.seek_validated({0, 0}, {10, kNoLeaderEpoch, {}});
    m.now_ms = 3000;
    m.poll();
    CHECK_FALSE(m.take<OffsetCommitRequest>());
    m.subscriptions.seek_validated({0, 0}, {20, kNoLeaderEpoch, {}});
    WHEN("it polls at 6 s, before the third ten are returned") {
      m.now_ms = 6000;
      m.poll();
      THEN("offset 20 is committed") {
        const auto commit = m.take<OffsetCommitRequest>();
        REQUIRE(commit);
        CHECK(commit->second.offsets.front().offset == 20);
      }
    }
  }
}

SCENARIO("C-20: an eager member owns nothing from its join until its assignment (conformance 68)") {
  Member m;
  m.join_first({{0, 0}, {0, 1}});
  REQUIRE(m.subscriptions.assigned_sorted() == TopicPartitions{{0, 0}, {0, 1}});
  WHEN("it rejoins") {
    m.coordinator.request_rejoin();
    m.poll();
    THEN("all is revoked before the JoinGroup") {
      CHECK(m.callbacks.back().kind == RebalanceCallback::Kind::revoked);
      CHECK(m.subscriptions.assigned_sorted().empty());
      m.finish_join(2, {{0, 1}});
      CHECK(m.subscriptions.assigned_sorted() == TopicPartitions{{0, 1}});
    }
  }
}

SCENARIO("C-21: a cooperative member keeps what it is not asked to give up, and rejoins after giving up") {
  Member m{false, AssignorKind::cooperative_sticky};
  m.join_first({{0, 0}, {0, 1}});
  m.coordinator.request_rejoin();
  m.poll();
  CHECK(m.subscriptions.assigned_sorted() == TopicPartitions{{0, 0}, {0, 1}});
  WHEN("the new assignment takes one partition away") {
    m.finish_join(2, {{0, 0}});
    THEN("that one is revoked and the second round begins at once") {
      CHECK(m.subscriptions.assigned_sorted() == TopicPartitions{{0, 0}});
      const auto join = m.take<JoinGroupRequest>();
      REQUIRE(join);
      CHECK(join->second.protocols.front().metadata.owned == TopicPartitions{{0, 0}});
    }
  }
}

SCENARIO("C-14: an application that does not poll leaves the group (conformance 76)") {
  GIVEN("a joined member whose heartbeats are answered") {
    Member m;
    m.join_first({{0, 0}});
    WHEN("max.poll.interval.ms passes without a poll") {
      for (m.now_ms = 3000; m.now_ms < 300000; m.now_ms += 3000) {
        REQUIRE(m.coordinator.heartbeat_pass(m.now_ms).running);
        const auto beat = m.take<HeartbeatRequest>();
        REQUIRE(beat);
        m.network.deliver(beat->first, HeartbeatResponse{});
      }
      CHECK_FALSE(m.take<LeaveGroupRequest>());
      m.coordinator.heartbeat_pass(m.now_ms);
      CHECK(m.take<LeaveGroupRequest>());
      THEN("it has no generation any more, and the partitions are lost at the next poll") {
        CHECK(m.coordinator.state() == MemberState::UNJOINED);
        m.poll();
        CHECK(m.callbacks.back().kind == RebalanceCallback::Kind::lost);
      }
    }
  }
}

SCENARIO("C-6: commitSync retries retriable errors until its time is over") {
  GIVEN("a joined member") {
    Member m;
    m.join_first({{0, 0}});
    m.coordinator.start_commit_sync({{{0, 0}, 5, kNoLeaderEpoch, ""}}, 1000, m.now_ms);
    REQUIRE_FALSE(m.coordinator.continue_commit_sync(m.now_ms).done);
    auto commit = m.take<OffsetCommitRequest>();
    REQUIRE(commit);
    WHEN("the first answer is retriable and the second is not") {
      OffsetCommitResponse response;
      response.partitions = {{{0, 0}, Errors::coordinator_load_in_progress}};
      m.network.deliver(commit->first, response);
      REQUIRE_FALSE(m.coordinator.continue_commit_sync(m.now_ms).done);
      CHECK(m.coordinator.blocked_asleep());
      m.now_ms = m.coordinator.blocked_until_ms(m.now_ms);
      CHECK(m.now_ms == 100);
      REQUIRE_FALSE(m.coordinator.continue_commit_sync(m.now_ms).done);
      commit = m.take<OffsetCommitRequest>();
      REQUIRE(commit);
      response.partitions.front().second = Errors::none;
      m.network.deliver(commit->first, response);
      THEN("it succeeds") { CHECK(m.coordinator.continue_commit_sync(m.now_ms).committed); }
    }
    WHEN("no answer comes") {
      m.now_ms = 1000;
      const ConsumerCoordinator::SyncCommit result = m.coordinator.continue_commit_sync(m.now_ms);
      THEN("it gives up when the time is over") {
        CHECK(result.done);
        CHECK_FALSE(result.committed);
      }
    }
  }
}
