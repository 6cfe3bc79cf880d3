#include "scenarios/expectation.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline;
using namespace wrackline::scenarios;

namespace {

Outcome judged(const std::string& text, const std::string& window = "all") {
  ExpectSpec expect;
  expect.text = text;
  expect.window = window;
  Diagnostics diagnostics;
  INFO(text << "\n" << to_text(diagnostics));
  REQUIRE(check_expectation(expect, diagnostics));
  const MetricLookup metrics = [](const analysis::MetricRef& metric,
                                  analysis::Phase phase) -> std::optional<double> {
    const std::string name = analysis::to_string(metric);
    if (name == "lost") return phase == analysis::Phase::all ? 3 : 0;
    if (name == "produced") return 1000;
    if (name == "duplicated.sink") return 0;
    if (name == "late_drop_rate") return 0.005;
    if (name == "p99(result_latency)") return 12e9;
    return std::nullopt;
  };
  return judge(expect, metrics, [](std::string_view) { return std::uint64_t{0}; });
}

}  // namespace

TEST_CASE("expectations hold, fail, or can not be told") {
  CHECK(judged("lost == 3") == Outcome::pass);
  CHECK(judged("lost == 0") == Outcome::fail);
  CHECK(judged("lost == 0", "steady") == Outcome::pass);
  CHECK(judged("p99(result_latency) < 15s") == Outcome::pass);
  CHECK(judged("p99(result_latency) < 11s999ms") == Outcome::fail);
  CHECK(judged("p99(end_to_end) < 15s") == Outcome::inconclusive);
  CHECK(judged("late_drop_rate < 1%") == Outcome::pass);
  CHECK(judged("late_drop_rate <= 0.4%") == Outcome::fail);
}

TEST_CASE("arithmetic and precedence") {
  CHECK(judged("lost / produced < 1%") == Outcome::pass);
  CHECK(judged("1 + 2 * 3 == 7") == Outcome::pass);
  CHECK(judged("(1 + 2) * 3 == 9") == Outcome::pass);
  CHECK(judged("10 - 2 - 3 == 5") == Outcome::pass);
  CHECK(judged("p99(result_latency) / 2 == 6s") == Outcome::pass);
  CHECK(judged("p99(result_latency) / 4s == 3") == Outcome::pass);
  CHECK(judged("2 * 1h30m == 3h") == Outcome::pass);
  CHECK(judged("-lost < 0 and produced == 1k") == Outcome::pass);
  CHECK(judged("lost == 0 or produced == 1000 and lost == 3") == Outcome::pass);
  CHECK(judged("not lost == 0") == Outcome::pass);
  CHECK(judged("!(lost == 3) || false") == Outcome::fail);
  CHECK(judged("lost / duplicated.sink < 5") == Outcome::inconclusive);
}

TEST_CASE("what is unknown decides only where nothing else does") {
  CHECK(judged("lost == 0 and p99(end_to_end) < 1s") == Outcome::fail);
  CHECK(judged("lost == 3 and p99(end_to_end) < 1s") == Outcome::inconclusive);
  CHECK(judged("lost == 3 or p99(end_to_end) < 1s") == Outcome::pass);
  CHECK(judged("not p99(end_to_end) < 1s") == Outcome::inconclusive);
}

TEST_CASE("a moment that was never reached leaves the question open") {
  ExpectSpec expect;
  expect.kind = ExpectSpec::Kind::kSometimes;
  expect.text = "kafka.leader.elected";
  const MetricLookup none = [](const analysis::MetricRef&, analysis::Phase) {
    return std::optional<double>();
  };
  CHECK(judge(expect, none, [](std::string_view) { return std::uint64_t{0}; }) == Outcome::inconclusive);
  CHECK(judge(expect, none, [](std::string_view) { return std::uint64_t{2}; }) == Outcome::pass);
}

TEST_CASE("deep nesting is refused, not followed") {
  ExpectSpec expect;
  Diagnostics diagnostics;
  expect.text = std::string(10'000, '(') + "1" + std::string(10'000, ')') + " == 1";
  CHECK_FALSE(check_expectation(expect, diagnostics));
  expect.text = std::string(10'000, '-') + "1 == 1";
  CHECK_FALSE(check_expectation(expect, diagnostics));
  expect.text = "1";
  for (int i = 0; i < 10'000; ++i) expect.text += " + 1";
  Diagnostics more;
  check_expectation(expect, more);
}
