#include "scenarios/conform/conform.hpp"
#include "tests/conformance/recorded.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::conform;

SCENARIO("C-21, C-28: the assignors agree with every recorded case, but for the uniform one") {
  const Tally tally = run_recorded("kafka.assignor");
  CHECK(tally.cases == 249);
  CHECK(tally.agree == 198);
  CHECK(tally.differ == std::vector<std::string>{});
  // The rest is the uniform assignor of the coordinator (KIP-848).
  CHECK(tally.not_modelled.size() == 51);
}

SCENARIO("the driver of kafka.assignor tells a wrong answer from a right one") {
  GIVEN("three partitions for two members") {
    Json recorded = Json::parse(R"({"id": "kafka.assignor/altered", "version": "4.1.2", "config": {},
        "steps": [{"in": {"assignor": "range", "topics": {"t": 3},
                          "members": {"a": {"topics": ["t"]}, "b": {"topics": ["t"]}}},
                   "out": {"assignment": {"a": ["t-0", "t-1"], "b": ["t-2"]}}}]})");
    THEN("it agrees as written") {
      CHECK(std::holds_alternative<Agree>(find_kind("kafka.assignor")->driver(recorded)));
    }
    THEN("the surplus with the other member differs") {
      recorded["steps"][0]["out"]["assignment"] = Json::parse(R"({"a": ["t-0"], "b": ["t-1", "t-2"]})");
      CHECK(std::holds_alternative<Differs>(find_kind("kafka.assignor")->driver(recorded)));
    }
    THEN("an assignor that is not built makes it not modelled") {
      recorded["steps"][0]["in"]["assignor"] = "server-uniform";
      CHECK(std::holds_alternative<NotModelled>(find_kind("kafka.assignor")->driver(recorded)));
    }
  }
}
