// V26 on the whole pipeline: a recorded trace through producer, log, consumer and windows loses exactly the
// records that science.md 6.4 counts. Windows of one millisecond are the notes' "behind".
#include <fmt/format.h>

#include <fstream>

#include "engine/workload/trace_reader.hpp"
#include "tests/pipeline/replayed_trace.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/datasets.hpp"

namespace wrackline::pipeline {
namespace {

struct Question {
  int bound_ms;
  int window_ms;
  int lateness_ms;
  std::uint64_t late;
};

Trace recorded(const std::string& name) {
  std::ifstream input{tests::dataset(name), std::ios::binary};
  workload::TraceKeys keys;
  workload::TraceProblems problems;
  workload::TraceReader reader{input, keys, problems};
  Trace trace;
  workload::TraceRow row;
  while (reader.next(row)) trace.push_back({fmt::format("k{}", row.key), row.event_time_ms, row.arrival_ms});
  CHECK(problems.empty());
  return trace;
}

void check_trace(const std::string& name, const std::vector<Question>& questions) {
  if (!tests::available(name)) return;
  const Trace trace = recorded(name);
  for (const Question& asked : questions) {
    INFO(name << ", bound " << asked.bound_ms << " ms, window " << asked.window_ms << " ms, lateness "
              << asked.lateness_ms);
    // The run moves the trace to its own wall clock, whose first moment is a multiple of every window here;
    // the windows move along.
    const std::int64_t offset_ms = asked.window_ms - trace.front().arrival_ms % asked.window_ms;
    const analysis::RunResult result = replayed(
        {trace}, {.watermark = fmt::format(R"("bounded": "{}ms", "interval": "0ms")", asked.bound_ms),
                  .window = fmt::format(R"("tumbling": "{}ms", "offset": "{}ms", "allowed_lateness": "{}ms")",
                                        asked.window_ms, offset_ms % asked.window_ms, asked.lateness_ms),
                  .seconds = 660});
    CHECK(result.books[analysis::Fate::late_dropped] == asked.late);
  }
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
