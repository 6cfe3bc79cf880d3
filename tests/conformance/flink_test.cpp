#include "scenarios/conform/conform.hpp"
#include "tests/conformance/recorded.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::conform;

namespace {

void all_agree(std::string_view kind, std::size_t cases) {
  const Tally tally = run_recorded(kind);
  CHECK(tally.cases == cases);
  CHECK(tally.agree == tally.cases);
  CHECK(tally.differ == std::vector<std::string>{});
  CHECK(tally.not_modelled == std::vector<std::string>{});
}

}  // namespace

SCENARIO("W-1 to P-3: the window operator agrees with every recorded case") {
  all_agree("flink.window", 240);
}

SCENARIO("M-2 to M-9: the status watermark valve agrees with every recorded case") {
  all_agree("flink.valve", 116);
}

SCENARIO("M-1, M-11: generators, operator and source agree with every recorded case") {
  all_agree("flink.generator", 119);
}

SCENARIO("M-10: the multiplexer agrees with every recorded case of both versions") {
  all_agree("flink.multiplexer", 124);
}

SCENARIO("M-10: combined inputs agree with every recorded case of both versions") {
  all_agree("flink.combined", 69);
}

SCENARIO("the interval join agrees with every recorded case") { all_agree("flink.interval_join", 77); }

SCENARIO("Q-1, Q-2: SQL windows agree with every recorded case") { all_agree("flink.sql_window", 35); }

SCENARIO("C-1 to C-10: barrier alignment agrees with every recorded case") {
  all_agree("flink.alignment", 170);
}

SCENARIO("Flink's drivers tell a wrong answer from a right one, and what they do not know from both") {
  GIVEN("a recorded case of one channel") {
    Json altered =
        Json::parse(R"({"id": "flink.valve/altered", "version": "1.20.5", "config": {"channels": 1},
        "steps": [{"in": {"channel": 0, "watermark": 5}, "out": {"events": [{"type": "watermark", "ts": 5}]}}]})");
    THEN("as recorded it agrees") {
      CHECK(std::holds_alternative<Agree>(find_kind("flink.valve")->driver(altered)));
    }
    THEN("with another outcome it differs") {
      altered["steps"][0]["out"]["events"][0]["ts"] = 4;
      CHECK(std::holds_alternative<Differs>(find_kind("flink.valve")->driver(altered)));
    }
    THEN("an engine that was never recorded is not modelled") {
      altered["version"] = "3.0.0";
      CHECK(std::holds_alternative<NotModelled>(find_kind("flink.valve")->driver(altered)));
    }
    THEN("nor is a setting without a rule, whatever was recorded") {
      altered["config"]["stagger"] = "RANDOM";
      CHECK(std::holds_alternative<NotModelled>(find_kind("flink.valve")->driver(altered)));
    }
  }
  GIVEN("a configuration that Flink refuses, recorded as accepted") {
    const Json accepted = Json::parse(R"({"id": "flink.window/accepted", "version": "2.2.1", "config":
        {"assigner": {"type": "session", "gap": 0}, "time": "event", "allowed_lateness": 0, "trigger": "default",
         "late_side_output": false}, "steps": []})");
    THEN("the case differs") {
      CHECK(std::holds_alternative<Differs>(find_kind("flink.window")->driver(accepted)));
    }
  }
}
