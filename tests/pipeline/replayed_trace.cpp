#include "tests/pipeline/replayed_trace.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "engine/kafka/partitioner.hpp"
#include "scenarios/run/world.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

std::string stretched(const std::string& text, std::int64_t by) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      out += text[i];
      continue;
    }
    std::int64_t ms = 0;
    while (i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9') ms = ms * 10 + (text[++i] - '0');
    out += fmt::format("\"{}ms\"", ms * by);
  }
  return out;
}

}  // namespace

analysis::RunResult replayed(const std::vector<Trace>& traces, const Setting& setting, sim::Observer* also) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / "wrackline-replayed-trace";
  fs::create_directories(folder);
  std::string sources;
  for (std::size_t i = 0; i < traces.size(); ++i) {
    std::ofstream file{folder / fmt::format("t{}.csv", i)};
    file << "key,event_time_ms,arrival_time_ms\n";
    for (const Row& row : traces[i]) file << fmt::format("{},{},{}\n", row.key, row.event_ms, row.arrival_ms);
    sources += fmt::format(
        R"({}"s{}": {{ "topic": "events", "trace": "t{}.csv", "speed": {},
                       "config": {{ "acks": "1", "enable.idempotence": false, "linger.ms": 0 }} }})",
        i == 0 ? "" : ", ", i, i, 1.0 / static_cast<double>(setting.stretch));
  }
  const fs::path scenario = folder / "scenario.jsonc";
  std::ofstream{scenario} << fmt::format(
      R"j({{
        "version": 1, "name": "replayed", "duration": "{}s", "warmup": "0s", "liveness_bound": "10m",
        "kafka": {{
          "brokers": 1, "network": {{ "latency": "{}us" }},
          "config": {{ "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 1,
                       "group.initial.rebalance.delay.ms": 0 }},
          "topics": {{ "events": {{ "partitions": {}, "config": {{ "replication.factor": 1, "min.insync.replicas": 1 }} }} }}
        }},
        "sources": {{ {} }},
        "jobs": {{ "job": {{
          "from": "events", "to": "store", "watermark": {{ {} }}, "window": {{ {} }}, "commit": "on_close",
          "cost_per_record": "0s", "cost_per_poll": "0s", "config": {{ "auto.offset.reset": "earliest" }}
        }} }},
        "sinks": {{ "store": {{ "kind": "append", "latency": "0s" }} }}
      }})j",
      setting.seconds * setting.stretch, setting.stretch, setting.partitions, sources,
      stretched(setting.watermark, setting.stretch), stretched(setting.window, setting.stretch));
  scenarios::LoadOptions options;
  scenarios::Diagnostics diagnostics;
  const auto plan = scenarios::load_plan(scenario.string(), options, diagnostics);
  if (!plan) FAIL(scenarios::to_text(diagnostics));
  scenarios::RunOptions run;
  if (also != nullptr) {
    run.prepare = [&](scenarios::World& world) { world.analyses().front()->also(*also); };
  }
  analysis::RunResult result = run_single(*plan, run);
  CHECK(result.books.closes());
  CHECK(result.books[analysis::Fate::rejected] == 0);
  CHECK(result.broken_promises == 0);
  fs::remove_all(folder);
  return result;
}

std::int32_t partition_of(std::uint32_t key_number, std::int32_t partitions) {
  const std::string text = fmt::format("{}", key_number);
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  return kafka::partition_for_key({bytes, text.size()}, partitions);
}

}  // namespace wrackline::pipeline
