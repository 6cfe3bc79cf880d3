#include <nlohmann/json.hpp>

#include "analysis/junit.hpp"
#include "analysis/metrics.hpp"
#include "analysis/result_json.hpp"
#include "analysis/verdict_table.hpp"
#include "tests/analysis/story.hpp"
#include "tests/support/golden.hpp"

namespace wrackline::analysis {
namespace {

using testing::tell_story;

std::vector<RunResult> cells() {
  std::vector<RunResult> all;
  all.push_back(tell_story(Guarantee::at_most_once, Reading::every_row).result);
  all.push_back(tell_story(Guarantee::at_least_once, Reading::every_row, 43).result);
  RunResult merged = tell_story(Guarantee::effectively_once, Reading::upsert).result;
  merged.merge(tell_story(Guarantee::effectively_once, Reading::upsert, 44).result);
  all.push_back(merged);
  RunResult empty;
  empty.scenario = "payments";
  empty.guarantee = Guarantee::exactly_once;
  judge(empty);
  all.push_back(empty);
  return all;
}

/// The part of JSON Schema that our schema uses; anything else in a schema is an error here.
void conforms(const nlohmann::json& value, const nlohmann::json& schema, const std::string& where) {
  INFO(where);
  const auto is = [&](const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "integer") return value.is_number_integer();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    REQUIRE(type == "null");
    return value.is_null();
  };
  for (const auto& [keyword, rule] : schema.items()) {
    if (keyword == "type") {
      const auto types = rule.is_array() ? rule : nlohmann::json::array({rule});
      REQUIRE(std::any_of(types.begin(), types.end(),
                          [&](const auto& t) { return is(t.template get<std::string>()); }));
    } else if (keyword == "enum") {
      REQUIRE(std::find(rule.begin(), rule.end(), value) != rule.end());
    } else if (keyword == "const") {
      REQUIRE(value == rule);
    } else if (keyword == "minimum") {
      REQUIRE(value.get<std::int64_t>() >= rule.get<std::int64_t>());
    } else if (keyword == "required") {
      for (const auto& name : rule) REQUIRE(value.contains(name.get<std::string>()));
    } else if (keyword == "properties") {
      for (const auto& [name, item] : value.items()) {
        if (rule.contains(name)) conforms(item, rule[name], where + "/" + name);
      }
    } else if (keyword == "additionalProperties") {
      for (const auto& [name, item] : value.items()) {
        if (schema.contains("properties") && schema["properties"].contains(name)) continue;
        if (rule.is_boolean()) {
          INFO(name);
          REQUIRE(rule.get<bool>());
        } else {
          conforms(item, rule, where + "/" + name);
        }
      }
    } else if (keyword == "propertyNames") {
      for (const auto& [name, item] : value.items()) conforms(name, rule, where + "/" + name);
    } else if (keyword == "items") {
      for (const auto& item : value) conforms(item, rule, where + "[]");
    } else {
      REQUIRE((keyword == "$schema" || keyword == "title" || keyword == "description"));
    }
  }
}

}  // namespace

TEST_CASE("verdict table: as a person sees it") {
  const auto all = cells();
  tests::check_golden("verdict_table.txt", verdict_table(all));
  tests::check_golden("verdict_table_steady.txt",
                      verdict_table(all, {.phase = Phase::steady, .latency = Latency::result_latency}));
}

TEST_CASE("verdict table: every line is as wide as the rule") {
  const std::string text = verdict_table(cells(), {.reasons = false});
  REQUIRE(display_width("Größe · ✓") == 9);
  REQUIRE(display_width("窓 e\u0301") == 4);
  const std::size_t rule_from = text.find('\n') + 1;
  const std::string rule = text.substr(rule_from, text.find('\n', rule_from) - rule_from);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    REQUIRE(display_width(text.substr(at, end - at)) <= display_width(rule));
    at = end + 1;
  }
}

TEST_CASE("JSON: as a program sees it, and true to its schema") {
  const auto all = cells();
  const std::string text = to_json_text(all);
  tests::check_golden("result.json", text);
  tests::check_golden("result.schema.json", result_schema().dump(2) + "\n");
  const nlohmann::json parsed = nlohmann::json::parse(text);
  REQUIRE(parsed == to_json(all));
  conforms(parsed, result_schema(), "");
}

TEST_CASE("JUnit and annotations: as a build server sees it") {
  const auto all = cells();
  tests::check_golden("junit.xml", to_junit(all));
  tests::check_golden("annotations.txt", to_annotations(all, "scenarios/payments.jsonc"));
}

