// The registry of moments: subscriptions, counts, pairs, and what an announcement does to the hash.
#include "sim/moment.hpp"

#include <string>
#include <vector>

#include "sim/node.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::sim;

namespace {

constexpr MomentDef kOpened{"test.door.opened", {"door", "by"}, "a door was opened"};
constexpr MomentDef kClosed{"test.door.closed", {"door"}, "a door was closed"};
constexpr MomentDef kRang{"test.bell.rang", {}, "the bell rang"};

struct World {
  Simulation sim;
  Process& process = sim.add_node("n").add_process("p");
  World() { sim.moments().declare({&kOpened, &kClosed, &kRang}); }
};

}  // namespace

TEST_CASE("subscribers see what was announced, by whom and the how-manieth it was", "[sim][moment]") {
  World world;
  std::vector<std::string> seen;
  auto& moments = world.sim.moments();
  moments.subscribe("test.door.opened", [&](const Moment& moment) {
    seen.push_back(to_string(moment) + " nth " + std::to_string(moment.nth));
    REQUIRE(moment.process == &world.process);
    REQUIRE(moment.entity == world.process.id());
    REQUIRE(moment.attribute("by") == 7);
    REQUIRE(moment.attribute("nonsense", -1) == -1);
    REQUIRE(moment.attributes().size() == 2);
  });
  const auto all = moments.subscribe_all([&](const Moment& moment) { seen.emplace_back(moment.def.name); });
  world.process.announce(kOpened, 3, 7);
  world.process.announce(kClosed, 3);
  moments.cancel(all);
  world.process.announce(kOpened, -4, 7);
  world.sim.announce(kRang, kKernelEntity);
  REQUIRE(seen == std::vector<std::string>{"test.door.opened", "test.door.opened door=3 by=7 nth 1",
                                           "test.door.closed", "test.door.opened door=-4 by=7 nth 2"});
  REQUIRE(moments.count("test.door.opened") == 2);
  REQUIRE(moments.count("test.bell.rang") == 1);
}

TEST_CASE("a subscriber may subscribe and cancel while it is told", "[sim][moment]") {
  World world;
  auto& moments = world.sim.moments();
  int first = 0;
  int second = 0;
  MomentRegistry::Subscription subscription;
  subscription = moments.subscribe("test.bell.rang", [&](const Moment&) {
    ++first;
    moments.cancel(subscription);
    moments.subscribe("test.bell.rang", [&](const Moment&) { ++second; });
  });
  for (int i = 0; i < 3; ++i) world.process.announce(kRang);
  REQUIRE(first == 1);
  REQUIRE(second == 2);
}

TEST_CASE("pairs in sequence are counted when asked for", "[sim][moment][coverage]") {
  World world;
  auto& moments = world.sim.moments();
  world.process.announce(kRang);
  moments.count_pairs();
  world.process.announce(kOpened, 1, 1);
  world.process.announce(kClosed, 1);
  world.process.announce(kOpened, 1, 1);
  world.process.announce(kClosed, 1);
  REQUIRE(moments.pair_count("test.door.opened", "test.door.closed") == 2);
  REQUIRE(moments.pair_count("test.door.closed", "test.door.opened") == 1);
  REQUIRE(moments.pair_count("test.bell.rang", "test.door.opened") == 0);
}

TEST_CASE("who listens does not change the hash; what is announced does", "[sim][moment][hash]") {
  auto hash = [](bool listen, std::int64_t door) {
    World world;
    if (listen) world.sim.moments().subscribe_all([](const Moment&) {});
    world.process.announce(kOpened, door, 7);
    return world.sim.hash();
  };
  REQUIRE(hash(false, 1) == hash(true, 1));
  REQUIRE_FALSE(hash(false, 1) == hash(false, 2));
}

TEST_CASE("moments are found by name, and mistyped ones by likeness", "[sim][moment]") {
  World world;
  REQUIRE(world.sim.moments().find("test.door.closed") == &kClosed);
  REQUIRE(world.sim.moments().find("test.door.close") == nullptr);
  REQUIRE(world.sim.moments().nearest("test.dor.closed") ==
          std::vector<std::string>{"test.door.closed", "test.door.opened"});
  // Declaring the same table again is no error: two models may share it.
  world.sim.moments().declare({&kClosed});
  REQUIRE(world.sim.moments().all().size() == 3);
}
