#include "engine/kafka/group_coordinator.hpp"

#include "tests/support/catch.hpp"

using namespace wrackline::kafka;

namespace {

/// A coordinator whose appends are committed as soon as they are made, unless a test holds them.
struct Group {
  GroupCoordinator coordinator;
  std::int64_t now_ms = 0;
  RequestId last_request = 0;
  bool hold = false;
  std::vector<GroupWrite> held;
  std::vector<GroupAnswer> answers;

  explicit Group(GroupCoordinatorConfig config = {}) : coordinator{std::move(config), 0} {}

  void settle() {
    GroupOutbox& outbox = coordinator.outbox();
    while (!outbox.writes.empty()) {
      std::vector<GroupWrite> writes;
      writes.swap(outbox.writes);
      for (GroupWrite& write : writes) {
        if (hold) {
          held.push_back(std::move(write));
        } else {
          coordinator.on_written(write.id, Errors::none, now_ms);
        }
      }
    }
    for (GroupAnswer& answer : outbox.answers) answers.push_back(std::move(answer));
    outbox.answers.clear();
  }

  void advance_to(std::int64_t until_ms) {
    while (coordinator.next_deadline_ms() <= until_ms) {
      now_ms = coordinator.next_deadline_ms();
      coordinator.run_timers(now_ms);
      settle();
    }
    now_ms = until_ms;
  }

  RequestId join(const std::string& member, std::optional<std::string> instance = std::nullopt,
                 std::int32_t rebalance_timeout_ms = 60000, std::vector<TopicId> topics = {0}) {
    JoinGroupRequest request;
    request.request = ++last_request;
    request.group = "g";
    request.client_id = "c";
    request.member_id = member;
    request.instance_id = std::move(instance);
    request.rebalance_timeout_ms = rebalance_timeout_ms;
    Subscription subscription;
    subscription.topics = std::move(topics);
    request.protocols = {{"range", subscription}};
    coordinator.join_group(request, now_ms);
    settle();
    return request.request;
  }

  /// KIP-394: asks for an id, then joins with it.
  std::string join_new() {
    const RequestId asked = join("");
    const std::string id = joined(asked)->member_id;
    join(id);
    return id;
  }

  const JoinGroupResponse* joined(RequestId request) const {
    for (const GroupAnswer& answer : answers) {
      if (answer.request == request) return std::get_if<JoinGroupResponse>(&answer.response);
    }
    return nullptr;
  }

  template <typename Response>
  const Response* answer_to(RequestId request) const {
    for (const GroupAnswer& answer : answers) {
      if (answer.request == request) return std::get_if<Response>(&answer.response);
    }
    return nullptr;
  }

  RequestId sync(const std::string& member,
                 std::vector<std::pair<std::string, Assignment>> assignments = {}) {
    SyncGroupRequest request;
    request.request = ++last_request;
    request.group = "g";
    request.member_id = member;
    request.generation = coordinator.group("g")->generation();
    request.assignments = std::move(assignments);
    coordinator.sync_group(request, now_ms);
    settle();
    return request.request;
  }

  Errors heartbeat(const std::string& member, std::optional<std::string> instance = std::nullopt) {
    HeartbeatRequest request{++last_request, "g", member, std::move(instance),
                             coordinator.group("g")->generation()};
    coordinator.heartbeat(request, now_ms);
    settle();
    return answer_to<HeartbeatResponse>(request.request)->error;
  }

  Errors commit(const std::string& member, std::int32_t generation, Offset offset,
                std::int64_t producer = -1) {
    OffsetCommitRequest request;
    request.request = ++last_request;
    request.group = "g";
    request.member_id = member;
    request.generation = generation;
    request.offsets = {{{0, 0}, offset, kNoLeaderEpoch, "at " + std::to_string(offset)}};
    if (producer < 0) {
      coordinator.commit_offsets(request, now_ms);
    } else {
      coordinator.txn_commit_offsets({request, producer, 0}, now_ms);
    }
    settle();
    const auto* const response = answer_to<OffsetCommitResponse>(request.request);
    return response == nullptr ? Errors::request_timed_out : response->error;
  }

  FetchedOffset fetch(bool stable) {
    return coordinator.fetch_offsets({"g", {{0, 0}}, stable, "", -1}).partitions.front();
  }

  /// Two members, generation 1, Stable.
  std::pair<std::string, std::string> stable_pair() {
    const std::string a = join_new();
    const std::string b = join_new();
    advance_to(now_ms + 6000);
    sync(b);
    sync(a, {{a, {{{0, 0}}, ""}}, {b, {{{0, 1}}, ""}}});
    return {a, b};
  }
};

}  // namespace

