// Every ready-made scenario, run as a user runs it: the table it prints is golden, to the last hash.
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/program.hpp"

namespace wrackline {

namespace {

std::string run(const std::string& file, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"run", file};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const tests::Ran ran = tests::run_program(arguments);
  return ran.out + ran.err + "exit code " + std::to_string(ran.code) + "\n";
}

}  // namespace

SCENARIO("each ready-made scenario prints the table that its golden file holds") {
  const std::string name = GENERATE(
      as<std::string>{}, "acks1-leader-crash", "adaptive-watermarks", "clock-skew-late-drops",
      "consumer-crash-auto-commit", "design-clickstream", "design-fraud-sessions", "design-iot",
      "design-spend-15min", "design-surge-pricing", "idle-partition-watermark", "join-orders-payments",
      "join-rates-table", "network-partition-stale-leader", "power-loss-unsynced", "rebalance-storm",
      "retry-duplicates", "rolling-bounce", "sliding-card-velocity", "topic-to-topic", "unclean-election",
      "wrong-clock-guards", "zombie-consumer");
  CAPTURE(name);
  tests::check_golden("shipped/" + name + ".txt", run("scenarios/library/" + name + ".jsonc"));
}

SCENARIO("the quickstart prints the table that the README shows") {
  tests::check_golden("shipped/quickstart.txt", run("scenarios/quickstart.jsonc"));
}

SCENARIO("no ready-made scenario is left out of these tests") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("scenarios/library")) {
    if (entry.path().extension() == ".jsonc") ++files;
  }
  CHECK(files == 22);
}

SCENARIO("the same bytes come out of any number of jobs") {
  const std::string file = "scenarios/library/acks1-leader-crash.jsonc";
  CHECK(run(file, {"--jobs", "1", "--json"}) == run(file, {"--jobs", "2", "--json"}));
}

}  // namespace wrackline
