#include "scenarios/conform/conform.hpp"
#include "tests/conformance/recorded.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::conform;

SCENARIO("L-17, L-28 to L-31: the controller's decision agrees with every recorded case") {
  const Tally tally = run_recorded("kafka.replica");
  CHECK(tally.cases == 134);
  CHECK(tally.agree == tally.cases);
  CHECK(tally.differ == std::vector<std::string>{});
  CHECK(tally.not_modelled == std::vector<std::string>{});
}

SCENARIO("the driver of kafka.replica tells 3.9 from 4.1") {
  GIVEN("ISR and ELR empty, and the last known leader dead (KIP-966)") {
    Json recorded = Json::parse(R"({"id": "kafka.replica/altered", "version": "4.1.2",
        "config": {"eligible.leader.replicas.enabled": true, "min.insync.replicas": 2, "metadata.version": "4.1-IV1",
                   "initial": {"replicas": [1, 2], "isr": [], "elr": [], "last_known_elr": [1], "removing": [],
                               "adding": [], "leader": -1, "leader_recovery_state": "RECOVERED", "leader_epoch": 1,
                               "partition_epoch": 1}},
        "steps": [{"in": {"live": [2], "election": "ONLINE"}, "out": {"record": null}}]})");
    recorded["steps"][0]["out"]["partition"] = recorded["config"]["initial"];
    THEN("4.1 waits for it") {
      CHECK(std::holds_alternative<Agree>(find_kind("kafka.replica")->driver(recorded)));
    }
    THEN("3.9 elects it unseen") {
      recorded["version"] = "3.9.1";
      CHECK(std::holds_alternative<Differs>(find_kind("kafka.replica")->driver(recorded)));
    }
  }
}