SCENARIO("C-18: the first rebalance waits for late members, slice by slice (conformance 64)") {
  GIVEN("an empty group and members that join at 0 s and at 2.5 s") {
    Group group;
    group.join_new();
    group.advance_to(2500);
    group.join_new();
    WHEN("nobody else joins") {
      group.advance_to(5999);
      THEN("the first generation completes at 6 s, not before") {
        CHECK(group.coordinator.group("g")->generation() == 0);
        group.advance_to(6000);
        CHECK(group.coordinator.group("g")->generation() == 1);
        CHECK(group.coordinator.group("g")->is(ClassicGroupState::CompletingRebalance));
      }
    }
  }
}

SCENARIO("C-7: which commits a classic group accepts (conformance 63)") {
  GIVEN("a stable group of two") {
    Group group;
    const auto [a, b] = group.stable_pair();
    THEN("an older generation is refused, the current one accepted") {
      CHECK(group.commit(a, 0, 5) == Errors::illegal_generation);
      CHECK(group.commit(a, 1, 5) == Errors::none);
      CHECK(group.commit("nobody", 1, 5) == Errors::unknown_member_id);
    }
    WHEN("a third member makes it rebalance") {
      const std::string c = group.join_new();
      REQUIRE(group.coordinator.group("g")->is(ClassicGroupState::PreparingRebalance));
      THEN("members may still commit what they give up") { CHECK(group.commit(a, 1, 6) == Errors::none); }
      AND_WHEN("all have joined and nobody has synced") {
        group.join(a);
        group.join(b);
        REQUIRE(group.coordinator.group("g")->is(ClassicGroupState::CompletingRebalance));
        THEN("a plain commit is refused and a transactional one is not") {
          CHECK(group.commit(c, 2, 7) == Errors::rebalance_in_progress);
          CHECK(group.commit(c, 2, 7, 9) == Errors::none);
        }
      }
    }
  }
}

SCENARIO("C-17: a member that heartbeats but never polls holds the join phase up to the rebalance timeout") {
  GIVEN("a stable group of two and a third that joins (conformance 65)") {
    Group group;
    const auto [a, b] = group.stable_pair();
    const std::int64_t began_ms = group.now_ms;
    group.join_new();
    group.join(a);
    WHEN("b only heartbeats") {
      for (int i = 1; i <= 19; ++i) {
        group.advance_to(began_ms + i * 3000);
        REQUIRE(group.heartbeat(b) == Errors::rebalance_in_progress);
      }
      THEN("the join phase ends at the rebalance timeout without b") {
        group.advance_to(began_ms + 59999);
        CHECK(group.coordinator.group("g")->is(ClassicGroupState::PreparingRebalance));
        group.advance_to(began_ms + 60000);
        CHECK(group.coordinator.group("g")->generation() == 2);
        CHECK(group.coordinator.group("g")->member(b) == nullptr);
      }
    }
  }
}

SCENARIO("C-17: a heartbeat during the rebalance restarts the session (conformance 75)") {
  GIVEN("a group that prepares a rebalance") {
    Group group;
    const auto [a, b] = group.stable_pair();
    group.join_new();
    WHEN("a heartbeats after 40 s") {
      group.advance_to(group.now_ms + 40000);
      REQUIRE(group.heartbeat(a) == Errors::rebalance_in_progress);
      THEN("it outlives the 45 s that b does not") {
        group.advance_to(group.now_ms + 10000);
        CHECK(group.coordinator.group("g")->member(a) != nullptr);
        CHECK(group.coordinator.group("g")->member(b) == nullptr);
      }
    }
  }
}

SCENARIO("C-22: a static member restarts without a rebalance (conformance 66)") {
  GIVEN("a stable group of one static member") {
    Group group;
    const RequestId first = group.join("", "i1");
    group.advance_to(3000);
    const std::string old_id = group.joined(first)->member_id;
    group.sync(old_id, {{old_id, {{{0, 0}}, ""}}});
    WHEN("its process comes back within the session timeout") {
      group.advance_to(23000);
      const RequestId again = group.join("", "i1");
      THEN("the generation stays, it gets a new id and its old assignment, and the old id is fenced") {
        REQUIRE(group.joined(again) != nullptr);
        CHECK(group.joined(again)->error == Errors::none);
        CHECK(group.joined(again)->generation == 1);
        const std::string new_id = group.joined(again)->member_id;
        CHECK(new_id != old_id);
        CHECK(group.heartbeat(old_id, "i1") == Errors::fenced_instance_id);
        const RequestId synced = group.sync(new_id);
        CHECK(group.answer_to<SyncGroupResponse>(synced)->assignment.partitions == TopicPartitions{{0, 0}});
      }
    }
  }
}

