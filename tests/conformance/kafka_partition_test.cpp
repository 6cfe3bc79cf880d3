#include "scenarios/conform/conform.hpp"
#include "tests/conformance/recorded.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::conform;

SCENARIO("L-4 to L-16, L-24, L-25, L-36: the partition agrees with every recorded case") {
  const Tally tally = run_recorded("kafka.partition");
  CHECK(tally.cases == 182);
  CHECK(tally.agree == tally.cases);
  CHECK(tally.differ == std::vector<std::string>{});
  CHECK(tally.not_modelled == std::vector<std::string>{});
}

SCENARIO("the driver of kafka.partition tells a wrong answer from a right one") {
  GIVEN("a case in which a produce request is refused on a replica without a leader") {
    Json recorded = Json::parse(R"({"id": "kafka.partition/altered", "version": "4.1.2",
        "config": {"start_ms": 1000, "replica.lag.time.max.ms": 30000, "min.insync.replicas": 1},
        "steps": [{"in": {"op": "advance_time", "ms": 1}, "out": {"now": 1001}}]})");
    recorded["steps"][0]["out"]["state"] =
        Json::parse(R"({"leo": 0, "hw": 0, "lso": "hw", "log_start": 0, "leader": null, "leader_epoch": -1,
            "partition_epoch": -1, "epoch_start": null, "isr": [], "maximal_isr": [], "pending": false,
            "under_min_isr": false, "at_min_isr": false, "waiting": []})");
    THEN("it agrees as written") {
      CHECK(std::holds_alternative<Agree>(find_kind("kafka.partition")->driver(recorded)));
    }
    THEN("a wrong time differs at that step") {
      recorded["steps"][0]["out"]["now"] = 1002;
      CHECK(std::holds_alternative<Differs>(find_kind("kafka.partition")->driver(recorded)));
    }
    THEN("an operation that is not built makes it not modelled") {
      recorded["steps"][0]["in"]["op"] = "alter_replica_log_dirs";
      CHECK(std::holds_alternative<NotModelled>(find_kind("kafka.partition")->driver(recorded)));
    }
  }
}
