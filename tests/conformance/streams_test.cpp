#include "scenarios/conform/conform.hpp"
#include "tests/conformance/recorded.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::conform;

SCENARIO("S-4, S-11 to S-16: windowed aggregations agree with every recorded case") {
  const Tally tally = run_recorded("streams.window");
  CHECK(tally.cases == 269);
  CHECK(tally.agree == tally.cases);
  CHECK(tally.differ == std::vector<std::string>{});
  CHECK(tally.not_modelled == std::vector<std::string>{});
}

SCENARIO("S-11, S-12: joins of streams and tables agree with every recorded case") {
  const Tally tally = run_recorded("streams.join");
  CHECK(tally.cases == 264);
  CHECK(tally.agree == tally.cases);
  CHECK(tally.differ == std::vector<std::string>{});
  CHECK(tally.not_modelled == std::vector<std::string>{});
}

SCENARIO("S-2 to S-4: the order of a task's records agrees with every recorded case") {
  const Tally tally = run_recorded("streams.record_order");
  CHECK(tally.cases == 103);
  CHECK(tally.agree == tally.cases);
  CHECK(tally.differ == std::vector<std::string>{});
  CHECK(tally.not_modelled == std::vector<std::string>{});
}

SCENARIO("tables, their operators and versioned stores agree with every recorded case") {
  const Tally tally = run_recorded("streams.table");
  CHECK(tally.cases == 139);
  CHECK(tally.agree == tally.cases);
  CHECK(tally.differ == std::vector<std::string>{});
  CHECK(tally.not_modelled == std::vector<std::string>{});
}

SCENARIO("the driver of streams.window tells a wrong answer from a right one") {
  GIVEN("one record in a tumbling window") {
    Json recorded = Json::parse(R"({"id": "streams.window/altered", "version": "4.1.1",
        "config": {"window": {"type": "tumbling", "api": "ofSizeAndGrace", "size_ms": 10, "grace_ms": 0},
                   "aggregation": "count", "properties": {"statestore.cache.max.bytes": 0}},
        "steps": [{"in": {"op": "record", "key": "a", "value": 1, "ts": 3},
                   "out": {"emitted": [{"key": "a", "window": [0, 10], "value": 1, "ts": 3}],
                           "stream_time": 3}}]})");
    THEN("it agrees as written") {
      CHECK(std::holds_alternative<Agree>(find_kind("streams.window")->driver(recorded)));
    }
    THEN("a wrong count differs at that step") {
      recorded["steps"][0]["out"]["emitted"][0]["value"] = 2;
      CHECK(std::holds_alternative<Differs>(find_kind("streams.window")->driver(recorded)));
    }
    THEN("a property that is not built makes it not modelled") {
      recorded["config"]["properties"]["processing.guarantee"] = "exactly_once_v2";
      CHECK(std::holds_alternative<NotModelled>(find_kind("streams.window")->driver(recorded)));
    }
  }
}
