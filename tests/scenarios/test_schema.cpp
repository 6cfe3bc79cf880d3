#include <nlohmann/json.hpp>
#include <set>

#include "scenarios/schema.hpp"
#include "tests/support/golden.hpp"

using namespace wrackline;
using nlohmann::json;

namespace {

void collect_references(const json& schema, std::set<std::string>& references) {
  if (schema.is_object() && schema.contains("$ref")) references.insert(schema["$ref"].get<std::string>());
  if (schema.is_structured()) {
    for (const json& part : schema) collect_references(part, references);
  }
}

}  // namespace

TEST_CASE("the published schema is the declarations'") {
  const json schema = scenarios::scenario_schema();
  tests::check_golden("scenarios/scenario.schema.json", schema.dump(2) + "\n");
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  std::set<std::string> references;
  collect_references(schema, references);
  CHECK(references.size() > 20);
  for (const std::string& reference : references) {
    INFO(reference);
    CHECK(schema.contains(json::json_pointer(reference.substr(1))));
  }
}

TEST_CASE("everything that has a name can be explained") {
  for (const std::string& topic : scenarios::topics()) {
    INFO(topic);
    const auto text = scenarios::explain(topic);
    REQUIRE(text);
    CHECK(text->ends_with("\n"));
  }
  CHECK_FALSE(scenarios::explain("no such thing"));
  CHECK(scenarios::nearest_topic("linger") == std::nullopt);
  CHECK(scenarios::nearest_topic("acks ") == "acks");
}

TEST_CASE("explanations as a person reads them") {
  std::string all;
  for (const char* topic : {"WL1403", "linger.ms", "acks", "at_least_once", "sources.*.delay",
                            "jobs.*.commit", "p99", "lost.acknowledged", "result_latency", "scenario"}) {
    all += "$ wrackline explain " + std::string(topic) + "\n" +
           scenarios::explain(topic).value_or("(nothing)\n") + "\n";
  }
  tests::check_golden("scenarios/explain.txt", all);
}
