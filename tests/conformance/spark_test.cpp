#include "scenarios/conform/conform.hpp"
#include "tests/conformance/recorded.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::conform;

namespace {

void check_all_agree(std::string_view kind, std::size_t cases) {
  const Tally tally = run_recorded(kind);
  CHECK(tally.cases == cases);
  CHECK(tally.agree == tally.cases);
  CHECK(tally.differ == std::vector<std::string>{});
  CHECK(tally.not_modelled == std::vector<std::string>{});
}

}  // namespace

SCENARIO("W1 to W8, 2.2 to 2.6: watermarks and aggregations agree with every recorded case") {
  check_all_agree("spark.watermark", 105);
}

SCENARIO("2.8: the two deduplications agree with every recorded case") { check_all_agree("spark.dedup", 57); }

SCENARIO("2.7: stream-stream joins agree with every recorded case") { check_all_agree("spark.join", 70); }

SCENARIO("2.2: chained stateful operators agree with every recorded case") {
  check_all_agree("spark.chained", 30);
}

SCENARIO("joins with a static side agree with every recorded case") {
  check_all_agree("spark.join_static", 11);
}

SCENARIO("2.9: flatMapGroupsWithState and its timeouts agree with every recorded case") {
  const Tally tally = run_recorded("spark.state");
  CHECK(tally.cases == 58);
  CHECK(tally.agree == 36);
  CHECK(tally.differ == std::vector<std::string>{});
  // The rest is transformWithState.
  CHECK(tally.not_modelled.size() == 22);
}

SCENARIO("V-25, V-26: the processing-time trigger agrees with every recorded case") {
  check_all_agree("spark.trigger", 40);
}

SCENARIO("the drivers of the Spark kinds tell a wrong answer from a right one") {
  GIVEN("a case of one batch that 3.5 and 4.0 gave alike") {
    Json recorded = Json::parse(R"({"id": "spark.watermark/altered", "version": "4.0.4", "also": ["3.5.9"],
        "config": {"outputMode": "append", "sources": ["A"],
                   "query": {"op": "select", "in": {"op": "watermark", "in": {"src": "A"}, "delayMs": 0},
                             "exprs": ["ts"]}},
        "steps": [{"in": {"add": {"A": [[10000, "a", 1]]}},
                   "out": {"batches": [{"batchId": 0, "watermarkMs": 0, "nextWatermarkMs": 10000, "rows": [[10000]],
                     "inputRows": 1,
                     "eventTime": {"min": 10000, "max": 10000, "avg": 10000, "watermark": 0}}]}}]})");
    const auto driver = find_kind("spark.watermark")->driver;
    THEN("it agrees as written") { CHECK(std::holds_alternative<Agree>(driver(recorded))); }
    THEN("a watermark that takes effect at once differs at that step") {
      recorded["steps"][0]["out"]["batches"][0]["watermarkMs"] = 10000;
      const Outcome outcome = driver(recorded);
      REQUIRE(std::holds_alternative<Differs>(outcome));
      CHECK(std::get<Differs>(outcome).step == 0);
    }
    THEN("what differs on the other release only differs too") {
      recorded["differs"]["3.5.9"] = Json::parse(R"([{"at": "steps[0].out.batches[0].inputRows", "is": 2}])");
      CHECK(std::holds_alternative<Differs>(driver(recorded)));
    }
    THEN("a setting that is not built makes it not modelled, whatever was recorded") {
      recorded["config"]["conf"]["spark.sql.streaming.stateStore.providerClass"] = "other";
      recorded["steps"][0]["out"] = nullptr;
      CHECK(std::holds_alternative<NotModelled>(driver(recorded)));
    }
    THEN("so does an operator that is not built") {
      recorded["config"]["query"]["op"] = "tws";
      CHECK(std::holds_alternative<NotModelled>(driver(recorded)));
    }
  }
}
