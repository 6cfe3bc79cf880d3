// A trace, made or recorded, through one broker and one job without delays or costs of their own: what
// arrives when is then the trace's affair alone. Laws that are exact about it are tested this way.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/observer.hpp"
#include "tests/pipeline/pipeline.hpp"

namespace wrackline::pipeline {

struct Row {
  std::string key;
  std::int64_t event_ms = 0;
  std::int64_t arrival_ms = 0;
};
using Trace = std::vector<Row>;

/// What one run is made of. Every time in it is multiplied by `stretch`, those of the trace too.
struct Setting {
  int partitions = 1;
  std::string watermark;  ///< members; $N stands for N ms, stretched
  std::string window;     ///< members, likewise
  std::int64_t stretch = 1;
  std::int64_t seconds = 60;
};

/// Every trace is a source of its own into one topic. The books close, and no record is refused.
analysis::RunResult replayed(const std::vector<Trace>& traces, const Setting& setting,
                             sim::Observer* also = nullptr);

/// Where the producer puts a trace's n-th new key.
std::int32_t partition_of(std::uint32_t key_number, std::int32_t partitions);

}  // namespace wrackline::pipeline
