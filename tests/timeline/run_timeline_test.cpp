// `wrackline run --trace`: a whole run, drawn.
#include <filesystem>
#include <fstream>

#include "tests/support/golden.hpp"
#include "tests/support/program.hpp"
#include "tests/timeline/drawn.hpp"

using namespace wrackline;
using tests::Drawn;
using tests::Ran;
namespace fs = std::filesystem;

namespace {

constexpr const char* kScenario = R"json({
  "version": 1, "name": "drawn", "duration": "30s", "warmup": "1s", "liveness_bound": "2m",
  "seeds": { "base": 5, "count": 1 },
  "kafka": { "version": "4.1", "brokers": 3,
    "topics": { "orders": { "partitions": 2, "config": { "replication.factor": 3, "min.insync.replicas": 2 } } } },
  "sources": { "app": { "topic": "orders", "producers": 2, "rate": "50/s", "config": { "acks": "all" } } },
  "jobs": { "sums": { "parallelism": 2, "from": "orders", "watermark": { "bounded": "100ms" },
    "window": { "tumbling": "1s" }, "aggregate": "sum", "to": "store" } },
  "sinks": { "store": { "kind": "upsert" } },
  "faults": [
    { "id": "kill-leader", "at": "8s", "do": "process.crash", "target": "kafka.leader(orders/0)",
                     "for" : "5s"
},
    { "id": "freeze", "at": "15s", "do": "process.pause", "target": "sums-1", "for": "2s" } ]
})json";

Ran run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "run");
  return tests::run_program(arguments);
}

struct Folder {
  fs::path path = fs::temp_directory_path() / "wrackline-timeline";
  Folder() {
    fs::remove_all(path);
    fs::create_directories(path);
    std::ofstream{path / "drawn.jsonc"} << kScenario;
  }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
};

using perfetto::TrackEvent;

}  // namespace

SCENARIO(
    "a run that is drawn is the same run, and its picture shows faults, leaders, processes and records") {
  const Folder folder;
  const Ran plain = run({folder / "drawn.jsonc"});
  const Ran drawing =
      run({folder / "drawn.jsonc", "--trace", folder / "run.pftrace", "--trace-records", "20"});
  CHECK(plain.code == 0);
  CHECK(drawing.code == plain.code);
  CHECK(drawing.out == plain.out);  // the hash is in it

  const Drawn drawn = tests::read_back(tests::read_whole(folder / "run.pftrace"));
  REQUIRE_FALSE(drawn.tracks.empty());
  CHECK(drawn.balanced());
  CHECK(drawn.tracks.front() == "faults");
  CHECK(drawn.names("faults > kill-leader", TrackEvent::TYPE_SLICE_BEGIN) ==
        std::vector<std::string>{"kill-leader"});
  const auto& strike = drawn.events.at("faults > kill-leader");
  CHECK(strike[0].at_ns == 8'000'000'000);
  CHECK(strike[1].at_ns == 13'000'000'000);

  // The leader that was killed is named by the fault; its partition gets another, then goes on.
  const auto leaders = drawn.names("topic orders > orders/0", TrackEvent::TYPE_SLICE_BEGIN);
  REQUIRE(leaders.size() >= 2);
  const std::string first = leaders[0].substr(0, leaders[0].find(','));
  CHECK(strike[0].arguments.find("crashed " + first) != std::string::npos);
  CHECK(leaders[1].find("epoch 1") != std::string::npos);
  CHECK(leaders[1].find(first) == std::string::npos);
  CHECK(drawn.names(first, TrackEvent::TYPE_SLICE_BEGIN) == std::vector<std::string>{"crashed"});
  const auto& frozen = drawn.events.at("sums-1");
  const auto pause =
      std::find_if(frozen.begin(), frozen.end(), [](const Drawn::Event& e) { return e.name == "paused"; });
  REQUIRE(pause != frozen.end());
  CHECK(pause->at_ns == 15'000'000'000);

  // Twenty records, each with stages; a partition is told by its name.
  std::size_t followed = 0;
  for (const std::string& track : drawn.tracks)
    followed += track.starts_with("job sums > records > ") ? 1 : 0;
  CHECK(followed == 20);
  // The controller's word and the broker that learns of it are joined by an arrow.
  const auto elected =
      std::find_if(drawn.events.at("controller").begin(), drawn.events.at("controller").end(),
                   [](const Drawn::Event& e) { return e.name == "kafka.leader.elected"; });
  REQUIRE(elected != drawn.events.at("controller").end());
  CHECK(elected->arrow != 0);
  const std::string elected_broker =
      "broker-" + elected->arguments.substr(elected->arguments.find("leader=") + 7, 1);
  const auto& learned = drawn.events.at(elected_broker);
  CHECK(std::count_if(learned.begin(), learned.end(), [&](const Drawn::Event& e) {
          return e.name == "kafka.leader.started" && e.arrow == elected->arrow && e.at_ns >= elected->at_ns;
        }) == 1);

  const auto& broker = drawn.events.at("broker-1");
  CHECK(std::any_of(broker.begin(), broker.end(), [](const Drawn::Event& e) {
    return e.name == "kafka.replica.appended" && e.arguments.find("partition=orders/") != std::string::npos;
  }));
  CHECK_FALSE(drawn.names("job sums > rebalances", TrackEvent::TYPE_SLICE_BEGIN).empty());
  CHECK(drawn.events.count("job sums > lag") == 1);
  CHECK(drawn.events.count("job sums > watermark lag > instance 0") +
            drawn.events.count("job sums > watermark lag > instance 2") >
        0);
}

SCENARIO("a timeline is of one run, in a file that can be written") {
  const Folder folder;
  const Ran several = run({folder / "drawn.jsonc", "--seeds", "1..3", "--trace", folder / "run.pftrace"});
  CHECK(several.code == 64);
  CHECK(several.err.find("this plan has 3") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "run.pftrace"));
  const Ran nowhere = run({folder / "drawn.jsonc", "--trace", folder / "no/such/folder.pftrace"});
  CHECK(nowhere.code == 65);
  CHECK(nowhere.err.find("cannot be written") != std::string::npos);
  CHECK(nowhere.out.empty());
  std::string broken = kScenario;
  broken.replace(broken.find("\"sums-1\""), 8, "\"nobody\"");
  std::ofstream{folder / "broken.jsonc"} << broken;
  const Ran refused = run({folder / "broken.jsonc", "--trace", folder / "run.pftrace"});
  CHECK(refused.code == 65);
  CHECK_FALSE(fs::exists(folder / "run.pftrace"));
}
