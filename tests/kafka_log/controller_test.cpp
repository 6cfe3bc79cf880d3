// The controller's decision for a partition: L-28 to L-31, conformance statements 19 to 22.
#include "engine/kafka/partition_registration.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::kafka;

namespace {

using Ids = std::vector<BrokerId>;

PartitionRegistration registration(Ids isr, BrokerId leader = 1) {
  PartitionRegistration partition;
  partition.replicas = {1, 2, 3};
  partition.isr = std::move(isr);
  partition.leader = leader;
  return partition;
}

struct Controller {
  PartitionRegistration partition;
  PartitionChangeRules rules;

  bool change(const Ids& live, std::optional<Ids> isr = std::nullopt, Election election = Election::online,
              const Ids& unclean_shutdown = {}) {
    const auto decided = decide_partition_change(partition, rules,
                                                 {.live = live,
                                                  .election = election,
                                                  .target_isr = std::move(isr),
                                                  .unclean_shutdown = unclean_shutdown});
    if (decided) partition = partition.merge(*decided);
    return decided.has_value();
  }
};

}  // namespace

SCENARIO("statement 19, L-29: without ELR the last member stays in the ISR, and nobody else may lead") {
  Controller controller{registration({1}), {.elr_enabled = false, .min_insync_replicas = 2}};
  CHECK(controller.change({2, 3}, Ids{}));
  CHECK(controller.partition.leader == kNoLeader);
  CHECK(controller.partition.isr == Ids{1});
  CHECK_FALSE(controller.change({2, 3}));
  CHECK(controller.change({1, 2, 3}));
  CHECK(controller.partition.leader == 1);
}

SCENARIO("statement 20, L-30: with ELR 3, 2 and 1 are fenced, and 2 comes back") {
  Controller controller{registration({1, 2, 3}), {.elr_enabled = true, .min_insync_replicas = 2}};
  controller.change({1, 2}, Ids{1, 2});
  CHECK(controller.partition.elr.empty());
  controller.change({1}, Ids{1});
  CHECK(controller.partition.elr == Ids{2});
  controller.change({}, Ids{});
  CHECK(controller.partition.isr.empty());
  CHECK(controller.partition.elr == Ids{1, 2});
  WHEN("2 comes back after a clean stop") {
    controller.change({2});
    THEN("it leads, alone in the ISR") {
      CHECK(controller.partition.leader == 2);
      CHECK(controller.partition.isr == Ids{2});
      CHECK(controller.partition.elr == Ids{1});
    }
  }
  WHEN("statement 21: 2 comes back after an unclean stop") {
    controller.change({}, std::nullopt, Election::online, {2});
    THEN("it is out of the ELR and not elected") {
      CHECK(controller.partition.elr == Ids{1});
      CHECK_FALSE(controller.change({2}));
      CHECK(controller.partition.leader == kNoLeader);
    }
  }
}

SCENARIO("statement 22, L-31: an unclean election makes one live replica the truth") {
  Controller controller{registration({1}), {.elr_enabled = false, .min_insync_replicas = 1}};
  controller.change({2, 3}, Ids{}, Election::online);
  REQUIRE(controller.partition.leader == kNoLeader);
  controller.change({2, 3}, std::nullopt, Election::unclean);
  CHECK(controller.partition.leader == 2);
  CHECK(controller.partition.isr == Ids{2});
  CHECK(controller.partition.leader_recovery_state == LeaderRecoveryState::recovering);
}

SCENARIO("L-17: an ISR shrink moves the leader epoch only before metadata version 3.6") {
  for (const bool old : {false, true}) {
    Controller controller{registration({1, 2, 3}),
                          {.min_insync_replicas = 1, .bump_leader_epoch_on_shrink = old}};
    controller.change({1, 2, 3}, Ids{1, 2});
    CHECK(controller.partition.leader_epoch == (old ? 1 : 0));
    CHECK(controller.partition.partition_epoch == 1);
  }
}

SCENARIO("L-28: the preferred replica takes over only in a preferred election") {
  Controller controller{registration({1, 2, 3}, 2), {.min_insync_replicas = 1}};
  CHECK_FALSE(controller.change({1, 2, 3}));
  CHECK(controller.change({1, 2, 3}, std::nullopt, Election::preferred));
  CHECK(controller.partition.leader == 1);
}

SCENARIO("a reassignment is complete when all added replicas are in sync") {
  PartitionRegistration moving = registration({1, 2, 3});
  moving.replicas = {1, 2, 3, 4};
  moving.removing = {3};
  moving.adding = {4};
  Controller controller{moving, {.elr_enabled = false, .min_insync_replicas = 1}};
  controller.change({1, 2, 3, 4}, Ids{1, 2, 3, 4});
  CHECK(controller.partition.replicas == Ids{1, 2, 4});
  CHECK(controller.partition.isr == Ids{1, 2, 4});
  CHECK(controller.partition.leader == 1);
  CHECK(controller.partition.leader_epoch == 1);
}
