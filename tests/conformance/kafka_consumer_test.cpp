#include "scenarios/conform/conform.hpp"
#include "tests/conformance/recorded.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::conform;

SCENARIO("C-2, C-3, C-9 to C-11, C-27: the consumer's fetching agrees with every recorded case") {
  const Tally tally = run_recorded("kafka.consumer_fetch");
  CHECK(tally.cases == 218);
  CHECK(tally.agree == tally.cases);
  CHECK(tally.differ == std::vector<std::string>{});
}

SCENARIO("C-4, C-6, C-7, C-13, C-14, C-19 to C-22: a consumer's membership agrees with every recorded case") {
  const Tally tally = run_recorded("kafka.membership");
  CHECK(tally.cases == 184);
  CHECK(tally.agree == tally.cases);
  CHECK(tally.differ == std::vector<std::string>{});
}

SCENARIO("the driver of kafka.consumer_fetch tells a wrong answer from a right one") {
  GIVEN("a poll without an assignment") {
    Json recorded =
        Json::parse(R"({"id": "kafka.consumer_fetch/altered", "version": "4.1.2", "config": {"start_ms": 1},
        "steps": [{"in": {"op": "poll"},
                   "out": {"exception": "IllegalStateException", "state": {"metadata_update_requested": false}}}]})");
    THEN("it agrees as written") {
      CHECK(std::holds_alternative<Agree>(find_kind("kafka.consumer_fetch")->driver(recorded)));
    }
    THEN("records out of nowhere differ") {
      recorded["steps"][0]["out"] = {{"records", {{"0", {1}}}}};
      CHECK(std::holds_alternative<Differs>(find_kind("kafka.consumer_fetch")->driver(recorded)));
    }
  }
}

SCENARIO("the driver of kafka.membership tells a wrong answer from a right one") {
  GIVEN("a subscription and the first poll") {
    Json recorded = Json::parse(R"({"id": "kafka.membership/altered", "version": "4.1.2",
        "config": {"start_ms": 1, "partition.assignment.strategy": "range"},
        "steps": [{"in": {"op": "metadata", "topics": {"t": 1}},
                   "out": {"state": {"member_state": "UNJOINED", "generation": -1, "member_id": "",
                     "coordinator_known": false, "rejoin_needed_or_pending": false, "assigned": {}}}},
                  {"in": {"op": "subscribe", "topics": ["t"]}, "out": {"state": {"rejoin_needed_or_pending": true}}},
                  {"in": {"op": "poll"},
                   "out": {"ready": false, "requests": [{"req": "r1", "api": "FIND_COORDINATOR"}], "state": {}}}]})");
    THEN("it agrees as written") {
      CHECK(std::holds_alternative<Agree>(find_kind("kafka.membership")->driver(recorded)));
    }
    THEN("a poll that is ready at once differs") {
      recorded["steps"][2]["out"]["ready"] = true;
      CHECK(std::holds_alternative<Differs>(find_kind("kafka.membership")->driver(recorded)));
    }
  }
}
