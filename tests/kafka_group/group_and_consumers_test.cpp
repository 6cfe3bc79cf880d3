// A coordinator and its consumers, wired without a network: every message arrives within the same 100 ms
// step.
#include <algorithm>
#include <map>
#include <memory>

#include "engine/kafka/group_coordinator.hpp"
#include "engine/kafka/kafka_consumer.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::kafka;

namespace {

struct World {
  GroupCoordinator coordinator{{}, 0};
  std::vector<std::unique_ptr<KafkaConsumer>> consumers;
  std::vector<bool> alive;
  std::vector<AssignorKind> assignors;
  std::int64_t now_ms = 0;
  std::map<RequestId, std::pair<std::size_t, RequestId>> open;
  RequestId next_request = 1;

  void start_consumer() {
    KafkaConsumerConfig config;
    config.auto_offset_reset = {ResetStrategy::Kind::earliest, 0};
    config.group.emplace();
    config.group->group = "g";
    config.group->client_id = "c" + std::to_string(consumers.size());
    config.group->assignors = assignors;
    consumers.push_back(std::make_unique<KafkaConsumer>(config, now_ms));
    alive.push_back(true);
    consumers.back()->subscribe({0});
  }

  void refresh(KafkaConsumer& consumer) {
    if (!consumer.metadata().update_requested()) return;
    std::vector<PartitionMetadata> partitions;
    for (std::int32_t p = 0; p < 4; ++p) partitions.push_back({{0, p}, {0, 0}, {0}, {}});
    consumer.metadata().update(partitions, now_ms);
  }

  void receive(std::size_t from, OutgoingRequest& request) {
    KafkaConsumer& consumer = *consumers[from];
    const RequestId id = next_request++;
    open[id] = {from, request.id};
    if (std::holds_alternative<FindCoordinatorRequest>(request.body)) {
      consumer.network().deliver(request.id, FindCoordinatorResponse{Errors::none, 0});
    } else if (auto* const join = std::get_if<JoinGroupRequest>(&request.body)) {
      join->request = id;
      coordinator.join_group(*join, now_ms);
    } else if (auto* const sync = std::get_if<SyncGroupRequest>(&request.body)) {
      sync->request = id;
      coordinator.sync_group(*sync, now_ms);
    } else if (auto* const beat = std::get_if<HeartbeatRequest>(&request.body)) {
      beat->request = id;
      coordinator.heartbeat(*beat, now_ms);
    } else if (auto* const leave = std::get_if<LeaveGroupRequest>(&request.body)) {
      leave->request = id;
      coordinator.leave_group(*leave, now_ms);
    } else if (auto* const commit = std::get_if<OffsetCommitRequest>(&request.body)) {
      commit->request = id;
      coordinator.commit_offsets(*commit, now_ms);
    } else if (auto* const fetch = std::get_if<OffsetFetchRequest>(&request.body)) {
      consumer.network().deliver(request.id, coordinator.fetch_offsets(*fetch));
    } else if (auto* const list = std::get_if<ListOffsetsRequest>(&request.body)) {
      ListOffsetsResponse response;
      for (const ListOffsetsPartition& asked : list->partitions) {
        response.partitions.push_back({asked.partition, Errors::none, 0, 0});
      }
      consumer.network().deliver(request.id, std::move(response));
    }
  }

  void settle() {
    GroupOutbox& outbox = coordinator.outbox();
    while (!outbox.writes.empty()) {
      std::vector<GroupWrite> writes;
      writes.swap(outbox.writes);
      for (const GroupWrite& write : writes) coordinator.on_written(write.id, Errors::none, now_ms);
    }
    for (GroupAnswer& answer : outbox.answers) {
      const auto [to, id] = open.at(answer.request);
      if (!alive[to]) continue;
      ConsumerNetworkClient& network = consumers[to]->network();
      std::visit(
          [&, local = id](auto& body) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(body)>, DeleteGroupResponse>) {
              network.deliver(local, std::move(body));
            }
          },
          answer.response);
    }
    outbox.answers.clear();
  }

  void run_to(std::int64_t until_ms) {
    ConsumerRecords records;
    for (; now_ms < until_ms; now_ms += 100) {
      coordinator.run_timers(now_ms);
      settle();
      for (std::size_t i = 0; i < consumers.size(); ++i) {
        if (!alive[i]) continue;
        KafkaConsumer& consumer = *consumers[i];
        for (int turn = 0; turn < 4; ++turn) {
          refresh(consumer);
          consumer.coordinator()->heartbeat_pass(now_ms);
          while (consumer.poll(records, now_ms, now_ms).kind == ConsumerPoll::Kind::callback) {
            consumer.coordinator()->callback_done(false);
          }
          std::vector<OutgoingRequest> sent;
          sent.swap(consumer.network().outbox());
          for (OutgoingRequest& request : sent) receive(i, request);
          settle();
        }
      }
    }
  }

  /// Sizes per living consumer; fails when two own the same partition.
  std::vector<std::size_t> shares() {
    std::vector<std::size_t> sizes;
    TopicPartitions all;
    for (std::size_t i = 0; i < consumers.size(); ++i) {
      if (!alive[i]) continue;
      const TopicPartitions owned = consumers[i]->subscriptions().assigned_sorted();
      sizes.push_back(owned.size());
      all.insert(all.end(), owned.begin(), owned.end());
    }
    std::sort(all.begin(), all.end());
    CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
    std::sort(sizes.begin(), sizes.end());
    return sizes;
  }
};

}  // namespace

SCENARIO("C-17 to C-21: consumers share a topic, take in a third and survive the death of one") {
  const auto assignors =
      GENERATE(std::vector<AssignorKind>{AssignorKind::range, AssignorKind::cooperative_sticky},
               std::vector<AssignorKind>{AssignorKind::cooperative_sticky},
               std::vector<AssignorKind>{AssignorKind::sticky});
  GIVEN("two consumers that start together") {
    World world;
    world.assignors = assignors;
    world.start_consumer();
    world.start_consumer();
    world.run_to(10000);
    REQUIRE(world.shares() == std::vector<std::size_t>{2, 2});
    WHEN("a third one starts") {
      world.start_consumer();
      world.run_to(20000);
      THEN("the partitions are shared by three, and all of them have positions") {
        CHECK(world.shares() == std::vector<std::size_t>{1, 1, 2});
        for (const auto& consumer : world.consumers) CHECK(consumer->subscriptions().has_all_positions());
      }
      AND_WHEN("the first one dies") {
        world.alive[0] = false;
        world.run_to(62000);
        CHECK(world.shares().size() == 2);
        world.run_to(75000);
        THEN("its partitions are taken over after the session timeout") {
          CHECK(world.shares() == std::vector<std::size_t>{2, 2});
        }
      }
    }
  }
}
