#include "scenarios/conform/conform.hpp"
#include "tests/conformance/recorded.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::conform;

SCENARIO("L-1 to L-3, L-18 to L-21, L-39 to L-49, P-20 to P-26: the log agrees with every recorded case") {
  const Tally tally = run_recorded("kafka.log");
  CHECK(tally.cases == 194);
  CHECK(tally.agree == tally.cases);
  CHECK(tally.differ == std::vector<std::string>{});
  CHECK(tally.not_modelled == std::vector<std::string>{});
}

SCENARIO("the driver of kafka.log tells a wrong answer from a right one") {
  GIVEN("a case of one append") {
    Json recorded =
        Json::parse(R"({"id": "kafka.log/altered", "version": "4.1.2", "config": {"start_ms": 1000},
        "steps": [{"in": {"op": "append", "count": 2, "leader_epoch": 0},
                   "out": {"base_offset": 0, "last_offset": 1, "duplicate": false,
                           "state": {"leo": 2, "hw": 0, "lso": 0, "log_start": 0, "first_unstable": null,
                                     "epochs": [[0, 0]]}}}]})");
    THEN("it agrees as recorded") {
      CHECK(std::holds_alternative<Agree>(find_kind("kafka.log")->driver(recorded)));
    }
    THEN("a wrong log end differs at that step") {
      recorded["steps"][0]["out"]["state"]["leo"] = 3;
      const Outcome outcome = find_kind("kafka.log")->driver(recorded);
      REQUIRE(std::holds_alternative<Differs>(outcome));
      CHECK(std::get<Differs>(outcome).step == 0);
    }
    THEN("a property that is not built makes it not modelled, whatever was recorded") {
      recorded["config"]["remote.storage.enable"] = true;
      CHECK(std::holds_alternative<NotModelled>(find_kind("kafka.log")->driver(recorded)));
    }
    THEN("so does an operation that is not built") {
      recorded["steps"][0]["in"]["op"] = "clean";
      CHECK(std::holds_alternative<NotModelled>(find_kind("kafka.log")->driver(recorded)));
    }
  }
}