SCENARIO("T-14: pending transactional offsets hide the committed one from stable readers") {
  GIVEN("a committed offset and a later one inside a transaction") {
    Group group;
    REQUIRE(group.commit("", -1, 4) == Errors::none);
    REQUIRE(group.commit("", -1, 8, 7) == Errors::none);
    THEN("a stable read waits, another sees the old value") {
      CHECK(group.fetch(true).error == Errors::unstable_offset_commit);
      CHECK(group.fetch(false).offset == 4);
      CHECK(group.fetch(false).metadata == "at 4");
    }
    WHEN("the transaction commits") {
      group.coordinator.end_transaction(7, true);
      THEN("its offset counts") { CHECK(group.fetch(true).offset == 8); }
    }
    WHEN("it aborts") {
      group.coordinator.end_transaction(7, false);
      THEN("the old one stays") { CHECK(group.fetch(true).offset == 4); }
    }
    WHEN("a plain commit comes between and the transaction commits then") {
      group.commit("", -1, 5);
      group.coordinator.end_transaction(7, true);
      THEN("the later append wins") { CHECK(group.fetch(true).offset == 5); }
    }
  }
}

SCENARIO("C-7: a commit is answered when its append is committed") {
  GIVEN("a coordinator whose appends are slow") {
    Group group;
    group.commit("", -1, 4);
    group.hold = true;
    REQUIRE(group.commit("", -1, 9) == Errors::request_timed_out);
    const RequestId request = group.last_request;
    REQUIRE(group.held.size() == 1);
    WHEN("the append is committed") {
      group.coordinator.on_written(group.held.front().id, Errors::none, 10);
      group.settle();
      THEN("the answer goes out") {
        CHECK(group.answer_to<OffsetCommitResponse>(request)->error == Errors::none);
        CHECK(group.fetch(false).offset == 9);
      }
    }
    WHEN("the append times out") {
      group.coordinator.on_written(group.held.front().id, Errors::request_timed_out, 10);
      group.settle();
      THEN("the member has to look for its coordinator; what it appended counts") {
        CHECK(group.answer_to<OffsetCommitResponse>(request)->error == Errors::coordinator_not_available);
        CHECK(group.fetch(false).offset == 9);
      }
    }
    WHEN("the append fails") {
      group.coordinator.on_written(group.held.front().id, Errors::not_enough_replicas, 10);
      group.settle();
      THEN("the old offset counts") {
        CHECK(group.answer_to<OffsetCommitResponse>(request)->error == Errors::coordinator_not_available);
        CHECK(group.fetch(false).offset == 4);
      }
    }
  }
}

SCENARIO("C-16: a coordinator that takes over from the log knows members, generation and offsets") {
  GIVEN("what a stable group wrote") {
    Group group;
    group.hold = true;
    const std::string a = group.join_new();
    group.advance_to(3000);
    group.sync(a, {{a, {{{0, 0}}, ""}}});
    for (const GroupWrite& write : group.held) group.coordinator.on_written(write.id, Errors::none, 3000);
    group.commit(a, 1, 6);
    WHEN("another coordinator loads it") {
      GroupCoordinator next{{}, 9000};
      for (const GroupWrite& write : group.held) {
        for (const GroupRecord& record : write.records) next.load(record, write.producer_id);
      }
      next.start(9000);
      THEN("the member goes on without a rebalance, with a full session") {
        REQUIRE(next.group("g") != nullptr);
        CHECK(next.group("g")->is(ClassicGroupState::Stable));
        CHECK(next.group("g")->generation() == 1);
        next.heartbeat({1, "g", a, std::nullopt, 1}, 9000 + 44999);
        CHECK(std::get<HeartbeatResponse>(next.outbox().answers.front().response).error == Errors::none);
        CHECK(next.fetch_offsets({"g", {{0, 0}}, true, "", -1}).partitions.front().offset == 6);
      }
      THEN("a silent member is removed when that session is over") {
        next.run_timers(9000 + 45000);
        CHECK(next.group("g")->is(ClassicGroupState::Empty));
      }
    }
  }
}

SCENARIO("C-8: offsets of an empty group expire and the group goes with the last one") {
  GIVEN("an offset committed without membership") {
    GroupCoordinatorConfig config;
    config.offsets_retention_ms = 60000;
    config.offsets_retention_check_interval_ms = 10000;
    Group group{config};
    group.commit("", -1, 4);
    THEN("it is there until the retention is over and gone at the next check") {
      group.advance_to(59999);
      CHECK(group.fetch(true).offset == 4);
      group.advance_to(60000);
      CHECK(group.fetch(true).offset == -1);
      CHECK(group.coordinator.group("g") == nullptr);
    }
  }
}
