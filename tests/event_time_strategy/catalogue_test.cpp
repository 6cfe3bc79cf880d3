// The catalogue: every declaration is sound, the text forms read and write, and what is wrong is said in
// full.
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "engine/event_time/strategy/catalogue.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::strategy {
namespace {

using Json = nlohmann::json;
using Errors = std::vector<std::string>;

Errors errors_of(const std::string& text) { return parse_text(text).errors; }
Errors errors_of(const Json& json) { return parse_json(json).errors; }
Block block_of(const std::string& text) {
  ParsedBlock parsed = parse_text(text);
  CAPTURE(text);
  REQUIRE(parsed.errors == Errors{});
  return *parsed.block;
}
Block block_of(const Json& json) {
  ParsedBlock parsed = parse_json(json);
  CAPTURE(json.dump());
  REQUIRE(parsed.errors == Errors{});
  return *parsed.block;
}

}  // namespace

TEST_CASE("catalogue: W1 to W18 are there, each sound") {
  std::set<std::string_view> names;
  std::set<std::string> ids;
  for (const StrategyType* type : catalogue()) {
    CAPTURE(type->name);
    CHECK(names.insert(type->name).second);
    CHECK(ids.insert(std::string{type->id}).second);
    CHECK_FALSE(type->doc.empty());
    CHECK_FALSE(type->source.empty());
    CHECK((type->make == nullptr) == type->needs_trace);
    CHECK(type->adaptive == (type->find("max_silence") != nullptr));
    CHECK(problems(defaults(*type)).empty());
    for (const Parameter& parameter : type->parameters) {
      CHECK_FALSE(parameter.doc.empty());
      // The two share one flat list on the command line.
      for (const OptionField& field : option_fields()) CHECK(field.parameter.name != parameter.name);
    }
    for (const OptionField& field : option_fields()) CHECK(field.parameter.name != type->name);
  }
  for (int w = 1; w <= 18; ++w) CHECK(ids.count("W" + std::to_string(w)) == 1);
}

TEST_CASE("catalogue: short and long forms of the same choice") {
  const Block plain = block_of(std::string{"sliding_quantile=0.95,n=500"});
  CHECK(plain.spec.number("p") == 0.95);
  CHECK(plain.spec.integer("n") == 500);
  CHECK(plain == block_of(std::string{" sliding_quantile , p = 95% , n = 500 "}));
  CHECK(plain == block_of(Json{{"sliding_quantile", {{"p", 0.95}, {"n", 500}}}}));
  CHECK(block_of(Json{{"sliding_quantile", "95%"}}) == block_of(Json{{"sliding_quantile", {{"p", 0.95}}}}));
  CHECK(block_of(std::string{"200ms"}) == block_of(Json{{"bounded", "200ms"}}));
  CHECK(block_of(Json("200ms")) == block_of(std::string{"bounded=0.2s"}));
  CHECK(block_of(Json{{"k_slack", Json::object()}}) == block_of(std::string{"k_slack"}));
  CHECK(block_of(std::string{"k_slack,discard=true"}).spec.integer("discard") == 1);
  CHECK(block_of(std::string{"sketch_quantile,sketch=tdigest"}).spec.integer("sketch") == 1);
}