TEST_CASE("merging: exact, and the same in every order") {
  std::vector<RunResult> seeds;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    seeds.push_back(tell_story(Guarantee::at_least_once, Reading::every_row, seed * 2).result);
  }
  RunResult forward;
  for (const RunResult& one : seeds) forward.merge(one);
  RunResult backward;
  for (auto one = seeds.rbegin(); one != seeds.rend(); ++one) backward.merge(*one);
  RunResult halves = seeds[3];
  RunResult other = seeds[1];
  other.merge(seeds[4]);
  halves.merge(seeds[0]);
  halves.merge(other);
  halves.merge(seeds[2]);
  REQUIRE(forward == backward);
  REQUIRE(forward == halves);
  REQUIRE(forward.books.produced == 100);
  REQUIRE(forward.runs() == 5);
  REQUIRE(evaluate(forward, "runs.failed")->value == 5);
}

TEST_CASE("numbers for people") {
  REQUIRE(duration_text(0) == "0.00 ns");
  REQUIRE(duration_text(999) == "999 ns");
  REQUIRE(duration_text(999'600) == "1.00 ms");
  REQUIRE(duration_text(12'345'678) == "12.3 ms");
  REQUIRE(duration_text(9'996'000) == "10.0 ms");
  REQUIRE(duration_text(61'234'000'000) == "61.2 s");
  REQUIRE(duration_text(3'600'000'000'000) == "3600 s");
  REQUIRE(ratio_text(0, 7) == "0 %");
  REQUIRE(ratio_text(1, 1'000'000) == "<0.01 %");
  REQUIRE(ratio_text(1, 3) == "33.3 %");
  REQUIRE(ratio_text(7, 7) == "100 %");
  REQUIRE(count_text(1'234'567) == "1 234 567");
}

TEST_CASE("metrics: every declared figure can be asked for") {
  const RunResult result = tell_story(Guarantee::at_least_once, Reading::every_row).result;
  for (const std::string& name : metric_names()) {
    INFO(name);
    const auto ref = parse_metric(name);
    REQUIRE(ref.has_value());
    REQUIRE(to_string(*ref) == name);
    for (const Phase phase : {Phase::all, Phase::steady}) {
      if (const auto value = evaluate(result, *ref, phase)) REQUIRE(value->unit == ref->unit);
    }
  }
  REQUIRE(evaluate(result, "lost")->value == 1);
  REQUIRE(evaluate(result, "lost.fire_and_forget")->value == 1);
  REQUIRE(evaluate(result, "lost.at_producer")->value == 1);
  REQUIRE(evaluate(result, "duplicated.log")->value == 1);
  REQUIRE(evaluate(result, "duplicated.processor")->value == 5);
  REQUIRE(evaluate(result, "duplicated.sink")->value == 5);
  REQUIRE(evaluate(result, "anomaly.double_fire")->value == 1);
  REQUIRE(evaluate(result, "missing(end_to_end)")->value == 2);
  REQUIRE(compare(*evaluate(result, "late_drop_rate"), 1, 20) == std::strong_ordering::equal);
  REQUIRE(compare(*evaluate(result, "late_drop_rate"), 4, 100) == std::strong_ordering::greater);
  for (const char* wrong :
       {"", "lots", "p0(end_to_end)", "p101(end_to_end)", "p99", "p99(lost)", "p9.999(end_to_end)",
        "p99.(end_to_end)", "p(end_to_end)", "mean(end_to_end", "anomaly.x"}) {
    INFO(wrong);
    REQUIRE_FALSE(parse_metric(wrong).has_value());
  }
}

TEST_CASE("verdicts: what the guarantee does not permit is a violation") {
  const auto outcome = [](Guarantee guarantee, Reading reading) {
    RunResult result = tell_story(guarantee, reading).result;
    result.verdict = {};
    result.expectations.clear();
    result.faults.clear();
    judge(result);
    return result.verdict.outcome;
  };
  REQUIRE(outcome(Guarantee::none, Reading::every_row) == Outcome::pass);
  REQUIRE(outcome(Guarantee::at_least_once, Reading::every_row) == Outcome::pass);
  REQUIRE(outcome(Guarantee::at_most_once, Reading::every_row) == Outcome::fail);
  REQUIRE(outcome(Guarantee::exactly_once, Reading::every_row) == Outcome::fail);
}

TEST_CASE("verdicts: a fault that never struck leaves a run inconclusive") {
  RunResult result = tell_story(Guarantee::at_least_once, Reading::every_row).result;
  result.verdict = {};
  result.expectations.clear();
  judge(result);
  REQUIRE(result.verdict.outcome == Outcome::inconclusive);
  REQUIRE(result.verdict.reasons.front().code == "fault_never_struck");
}

}  // namespace wrackline::analysis
