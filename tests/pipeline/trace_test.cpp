// V26 on the whole pipeline: a recorded trace through producer, log, consumer and windows loses exactly the
// records that science.md 6.4 counts. Windows of one millisecond are the notes' "behind".
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/datasets.hpp"

namespace wrackline::pipeline {
namespace {

namespace fs = std::filesystem;

struct Question {
  int bound_ms;
  int window_ms;
  int lateness_ms;
  std::int64_t late;
};

/// What the trace loses to windows under a bound, allowed lateness included.
std::int64_t late_of(const fs::path& folder, const std::string& name, std::int64_t first_arrival_ms,
                     const Question& asked) {
  // The run moves the trace to its own wall clock, whose first moment is a multiple of every window here; the
  // windows move along.
  const std::int64_t offset_ms = asked.window_ms - first_arrival_ms % asked.window_ms;
  const fs::path scenario = folder / "scenario.jsonc";
  std::ofstream{scenario} << fmt::format(
      R"j({{
        "version": 1, "name": "V26", "duration": "11m", "warmup": "0s", "liveness_bound": "10m",
        "kafka": {{
          "brokers": 1, "network": {{ "latency": "1us" }},
          "config": {{ "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 1,
                       "group.initial.rebalance.delay.ms": 0 }},
          "topics": {{ "events": {{ "partitions": 1, "config": {{ "replication.factor": 1, "min.insync.replicas": 1 }} }} }}
        }},
        "sources": {{ "app": {{ "topic": "events", "trace": "{}.csv",
                                "config": {{ "acks": "1", "enable.idempotence": false, "linger.ms": 0 }} }} }},
        "jobs": {{ "job": {{
          "from": "events", "to": "store", "watermark": {{ "bounded": "{}ms", "interval": "0ms" }},
          "window": {{ "tumbling": "{}ms", "offset": "{}ms", "allowed_lateness": "{}ms" }}, "commit": "on_close",
          "config": {{ "auto.offset.reset": "earliest" }}
        }} }},
        "sinks": {{ "store": {{ "latency": "0s" }} }}
      }})j",
      name, asked.bound_ms, asked.window_ms, offset_ms % asked.window_ms, asked.lateness_ms);
  scenarios::LoadOptions options;
  scenarios::Diagnostics diagnostics;
  const auto plan = scenarios::load_plan(scenario.string(), options, diagnostics);
  if (!plan) FAIL(scenarios::to_text(diagnostics));
  const analysis::RunResult result = run_single(*plan);
  CHECK(result.books.closes());
  CHECK(result.books[analysis::Fate::rejected] ==
        0);  // not even the first row, which comes as the run begins
  return result.books[analysis::Fate::late_dropped];
}

void check_trace(const std::string& name, const std::vector<Question>& questions) {
  if (!tests::available(name)) return;
  const fs::path file = tests::dataset(name);
  const fs::path folder = fs::temp_directory_path() / ("wrackline-v26-" + name);
  fs::create_directories(folder);
  fs::copy_file(file, folder / (name + ".csv"), fs::copy_options::overwrite_existing);
  std::ifstream rows{file};
  std::string line;
  std::getline(rows, line);
  std::getline(rows, line);
  const std::int64_t first_arrival_ms = std::stoll(line.substr(line.rfind(',') + 1));
  for (const Question& asked : questions) {
    INFO(name << ", bound " << asked.bound_ms << " ms, window " << asked.window_ms << " ms, lateness "
              << asked.lateness_ms);
    CHECK(late_of(folder, name, first_arrival_ms, asked) == asked.late);
  }
  fs::remove_all(folder);
}

TEST_CASE("V26: umts-d1 through the pipeline") {
  check_trace("umts-d1", {{0, 1, 0, 1544},
                          {100, 1, 0, 421},
                          {1000, 1, 0, 11},
                          {0, 1000, 0, 148},
                          {200, 1000, 0, 21},
                          {100, 5000, 0, 3},
                          {100, 1000, 500, 9}});
}
TEST_CASE("V26: umts-d3 through the pipeline") {
  check_trace("umts-d3", {{0, 1, 0, 3277}, {0, 1000, 0, 1111}, {100, 1000, 0, 102}, {100, 1000, 500, 36}});
}
TEST_CASE("V26: exchange-bybit through the pipeline") {
  check_trace("exchange-bybit", {{0, 1, 0, 183}, {0, 1000, 0, 52}, {500, 1, 0, 58}});
}

}  // namespace
}  // namespace wrackline::pipeline
