#include "scenarios/conform/conform.hpp"
#include "tests/conformance/recorded.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::conform;

SCENARIO(
    "C-7, C-8, C-17, C-18, C-22: the group coordinator agrees with every recorded case of the classic "
    "protocol") {
  const Tally tally = run_recorded("kafka.group");
  CHECK(tally.cases == 183);
  CHECK(tally.agree == 86);
  CHECK(tally.differ == std::vector<std::string>{});
  // The rest are groups of the consumer protocol (KIP-848).
  CHECK(tally.not_modelled.size() == 97);
}

SCENARIO("the driver of kafka.group tells a wrong answer from a right one") {
  GIVEN("the heartbeat of a group that does not exist") {
    Json recorded =
        Json::parse(R"({"id": "kafka.group/altered", "version": "4.1.2", "config": {"topics": {"t": 1}},
        "steps": [{"in": {"op": "heartbeat", "member": "m1", "generation": 0},
                   "out": {"error": "UNKNOWN_MEMBER_ID", "state": {"group": null}}}]})");
    THEN("it agrees as written") {
      CHECK(std::holds_alternative<Agree>(find_kind("kafka.group")->driver(recorded)));
    }
    THEN("another error differs at that step") {
      recorded["steps"][0]["out"]["error"] = "NONE";
      CHECK(std::holds_alternative<Differs>(find_kind("kafka.group")->driver(recorded)));
    }
    THEN("a heartbeat of the consumer protocol makes it not modelled") {
      recorded["steps"][0]["in"]["op"] = "consumer_heartbeat";
      CHECK(std::holds_alternative<NotModelled>(find_kind("kafka.group")->driver(recorded)));
    }
  }
}
