// The determinism contract on whole pipelines: what may not change a run does not change its hash.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "scenarios/run/world.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

const char* const kTroubled = R"j("guarantee": "at_least_once", "faults": [
    { "id": "a", "do": "process.crash", "target": "kafka.leader(events/0)", "at": "4s", "for": "3s" },
    { "id": "b", "do": "process.pause", "target": "random(consumer)", "at": "7s", "for": "4s" },
    { "id": "c", "do": "network.tail", "target": "all(broker)", "share": 0.05, "at": "2s", "for": "8s" }
  ])j";

std::string hash_of(const std::string& top, const scenarios::RunOptions& options = {},
                    std::uint64_t seed = 7) {
  return run_single(plan_of(kSmall, top, {seed}), options).seeds.at(0).hash;
}

/// Hears everything and keeps something of it.
class Listener final : public sim::Observer {
 public:
  void created(std::span<const sim::CreatedRecord> records) override { heard += records.size(); }
  void committed(sim::PartitionRef, std::int64_t, std::span<const sim::EventId> ids, sim::Time) override {
    heard += ids.size();
  }
  void visible(const sim::VisibleResult& result, sim::Time) override { heard += result.contributions.size(); }
  std::uint64_t heard = 0;
};

TEST_CASE("The same seed twice is the same run; another seed is another") {
  const std::string once = hash_of(kTroubled);
  CHECK(hash_of(kTroubled) == once);
  CHECK(hash_of(kTroubled, {}, 8) != once);
}

TEST_CASE("Who watches does not change the run") {
  Listener listener;
  scenarios::RunOptions watched;
  watched.prepare = [&](scenarios::World& world) {
    for (auto& analysis : world.analyses()) analysis->also(listener);
  };
  sim::HashTrail trail;
  watched.trail = &trail;
  std::vector<sim::EventRecord> records;
  watched.records = &records;
  watched.kernel.record = {1000, 2000};
  CHECK(hash_of(kTroubled, watched) == hash_of(kTroubled));
  CHECK(listener.heard > 0);
  CHECK(!records.empty());
}

TEST_CASE("The radix queue and the heap order a pipeline's events alike") {
  scenarios::RunOptions radix, heap;
  radix.kernel.queue = sim::QueueKind::radix;
  heap.kernel.queue = sim::QueueKind::heap;
  CHECK(hash_of(kTroubled, radix) == hash_of(kTroubled, heap));
}

TEST_CASE("A fault of zero intensity leaves the hash unchanged") {
  const auto with_fault = [](const std::string& fault) {
    return R"j("guarantee": "effectively_once", "faults": [)j" + fault + "]";
  };
  const std::string quiet = hash_of(with_fault(""));
  for (
      const char* fault : {
          R"j({ "do": "network.loss", "target": "all(broker)", "probability": 0, "at": "3s", "for": "5s" })j",
          R"j({ "do": "network.delay", "target": "all(broker)", "by": "0s", "at": "3s", "for": "5s" })j",
          R"j({ "do": "network.tail", "target": "all(broker)", "share": 0, "at": "3s", "for": "5s" })j",
          R"j({ "do": "network.response_lost", "target": "all(broker)", "probability": 0, "at": "3s", "for": "5s" })j",
          R"j({ "do": "disk.failing", "target": "all(broker)", "probability": 0, "at": "3s", "for": "5s" })j",
          R"j({ "do": "clock.step", "target": "process(app-1)", "by": "0s", "at": "3s" })j",
          R"j({ "do": "clock.offset", "target": "process(app-1)", "by": "0s", "at": "3s", "for": "5s" })j",
          R"j({ "do": "clock.drift", "target": "process(app-1)", "ppm": 0, "at": "3s", "for": "5s" })j",
          R"j({ "do": "process.crash", "target": "process(job-1)", "chance": 0, "at": "3s", "for": "5s" })j",
      }) {
    INFO(fault);
    CHECK(hash_of(with_fault(fault)) == quiet);
  }
}

TEST_CASE("Any number of threads gives the same results in the same order") {
  const scenarios::Plan plan = plan_of(
      kSmall,
      std::string{
          R"("duration": "6s", "matrix": { "axes": { "jobs.job.watermark.bounded": ["0s", "500ms"] } }, )"} +
          kTroubled,
      {1, 2, 3, 4, 5, 6});
  const auto campaign = [&](unsigned threads) {
    std::vector<analysis::RunResult> all;
    scenarios::CampaignOptions options;
    options.threads = threads;
    const auto end =
        scenarios::run_campaign(plan, options, scenarios::run_one,
                                [&](const scenarios::RunTask&, std::vector<analysis::RunResult> results) {
                                  for (auto& result : results) all.push_back(std::move(result));
                                  return true;
                                });
    CHECK(end == scenarios::CampaignEnd::kComplete);
    return all;
  };
  const auto one = campaign(1);
  REQUIRE(one.size() == 12);
  CHECK((campaign(2) == one));
  CHECK((campaign(4) == one));
}

}  // namespace
}  // namespace wrackline::pipeline
