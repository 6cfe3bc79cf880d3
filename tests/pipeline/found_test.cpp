// Figure 8, second half: the three classic accidents are found by runs in which only the fault is given, not
// its moment within the protocol and not its outcome. Each comes with the setting that prevents it, under the
// same faults and seeds.
#include <fmt/format.h>

#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

using analysis::DuplicateHop;
using analysis::LossTold;

const std::vector<std::uint64_t> kSeeds{1, 2, 3, 4, 5, 6, 7, 8};

struct Found {
  std::uint64_t runs = 0;
  std::uint64_t records = 0;
};

template <class Count>
Found look(const std::string& top, Count&& count) {
  Found found;
  for (const Run& run : run_all(plan_of(kSmall, top, kSeeds))) {
    INFO(story_of(run.result));
    CHECK(run.result.books.closes());
    CHECK(run.result.faults.at(0).runs_struck == 1);
    const std::uint64_t records = count(run.result.books);
    found.records += records;
    if (records > 0) ++found.runs;
  }
  return found;
}

/// Fast enough, and far enough apart, that a leader always has something that its followers have not.
std::string producer(const char* config) {
  return fmt::format(
      R"("sources": {{ "app": {{ "rate": "1k/s", "config": {{ {} }} }} }}, "kafka": {{ "network": {{ "zone_latency": "10ms" }} }})",
      config);
}

TEST_CASE("6.2 A1r: acks=1 and a leader that is killed: acknowledged records are lost; not with acks=all") {
  const char* const crash =
      R"j("faults": [{ "do": "process.crash", "target": "kafka.leader(events/0)", "at": "5s", "for": "4s" }], )j";
  const auto acknowledged = [](const analysis::Books& books) {
    return books.lost_told(LossTold::acknowledged);
  };
  const Found one = look(crash + producer(R"("acks": "1", "enable.idempotence": false)"), acknowledged);
  INFO(one.records << " records in " << one.runs << " of 8 kills");
  CHECK(one.runs >= 2);
  CHECK(look(crash + producer(R"("acks": "all", "enable.idempotence": false)"), acknowledged).records == 0);
}

TEST_CASE("6.2 ALLr5: an answer that is lost and a retry: two copies; one with idempotence") {
  const char* const lost =
      R"j("faults": [{ "do": "network.response_lost", "target": "all(broker)", "probability": 0.1, "at": "5s", "for": "3s" }], )j";
  const auto copies = [](const analysis::Books& books) { return books.duplicated(DuplicateHop::log); };
  const Found without = look(lost + producer(R"("acks": "all", "enable.idempotence": false)"), copies);
  INFO(without.records << " copies in " << without.runs << " of 8 runs");
  CHECK(without.runs >= 6);
  CHECK(look(lost + producer(R"("acks": "all", "enable.idempotence": true)"), copies).records == 0);
}

TEST_CASE(
    "6.3 M1, M4: a consumer killed between its output and its commit: seen twice, unless the sink takes it "
    "once") {
  // Without windows: an event is a row, so that what is repeated shows.
  const auto crash = [](const char* commit, const char* sink) {
    return fmt::format(
        R"j("faults": [{{ "do": "process.crash", "target": "process(job-1)", "at": "5s", "for": "2s" }}],
            "jobs": {{ "job": {{ "window": null, "commit": "{}", "config": {{ "auto.commit.interval.ms": 1000 }} }} }},
            "sinks": {{ "store": {{ "kind": "{}", "latency": "20ms" }} }})j",
        commit, sink);
  };
  const auto seen_twice = [](const analysis::Books& books) { return books.duplicated(DuplicateHop::sink); };
  const Found automatic = look(crash("auto", "append"), seen_twice);
  INFO(automatic.records << " repeated effects in " << automatic.runs << " of 8 kills");
  CHECK(automatic.runs >= 6);
  CHECK(look(crash("after_processing", "append"), seen_twice).runs >= 1);
  CHECK(look(crash("before_processing", "append"), seen_twice).records == 0);
}

}  // namespace
}  // namespace wrackline::pipeline
