#include "scenarios/conform/conform.hpp"
#include "tests/conformance/recorded.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::conform;

SCENARIO("P-3 to P-17, T-19: the sender agrees with every recorded case") {
  const Tally tally = run_recorded("kafka.sender");
  CHECK(tally.cases == 226);
  CHECK(tally.agree == tally.cases);
  CHECK(tally.differ == std::vector<std::string>{});
  CHECK(tally.not_modelled == std::vector<std::string>{});
}

SCENARIO("the sender's driver tells a wrong answer from a right one") {
  GIVEN("a case whose recorded state was changed by hand") {
    Json altered = Json::parse(R"({"id": "kafka.sender/altered", "version": "4.1.2", "config":
        {"start_ms": 0, "acks": "all", "enable.idempotence": false}, "steps": [
        {"in": {"op": "poll"}, "out": {"state": {"now": 0, "in_flight": 1, "incomplete_batches": false}}}]})");
    THEN("it differs at that step") {
      const Outcome outcome = find_kind("kafka.sender")->driver(altered);
      REQUIRE(std::holds_alternative<Differs>(outcome));
      CHECK(std::get<Differs>(outcome).step == 0);
    }
    THEN("with the right state it agrees") {
      altered["steps"][0]["out"]["state"]["in_flight"] = 0;
      CHECK(std::holds_alternative<Agree>(find_kind("kafka.sender")->driver(altered)));
    }
    THEN("a property that is not built makes it not modelled, whatever was recorded") {
      altered["config"]["compression.type"] = "zstd";
      CHECK(std::holds_alternative<NotModelled>(find_kind("kafka.sender")->driver(altered)));
    }
  }
}
