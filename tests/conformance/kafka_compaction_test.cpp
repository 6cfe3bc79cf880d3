#include "scenarios/conform/conform.hpp"
#include "tests/conformance/recorded.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::conform;

SCENARIO("L-48: the log cleaner agrees with every recorded case") {
  const Tally tally = run_recorded("kafka.compaction");
  CHECK(tally.cases == 106);
  CHECK(tally.agree == tally.cases);
  CHECK(tally.differ == std::vector<std::string>{});
  CHECK(tally.not_modelled == std::vector<std::string>{});
}

SCENARIO("the driver of kafka.compaction tells a wrong answer from a right one") {
  GIVEN("a case of a pass over nothing") {
    Json recorded = Json::parse(R"({"id": "kafka.compaction/altered", "version": "4.1.2",
        "config": {"start_ms": 1000, "cleanup.policy": "compact"},
        "steps": [{"in": {"op": "clean"},
                   "out": {"cleaned": false,
                           "state": {"leo": 0, "hw": 0, "lso": 0, "log_start": 0, "first_unstable": null}}}]})");
    const auto outcome = [&] { return find_kind("kafka.compaction")->driver(recorded); };
    THEN("it agrees as recorded") { CHECK(std::holds_alternative<Agree>(outcome())); }
    THEN("a pass that was not made differs") {
      recorded["steps"][0]["out"]["cleaned"] = true;
      CHECK(std::holds_alternative<Differs>(outcome()));
    }
    THEN("an operation that is not built makes it not modelled, whatever was recorded") {
      recorded["steps"][0]["in"]["op"] = "clean_backwards";
      CHECK(std::holds_alternative<NotModelled>(outcome()));
    }
  }
}
