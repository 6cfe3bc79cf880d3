// Levers and selectors: what faults pull and whom they strike, by name.
#include "sim/lever.hpp"

#include <string>
#include <vector>

#include "sim/node.hpp"
#include "sim/selector.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::sim;

TEST_CASE("a lever acts, and says what it did", "[sim][lever]") {
  LeverRegistry levers;
  std::string elected;
  levers.add({"kafka.elect_unclean", {"partition"}, "elects a replica outside the ISR", [&](auto arguments) {
                if (arguments[0] != "payments/0")
                  return LeverOutcome::bad_argument("no partition " + arguments[0]);
                if (!elected.empty()) return LeverOutcome::no_effect("it is the leader already");
                elected = arguments[0];
                return LeverOutcome::acted("broker 3 leads payments/0");
              }});
  auto pull = [&](std::string_view name, std::vector<std::string> arguments) {
    return levers.pull(name, arguments);
  };
  REQUIRE(pull("kafka.elect_unclean", {"payments/0"}).did_act());
  REQUIRE(pull("kafka.elect_unclean", {"payments/0"}).status == LeverOutcome::Status::no_effect);
  REQUIRE(pull("kafka.elect_unclean", {"orders/0"}).what == "no partition orders/0");
  REQUIRE(pull("kafka.elect_unclean", {}).what == "kafka.elect_unclean(partition) takes 1 arguments, not 0");
  const LeverOutcome unknown = pull("kafka.elect_unclaen", {"payments/0"});
  REQUIRE(unknown.status == LeverOutcome::Status::unknown);
  REQUIRE(unknown.what == "there is no lever 'kafka.elect_unclaen'; did you mean kafka.elect_unclean?");
  REQUIRE(levers.all().size() == 1);
}

namespace {

struct World {
  Simulation sim;
  std::vector<Process*> brokers;
  World() {
    for (int i = 1; i <= 5; ++i) {
      Node& node = sim.add_node("n" + std::to_string(i), i <= 2 ? "a" : "b");
      brokers.push_back(&node.add_process("broker-" + std::to_string(i)));
    }
    auto all = [this](std::span<const std::string>) {
      std::vector<Target> targets;
      for (Process* broker : brokers) targets.push_back(target_of(*broker));
      return targets;
    };
    sim.selectors().add_role("broker", {}, "every broker", all);
    sim.selectors().add_role("kafka.leader", {"partition"}, "the leader's process", [this](auto arguments) {
      return arguments[0] == "payments/0" ? std::vector{target_of(*brokers[2])} : std::vector<Target>{};
    });
  }
  std::string select(std::string_view selector, Process* self = nullptr, std::uint64_t draw = 0) {
    const Selection found =
        sim.selectors().select(selector, {self, [draw](std::uint64_t below) { return draw % below; }});
    if (!found.ok()) return found.error;
    std::string names;
    for (const Target& target : found.targets) {
      names += (names.empty() ? "" : " ") +
               (target.process != nullptr ? target.process->name() : target.node->name());
    }
    return names;
  }
};

}  // namespace

TEST_CASE("selectors find processes and nodes by name, zone and role", "[sim][selector]") {
  World world;
  REQUIRE(world.select("process(broker-2)") == "broker-2");
  REQUIRE(world.select("node(n4)") == "n4");
  REQUIRE(world.select(" zone( a ) ") == "n1 n2");
  REQUIRE(world.select("broker") == "broker-1 broker-2 broker-3 broker-4 broker-5");
  REQUIRE(world.select("all(broker)") == world.select("broker"));
  REQUIRE(world.select("kafka.leader(payments/0)") == "broker-3");
  REQUIRE(world.select("kafka.leader(orders/0)").empty());
  REQUIRE(world.select("one(broker)") == "broker-1");
  REQUIRE(world.select("random(broker)", nullptr, 3) == "broker-4");
  REQUIRE(world.select("random(zone(b))", nullptr, 1) == "n4");
  REQUIRE(world.select("majority(broker)", nullptr, 1) == "broker-2 broker-3 broker-4");
  REQUIRE(world.select("self", world.brokers[1]) == "broker-2");
}

TEST_CASE("what is wrong with a selector is said before the run", "[sim][selector]") {
  World world;
  const SelectorRegistry& selectors = world.sim.selectors();
  REQUIRE(selectors.check("random(kafka.leader(payments/0))").empty());
  REQUIRE(selectors.check("self").empty());
  REQUIRE(selectors.check("brokr") == "nobody plays the role 'brokr'; did you mean broker?");
  REQUIRE(selectors.check("all(brokers)") == "nobody plays the role 'brokers'; did you mean broker?");
  REQUIRE(selectors.check("kafka.leader") == "kafka.leader(partition) takes 1 arguments, not 0");
  REQUIRE(selectors.check("random(broker, 2)") == "random(selector) takes 1 arguments, not 2");
  REQUIRE(
      selectors.check("process(broker-9)").find("there is no process 'broker-9'; did you mean broker-1") ==
      0);
  REQUIRE(selectors.check("zone(c)") == "there is no zone 'c'; did you mean a or b?");
  REQUIRE(selectors.check("all(broker") == "'all(broker' lacks its closing parenthesis");
  REQUIRE(selectors.check("all((broker)") == "'all((broker)' lacks a closing parenthesis");
  REQUIRE(selectors.check("all(a)b)") == "'all(a)b)' has a parenthesis too many");
  REQUIRE(selectors.check("") == "'' names nobody");
  REQUIRE(world.select("self") == "'self' needs a moment that a process announced");
}
