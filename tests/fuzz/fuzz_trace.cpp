// The trace loader against arbitrary bytes: no crash, no hang, and what it lets through keeps its promises.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "engine/workload/trace_source.hpp"

namespace {

using namespace wrackline;

void require(bool holds) {
  if (!holds) std::abort();
}

void read(const std::string& text, std::size_t sort_window_rows) {
  std::istringstream input{text};
  workload::TraceKeys keys;
  workload::TraceProblems problems;
  workload::TraceReader reader{input, keys, problems, sort_window_rows};
  workload::TraceRow row;
  std::int64_t last_arrival_ms = -workload::kLatestTraceTimeMs;
  std::uint64_t rows = 0;
  while (reader.next(row)) {
    ++rows;
    require(row.key < keys.size() && !keys.name_of(row.key).empty());
    require(row.arrival_ms >= last_arrival_ms && row.arrival_ms <= workload::kLatestTraceTimeMs);
    require(row.event_time_ms >= -workload::kLatestTraceTimeMs &&
            row.event_time_ms <= workload::kLatestTraceTimeMs);
    last_arrival_ms = row.arrival_ms;
  }
  require(rows + problems.count() <= text.size() + 2);
  require(problems.listed().size() <= workload::TraceProblems::kMostListed);
}

void replay(const std::string& text, std::uint8_t choices) {
  workload::TraceOptions options;
  options.name = "fuzz";
  options.loops = 1 + choices % 3;
  options.time_scale = {static_cast<std::uint64_t>(1 + choices % 5),
                        static_cast<std::uint64_t>(1 + choices % 7)};
  options.event_times = (choices & 1) != 0 ? workload::TraceOptions::EventTimes::keep
                                           : workload::TraceOptions::EventTimes::rebase;
  options.sort_window_rows = (choices & 2) != 0 ? 16 : 0;
  workload::TraceSource source{options, workload::TraceSource::from_text(text), 1};
  workload::ArrivalBatch batch;
  sim::Time last = sim::kStart;
  while (source.next_event() != sim::kNever) {
    const sim::Time at = source.next_event();
    require(at >= last);
    const std::size_t before = batch.size();
    source.pull(at, batch);
    require(batch.size() > before && batch.arrived_at.back() == at && batch.created_at.back() <= at);
    last = at;
  }
  require(source.exhausted());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t choices = data[0];
  std::string text{reinterpret_cast<const char*>(data) + 1, size - 1};
  // Half of the inputs get a right header, so that the fuzzer spends its time on rows.
  if ((choices & 0x80) != 0) text = std::string{workload::kTraceHeader} + "\n" + text;
  read(text, (choices & 4) != 0 ? 5 : 0);
  replay(text, choices);
  return 0;
}
