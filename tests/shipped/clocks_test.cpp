// Clocks reach time, and the world repeats itself: the whole pipeline with a source whose clock wraps, stands
// still and steps, whose events are reported twice, and a job that guards its event time.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "cli/cli.hpp"
#include "tests/support/catch.hpp"

namespace wrackline {
namespace {

constexpr const char* kScenario = R"JSON({
  "name": "again", "duration": "30s", "warmup": "1s",
  "kafka": { "brokers": 1, "topics": { "in": { "partitions": 2,
    "config": { "replication.factor": 1, "min.insync.replicas": 1 } } } },
  "sources": { "app": { "topic": "in", "rate": "100/s",
    "reported_again": { "share": "10%", "after": "20ms" },
    "delay": { "autoregressive": { "law": { "lognormal": { "median": "50ms", "sigma": 0.4 } }, "lag1": 0.9 } },
    "clock": { "changes": [ { "at": "10s", "wrap32": "2s" }, { "at": "15s", "freeze": "1s" },
                            { "at": "20s", "step": "3s" } ] } } },
  "jobs": { "count": { "from": "in", "watermark": "1s", "window": "2s", "to": "out",
    "guard": { "max_future": "2s", "max_age": "10m" }, "config": { "auto.offset.reset": "earliest" } } },
  "sinks": { "out": {} },
  "faults": [
    { "id": "twice", "at": "5s", "do": "source.report_again", "target": "app", "share": 1, "for": "2s" },
    { "id": "slew", "at": "3s", "do": "clock.slew", "target": "node(app-1)",
                     "by" : "100ms", "over" : "2s"
} ],
  "expect": [ "lost == 0", { "sometimes": "job.guard.refused" }, EXPECT ]
})JSON";

int run(const std::string& expect, std::string& told) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / "wrackline-clocks";
  fs::create_directories(folder);
  std::string text = kScenario;
  text.replace(text.find("EXPECT"), 6, expect);
  std::ofstream{folder / "again.jsonc"} << text;
  std::ostringstream out;
  std::ostringstream err;
  const int code = cli::run({"run", (folder / "again.jsonc").string()}, {}, {out, err});
  told = out.str() + err.str();
  fs::remove_all(folder);
  return code;
}

}  // namespace

SCENARIO("second reports are the source's own, not duplicates of the pipeline") {
  std::string told;
  CHECK(run("\"produced.reported_again > 450\", \"produced.reported_again < 550\", \"duplicated.sink == 0\"",
            told) == 0);
  INFO(told);
}

SCENARIO("a guard rejects what a wrapped or stepped clock stamps, and nothing else is dropped as late") {
  std::string told;
  CHECK(run("\"rejected.by_guard > 1000\", \"rejected.by_guard == rejected\", \"late_dropped == 0\"", told) ==
        0);
  INFO(told);
}

}  // namespace wrackline
