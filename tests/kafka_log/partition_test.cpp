// The partition on its broker: conformance statements 1 to 16 and their L-rules.
#include <array>

#include "engine/kafka/partition.hpp"
#include "tests/kafka_log/batches.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::kafka;

namespace {

class World : public MetadataCache {
 public:
  explicit World(std::int32_t min_isr, std::vector<BrokerId> isr = {1, 2, 3},
                 std::vector<BrokerId> replicas = {1, 2, 3})
      : partition{{.min_insync_replicas = min_isr}, quiet_config(), *this, 101, 1000} {
    lead(1, 1, std::move(isr), std::move(replicas));
  }

  BrokerView broker(BrokerId id) const override {
    return {.registered = true, .fenced = id == fenced, .shutting_down = false, .epoch = 100 + id};
  }
  void lead(LeaderEpoch epoch, std::int32_t partition_epoch, std::vector<BrokerId> isr,
            std::vector<BrokerId> replicas = {1, 2, 3}) {
    partition.become_leader({.leader = 1,
                             .leader_epoch = epoch,
                             .partition_epoch = partition_epoch,
                             .isr = isr,
                             .replicas = replicas},
                            now_ms);
  }
  void follow(LeaderEpoch epoch, std::int32_t partition_epoch) {
    const std::array<BrokerId, 3> all{1, 2, 3};
    partition.become_follower(
        {.leader = 2, .leader_epoch = epoch, .partition_epoch = partition_epoch, .isr = all, .replicas = all},
        now_ms);
  }
  AppendInfo produce(RequiredAcks acks, std::int64_t count = 1) {
    return partition.append(plain(count), acks, ++token, 30'000, now_ms);
  }
  FetchAnswer fetch(BrokerId replica, Offset offset) {
    return partition.follower_fetch({.replica = replica,
                                     .offset = offset,
                                     .leader_epoch = partition.leader_epoch(),
                                     .broker_epoch = 100 + replica},
                                    now_ms);
  }
  std::vector<Errors> completed() const {
    std::vector<Errors> errors;
    for (const ProduceCompletion& one : partition.events().completed) errors.push_back(one.error);
    return errors;
  }
  std::vector<BrokerId> proposed() const {
    std::vector<BrokerId> ids;
    if (partition.events().proposal) {
      for (const IsrMember& member : partition.events().proposal->new_isr) ids.push_back(member.id);
    }
    return ids;
  }
  AlterPartitionAnswer accept() const {
    AlterPartitionAnswer answer{.leader = 1,
                                .leader_epoch = partition.leader_epoch(),
                                .partition_epoch = partition.partition_epoch() + 1,
                                .isr = proposed()};
    return answer;
  }

  std::int64_t now_ms = 1000;
  BrokerId fenced = -1;
  ProduceToken token = 0;
  Partition partition;
};

using Ids = std::vector<BrokerId>;

Ids ids(std::span<const BrokerId> given) { return {given.begin(), given.end()}; }

}  // namespace

SCENARIO("statement 1, L-7, L-8: acks = all is answered when the last of the ISR has fetched past it") {
  World world{1};
  CHECK(world.produce(RequiredAcks::all, 10).base_offset == 0);
  world.fetch(2, 10);
  CHECK(world.partition.log().high_watermark() == 0);
  CHECK(world.completed().empty());
  world.fetch(3, 10);
  CHECK(world.partition.log().high_watermark() == 10);
  CHECK(world.completed() == std::vector{Errors::none});
}

SCENARIO("L-10: a follower learns the watermark one fetch later") {
  World world{1};
  world.produce(RequiredAcks::all, 10);
  world.fetch(2, 10);
  CHECK(world.fetch(3, 10).high_watermark == 0);
  CHECK(world.fetch(3, 10).high_watermark == 10);
}

SCENARIO("statement 3: below the minimum ISR acks = all is refused and nothing is written") {
  World world{2, {1}};
  CHECK(world.produce(RequiredAcks::all).error == Errors::not_enough_replicas);
  CHECK(world.partition.log().log_end_offset() == 0);
}

SCENARIO("statement 4, L-9: below the minimum ISR acks = 1 is written but stays invisible") {
  World world{2, {1}};
  CHECK(world.produce(RequiredAcks::leader).error == Errors::none);
  CHECK(world.partition.log().high_watermark() == 0);
  CHECK(world.partition.consumer_fetch({.offset = 0}).batches.empty());
}

SCENARIO("statement 6: a request that times out leaves its record, which becomes visible later") {
  World world{1};
  world.produce(RequiredAcks::all);
  CHECK(world.partition.next_produce_deadline_ms() == 31'000);
  world.partition.expire_produce(31'000);
  CHECK(world.completed().empty());
  world.partition.expire_produce(31'001);
  CHECK(world.completed() == std::vector{Errors::request_timed_out});
  world.lead(1, 2, {1});
  CHECK(world.partition.log().high_watermark() == 1);
}

SCENARIO("statement 7: the effective minimum is never above the number of replicas") {
  World world{3, {1, 2}, {1, 2}};
  CHECK(world.produce(RequiredAcks::all).error == Errors::none);
  world.fetch(2, 1);
  CHECK(world.completed() == std::vector{Errors::none});
}

SCENARIO("statement 8, L-12: a follower that always reaches the leader's last end is never removed") {
  World world{1};
  Offset behind = 0;
  for (int round = 0; round < 10; ++round) {
    const Offset end = world.produce(RequiredAcks::leader, 5).last_offset + 1;
    world.now_ms += 20'000;
    world.fetch(2, behind);
    world.fetch(3, end);
    behind = end;
    world.partition.check_isr(world.now_ms);
    CHECK(world.proposed().empty());
  }
}

SCENARIO("statement 9, L-14: a silent follower is proposed for removal once it lags longer than the limit") {
  World world{1};
  world.produce(RequiredAcks::leader);
  world.fetch(2, 1);
  world.fetch(3, 1);
  GIVEN("no writes after its last fetch") {
    world.now_ms += 90'000;
    world.partition.check_isr(world.now_ms);
    THEN("it is in sync for ever") { CHECK(world.proposed().empty()); }
  }
  GIVEN("writes that it does not fetch") {
    world.produce(RequiredAcks::leader);
    world.fetch(2, 2);
    world.now_ms += 30'000;
    world.partition.check_isr(world.now_ms);
    CHECK(world.proposed().empty());
    world.fetch(2, 2);
    world.now_ms += 1;
    world.partition.check_isr(world.now_ms);
    THEN("it leaves, and until that is confirmed the watermark still waits for it (statement 11)") {
      CHECK(world.proposed() == Ids{1, 2});
      CHECK(world.partition.log().high_watermark() == 1);
      const auto proposal = *world.partition.events().proposal;
      world.partition.on_alter_partition_response(proposal.id, world.accept(), world.now_ms);
      CHECK(ids(world.partition.isr()) == Ids{1, 2});
      CHECK(world.partition.log().high_watermark() == 2);
    }
  }
}

SCENARIO("statement 10, L-15: to join, a follower must reach the watermark and the leader's epoch") {
  World world{1, {1}};
  world.follow(2, 2);
  const RecordBatch copied = at(0, 2, plain(10));
  world.partition.append_as_follower({&copied, 1}, 2, 4, 0, world.now_ms);
  world.lead(3, 3, {1, 3});
  CHECK(world.partition.leader_epoch_start_offset() == 10);
  world.fetch(2, 0);
  CHECK(world.proposed().empty());
  world.fetch(2, 10);
  CHECK(world.proposed() == Ids{1, 2, 3});
}

SCENARIO("statement 11: a pending expansion already holds the watermark back") {
  World world{1, {1}};
  world.produce(RequiredAcks::leader);
  world.fetch(2, 1);
  CHECK(world.proposed() == Ids{1, 2});
  CHECK(ids(world.partition.maximal_isr()) == Ids{1, 2});
  CHECK(ids(world.partition.isr()) == Ids{1});
  world.produce(RequiredAcks::leader);
  CHECK(world.partition.log().high_watermark() == 1);
}

SCENARIO("statement 12, L-16: what the controller's errors do to a pending change") {
  World world{1, {1}};
  world.produce(RequiredAcks::leader);
  world.fetch(2, 1);
  const auto proposal = *world.partition.events().proposal;
  AlterPartitionAnswer answer = world.accept();
  WHEN("the replica is ineligible") {
    answer.error = Errors::ineligible_replica;
    world.partition.on_alter_partition_response(proposal.id, answer, world.now_ms);
    THEN("the committed ISR holds again and the next fetch proposes anew") {
      CHECK_FALSE(world.partition.isr_change_pending());
      world.fetch(2, 1);
      CHECK(world.proposed() == Ids{1, 2});
    }
  }
  WHEN("the partition epoch is stale") {
    answer.error = Errors::invalid_update_version;
    world.partition.on_alter_partition_response(proposal.id, answer, world.now_ms);
    THEN("it stays pending until metadata comes") {
      CHECK(world.partition.isr_change_pending());
      world.fetch(2, 1);
      CHECK(world.proposed().empty());
      world.lead(1, 5, {1, 2});
      CHECK_FALSE(world.partition.isr_change_pending());
    }
  }
  WHEN("the error is not known to mean anything") {
    answer.error = Errors::unknown_server_error;
    world.partition.on_alter_partition_response(proposal.id, answer, world.now_ms);
    THEN("the same is sent again") { CHECK(world.partition.events().proposal->id == proposal.id); }
  }
  WHEN("metadata replaced the state before the answer") {
    world.lead(1, 4, {1});
    world.partition.on_alter_partition_response(proposal.id, answer, world.now_ms);
    THEN("the answer is ignored") { CHECK(ids(world.partition.isr()) == Ids{1}); }
  }
}

SCENARIO("L-13, KIP-903: a follower of a fenced or an older broker does not join") {
  World world{1, {1}};
  world.fenced = 2;
  world.fetch(2, 0);
  CHECK(world.proposed().empty());
  world.fenced = -1;
  const FetchAnswer stale = world.partition.follower_fetch(
      {.replica = 2, .offset = 0, .leader_epoch = 1, .broker_epoch = 101}, world.now_ms);
  CHECK(stale.error == Errors::not_leader_or_follower);
}

SCENARIO("statement 13, 14, L-20, L-21: divergence and the follower's reaction") {
  GIVEN("a leader with epochs {(1,0),(3,60)}") {
    World world{1};
    world.produce(RequiredAcks::leader, 60);
    world.lead(3, 2, {1, 2, 3});
    world.produce(RequiredAcks::leader, 10);
    const FetchAnswer answer = world.partition.follower_fetch(
        {.replica = 2, .offset = 70, .leader_epoch = 3, .last_fetched_epoch = 2, .broker_epoch = 102},
        world.now_ms);
    THEN("a fetch at 70 after epoch 2 is answered with the end of epoch 1, and no state moves") {
      REQUIRE(answer.diverging);
      CHECK(*answer.diverging == EpochEndOffset{1, 60});
      CHECK(world.partition.remote_replicas().front().log_end.offset == -1);
    }
  }
  GIVEN("a follower with epochs {(1,0),(2,50)}, end 70") {
    World world{1};
    world.follow(4, 2);
    for (const RecordBatch& batch : {at(0, 1, plain(50)), at(50, 2, plain(20))}) {
      world.partition.append_as_follower({&batch, 1}, 4, 0, 0, world.now_ms);
    }
    THEN("told (1, 60) it cuts back to its own end of epoch 1") {
      const auto cut = world.partition.truncate_to_divergence({1, 60}, world.now_ms);
      CHECK(cut.offset == 50);
      CHECK(cut.complete);
    }
    THEN("told of an epoch that it does not know, it cuts back and must ask again (KIP-279)") {
      World other{1};
      other.follow(4, 2);
      for (const RecordBatch& batch : {at(0, 0, plain(5)), at(5, 2, plain(5))}) {
        other.partition.append_as_follower({&batch, 1}, 4, 0, 0, other.now_ms);
      }
      const auto cut = other.partition.truncate_to_divergence({1, 8}, other.now_ms);
      CHECK(cut.offset == 5);
      CHECK_FALSE(cut.complete);
    }
  }
}

SCENARIO("statement 16, L-25: right after an election with the watermark behind") {
  World world{1};
  world.follow(2, 2);
  const std::array batches{at(0, 2, plain(90)), at(90, 2, plain(10))};
  world.partition.append_as_follower(batches, 2, 90, 0, world.now_ms);
  world.lead(3, 3, {1, 2, 3});
  CHECK(world.partition.log().high_watermark() == 90);
  CHECK(world.partition.list_offsets(kLatestTimestamp, FetchIsolation::high_watermark, std::nullopt).error ==
        Errors::offset_not_available);
  CHECK(world.partition.consumer_fetch({.offset = 95}).error == Errors::none);
  CHECK(world.partition.consumer_fetch({.offset = 95}).batches.empty());
  CHECK(world.partition.consumer_fetch({.offset = 101}).error == Errors::offset_out_of_range);
}

SCENARIO("L-24: leader epochs of those who ask") {
  World world{1};
  world.lead(5, 2, {1, 2, 3});
  CHECK(world.partition.consumer_fetch({.offset = 0, .leader_epoch = 4}).error ==
        Errors::fenced_leader_epoch);
  CHECK(world.partition.consumer_fetch({.offset = 0, .leader_epoch = 6}).error ==
        Errors::unknown_leader_epoch);
  CHECK(world.fetch(7, 0).error == Errors::unknown_leader_epoch);
  CHECK(world.partition.follower_fetch({.replica = 7, .offset = 0}, 1000).error ==
        Errors::not_leader_or_follower);
}

SCENARIO("L-36: leadership lost while requests wait") {
  World world{1};
  world.produce(RequiredAcks::all);
  world.follow(2, 2);
  CHECK(world.completed() == std::vector{Errors::not_leader_or_follower});
  CHECK(world.produce(RequiredAcks::leader).error == Errors::not_leader_or_follower);
}

SCENARIO("one AlterPartition request in flight per broker, repeated 50 ms after a top-level error") {
  AlterPartitionManager manager;
  const AlterPartitionProposal first{.partition = {0, 0}, .id = 1, .new_isr = {}};
  CHECK(manager.submit(first));
  CHECK_FALSE(manager.submit(first));
  REQUIRE(manager.request_due(0));
  CHECK(manager.begin_request().size() == 1);
  CHECK(manager.submit({.partition = {0, 1}, .id = 1, .new_isr = {}}));
  CHECK_FALSE(manager.request_due(0));
  CHECK(manager.on_response(Errors::not_controller, {}, 100).empty());
  CHECK_FALSE(manager.request_due(149));
  CHECK(manager.next_attempt_ms() == 150);
  REQUIRE(manager.request_due(150));
  CHECK(manager.begin_request().size() == 2);
  const AlterPartitionAnswer answer{.partition = {0, 1}, .isr = {}};
  CHECK(manager.on_response(Errors::none, {&answer, 1}, 200).size() == 1);
  CHECK(manager.request_due(200));
}
