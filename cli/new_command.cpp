// `new`: a commented scenario to start from. A file that is there already is never overwritten.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <ostream>

#include "cli/commands.hpp"

namespace wrackline::cli {

namespace {

constexpr std::string_view kTemplate = R"jsonc(// wrackline run {file}
//
// Comments and trailing commas are allowed. Durations, rates and sizes carry their unit; engine properties, inside "config",
// are written as the engine's own configuration files write them. `wrackline validate {file}` says what is wrong,
// `wrackline explain scenario` what can be said, `wrackline schema > scenario.schema.json` lets the editor help.
{{
  "$schema": "./scenario.schema.json",
  "version": 1,
  "name": "{name}",
  "duration": "60s",
  "warmup": "10s",
  "seeds": {{ "base": 1, "count": 5 }},

  // The log: three brokers, one topic with three copies of everything.
  "kafka": {{
    "version": "4.1",
    "brokers": 3,
    "topics": {{
      "events": {{ "partitions": 6, "config": {{ "replication.factor": 3, "min.insync.replicas": 2 }} }},
    }},
  }},

  // Who emits events: how many, with which keys, and how late they arrive.
  "sources": {{
    "app": {{
      "topic": "events",
      "producers": 2,
      "rate": "500/s",
      "keys": {{ "zipf": 1.1, "count": 1000 }},
      "delay": {{ "lognormal": {{ "median": "100ms", "sigma": 0.45 }} }},
    }},
  }},

  // Who processes them.
  "jobs": {{
    "totals": {{
      "parallelism": 2,
      "from": "events",
      "watermark": {{ "bounded": "500ms" }},
      "window": {{ "tumbling": "5s" }},
      "aggregate": "count",
      "to": "store",
    }},
  }},

  // Where results become visible. The guarantee decides what kind of store it is.
  "sinks": {{ "store": {{}} }},

  // What goes wrong: `wrackline list faults`.
  "faults": [
    {{ "id": "kill-leader", "at": "20s", "do": "process.crash", "target": "kafka.leader(events/0)", "for": "15s" }},
  ],

  // What is compared: every combination is a line of the table.
  "matrix": {{ "axes": {{ "guarantee": ["at_most_once", "at_least_once", "effectively_once"] }} }},

  // What must hold: `wrackline list metrics`.
  "expect": [
    "lost.acknowledged == 0",
    {{ "check": "p99(result_latency) < 30s", "window": "steady" }},
  ],
}}
)jsonc";

/// A name for the scenario from the file's: only what a name may have.
std::string name_of(const std::filesystem::path& path) {
  std::string name;
  for (const char c : path.stem().string()) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '_' || c == '-';
    name += good ? c : '-';
  }
  return name;
}

}  // namespace

int new_scenario(const std::string& path, const Streams& streams) {
  const std::string text = fmt::format(kTemplate, fmt::arg("file", path), fmt::arg("name", name_of(path)));
  // "x": fails where the file exists, also if it appeared a moment ago.
  std::FILE* const file = std::fopen(path.c_str(), "wxb");
  if (file == nullptr) {
    const bool there = std::filesystem::exists(path);
    streams.err << fmt::format("{} {}\n", path,
                               there ? "is there already; nothing was changed" : "can not be created");
    return kUsage;
  }
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) != 0 || !written) {
    streams.err << fmt::format("{} could not be written whole\n", path);
    return kInternal;
  }
  streams.out << fmt::format("{}\n", path);
  return kPass;
}

}  // namespace wrackline::cli