TEST_CASE("catalogue: the options beside the strategy") {
  const Block block = block_of(Json{{"bounded", "1h30m"},
                                    {"interval", "0s"},
                                    {"idle_timeout", "2s"},
                                    {"max_drift", "10s"},
                                    {"out_of_band", "1s"}});
  CHECK(block.options.emission == Emission::per_record);
  CHECK(block.options.idle_timeout_ms == 2000);
  CHECK(block.options.max_drift_ms == 10'000);
  CHECK(block.options.propagation == Propagation::out_of_band);
  CHECK(to_text(block) == "bounded=1h30m,interval=0s,idle_timeout=2s,max_drift=10s,out_of_band=1s");
  CHECK(block_of(std::string{"ascending,marker_every=5"}).options.emission == Emission::marker);
  // What suits the strategy, unless it is said.
  CHECK(block_of(std::string{"micro_batch=1s"}).options.scope == Scope::task);
  CHECK(block_of(std::string{"micro_batch=1s,scope=partition"}).options.scope == Scope::partition);
  CHECK(block_of(std::string{"bounded=1s"}).options.scope == Scope::partition);
}

TEST_CASE("catalogue: what is written reads back as the same") {
  for (const std::string text :
       {"ascending", "bounded=200ms", "sliding_quantile=0.999,n=50", "k_slack,max_k=1m,discard=true",
        "micro_batch=10s,scope=partition,combine=max", "adwin=0.002,max_silence=0s",
        "stochastic_quantile=0.5,eta=0.1,marker_every=3", "ewma=2.5,interval=50ms,align_interval=2s"}) {
    const Block block = block_of(text);
    CHECK(to_text(block) == text);
    CHECK(block_of(to_text(block)) == block);
  }
  for (const StrategyType* type : catalogue()) {
    CHECK(to_text(defaults(*type)) == type->name);
    if (type->make != nullptr) CHECK(make(defaults(*type)) != nullptr);
  }
}

TEST_CASE("catalogue: all that is wrong is said, with the nearest name") {
  CHECK(errors_of(std::string{"sliding_quantil=0.9"}) ==
        Errors{"there is no watermark strategy \"sliding_quantil\"; did you mean \"sliding_quantile\"?"});
  CHECK(errors_of(std::string{"sliding_quantile=1.5,m=3,n=0,n=1"}) ==
        Errors{"sliding_quantile: p must be at most 1, not 1.5",
               "sliding_quantile has no parameter \"m\"; did you mean \"n\"?",
               "sliding_quantile: n must be at least 1, not 0", "sliding_quantile.n is given twice"});
  CHECK(errors_of(std::string{"bounded=200"}) ==
        Errors{"bounded: bound must be a duration in whole milliseconds such as \"250ms\", not \"200\""});
  CHECK(errors_of(std::string{"bounded=-5ms"}) == Errors{"bounded: bound must be at least 0s, not -5ms"});
  CHECK(errors_of(std::string{"ascending=3"}) == Errors{"ascending takes no value"});
  CHECK(errors_of(std::string{"k_slack,discard"}) == Errors{"\"discard\" needs a value: name=value"});
  CHECK(errors_of(std::string{"k_slack=2s,max_k=1s"}) == Errors{"k_slack: k0 is greater than max_k"});
  CHECK(errors_of(std::string{"bounded=1s,interval=1s,marker_every=3"}) ==
        Errors{"interval and marker_every exclude each other"});
  CHECK(errors_of(std::string{"micro_batch=1s,idle_timeout=1s"}) ==
        Errors{"idle_timeout: with scope task there are no partitions to exclude"});
  CHECK(errors_of(std::string{""}) == Errors{"there is no watermark strategy \"\""});
  CHECK(errors_of(std::string{"sketch_quantile,sketch=hdr"}) ==
        Errors{"sketch_quantile: sketch must be one of ddsketch, tdigest, not \"hdr\""});
  CHECK(errors_of(std::string{"ewma=nan"}) == Errors{"ewma: factor must be a number, not \"nan\""});
  CHECK(errors_of(Json{{"bounded", "1s"}, {"ewma", 4}}) == Errors{"bounded and ewma exclude each other"});
  CHECK(errors_of(Json{{"bonded", "1s"}}) ==
        Errors{"a watermark has no field \"bonded\"; did you mean \"bounded\"?"});
  CHECK(errors_of(Json(5)).front() == "a watermark must be an object or a text such as \"bounded=200ms\"");
  CHECK(errors_of(Json::object()).front().starts_with("a watermark needs a strategy: ascending, bounded"));
}

}  // namespace wrackline::event_time::strategy
