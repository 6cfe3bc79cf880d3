// A job that is stopped: wakeup(), the loop ends its turn, close() leaves the group.
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {

SCENARIO("a consumer that is stopped leaves its group at once and does not join it again") {
  const auto joins = [](const std::string& faults, std::uint64_t seed) {
    const auto result = run_single(plan_of(kSmall, "\"faults\": [" + faults + "]", {seed}, {"duration=20s"}));
    INFO(story_of(result));
    CHECK(moment(result, "group.member.expired") == 0);
    CHECK(result.books[analysis::Fate::pending] == 0);
    return moment(result, "group.member.joining");
  };
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    // Two members join once in a quiet run, and once more when they are started again.
    const std::uint64_t once = joins("", seed);
    const std::string stop = R"j({ "do": "process.stop", "target": "all(job)", "at": "9s", "for": "3s" })j";
    CHECK(joins(stop, seed) == 2 * once);
  }
}

}  // namespace wrackline::pipeline
