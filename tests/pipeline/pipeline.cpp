#include "tests/pipeline/pipeline.hpp"

#include <fmt/format.h>

#include "tests/support/catch.hpp"

namespace wrackline::pipeline {

const std::string kSmall = R"({
  "version": 1,
  "duration": "14s", "warmup": "1s", "liveness_bound": "2m",
  "kafka": {
    "version": "4.1", "brokers": 3, "zones": ["a", "b", "c"],
    "config": {
      "broker.session.timeout.ms": 3000, "broker.heartbeat.interval.ms": 500,
      "group.initial.rebalance.delay.ms": 500, "group.min.session.timeout.ms": 1000
    },
    "topics": { "events": { "partitions": 4, "config": { "replication.factor": 3, "min.insync.replicas": 2 } } }
  },
  "sources": { "app": {
    "topic": "events", "producers": 2, "rate": "250/s", "keys": { "count": 50 },
    "config": { "request.timeout.ms": 2000, "delivery.timeout.ms": 60000 }
  } },
  "jobs": { "job": {
    "parallelism": 2, "from": "events", "watermark": { "bounded": "100ms" }, "window": { "tumbling": "1s" }, "to": "store",
    "config": { "session.timeout.ms": 3000, "heartbeat.interval.ms": 1000, "auto.offset.reset": "earliest" }
  } },
  "sinks": { "store": {} }
})";

scenarios::Plan plan_of(const std::string& base, const std::string& top, std::vector<std::uint64_t> seeds,
                        std::vector<std::string> sets) {
  const std::string text =
      fmt::format(R"({{ "extends": "base.jsonc", "name": "test"{}{} }})", top.empty() ? "" : ", ", top);
  scenarios::LoadOptions options;
  options.seeds = std::move(seeds);
  options.sets = std::move(sets);
  options.resolve_links = false;
  options.reader = [&](const std::string& path) {
    scenarios::FileContent content;
    if (path.ends_with("base.jsonc")) {
      content.text = base;
    } else if (path.ends_with("test.jsonc")) {
      content.text = text;
    } else {
      content.error = "no such text";
    }
    return content;
  };
  scenarios::Diagnostics diagnostics;
  std::optional<scenarios::Plan> plan = scenarios::load_plan("test.jsonc", options, diagnostics);
  if (!plan) FAIL(scenarios::to_text(diagnostics));
  return std::move(*plan);
}

std::vector<Run> run_all(const scenarios::Plan& plan, const scenarios::RunOptions& options) {
  std::vector<Run> runs;
  for (const scenarios::Cell& cell : plan.cells) {
    for (const std::uint64_t seed : plan.seeds) {
      for (analysis::RunResult& result : scenarios::run_one({plan, cell, seed}, options)) {
        runs.push_back({cell.spec.guarantee, seed, std::move(result)});
      }
    }
  }
  return runs;
}

analysis::RunResult run_single(const scenarios::Plan& plan, const scenarios::RunOptions& options) {
  std::vector<Run> runs = run_all(plan, options);
  REQUIRE(runs.size() == 1);
  return std::move(runs.front().result);
}

std::string story_of(const analysis::RunResult& result) {
  std::string text = fmt::format("{} seed {}:", analysis::name_of(result.guarantee),
                                 result.seeds.empty() ? 0 : result.seeds.front().seed);
  for (const analysis::AnomalyInfo& about : analysis::anomalies()) {
    const std::uint64_t times = result.anomalies.count_of(about.anomaly);
    if (times > 0) text += fmt::format(" {}={}", about.name, times);
  }
  for (const analysis::Reason& reason : result.verdict.reasons)
    text += fmt::format("; {}: {}", reason.code, reason.text);
  const analysis::Books& books = result.books;
  text += fmt::format("; produced {}", books.produced);
  for (std::size_t fate = 0; fate < analysis::kFates; ++fate) {
    if (books.fates[fate] > 0) {
      text += fmt::format(", {} {}", analysis::name_of(static_cast<analysis::Fate>(fate)), books.fates[fate]);
    }
  }
  return text;
}

std::uint64_t moment(const analysis::RunResult& result, std::string_view name) {
  for (const analysis::MomentCount& count : result.moments) {
    if (count.name == name) return count.times;
  }
  return 0;
}

}  // namespace wrackline::pipeline
