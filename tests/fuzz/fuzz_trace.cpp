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

/// Any combination of what a user may choose.
workload::TraceReadOptions options_of(std::uint8_t a, std::uint8_t b) {
  workload::TraceReadOptions options;
  options.time_unit = static_cast<workload::TimeUnit>(a % 4);
  options.unsorted = static_cast<workload::Unsorted>(a / 4 % 3);
  if (options.unsorted == workload::Unsorted::reorder) options.sort_window_ms = 1 + a;
  options.negative = static_cast<workload::NegativeDelays>(b % 4);
  options.absurd = static_cast<workload::AbsurdTimes>(b / 4 % 3);
  options.duplicates = static_cast<workload::DuplicateRows>(b / 16 % 3);
  if ((b & 0x80) != 0) options.key_column.clear();
  return options;
}

void read(const std::string& text, const workload::TraceReadOptions& options) {
  std::istringstream input{text};
  workload::TraceKeys keys;
  workload::TraceProblems problems;
  workload::TraceReader reader{input, keys, problems, options};
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
    if (options.negative != workload::NegativeDelays::keep) require(row.delay_ms() >= 0);
    if (options.absurd != workload::AbsurdTimes::keep)
      require(row.arrival_ms >= workload::kFirstSaneTimeMs && row.arrival_ms < workload::kEndOfSaneTimeMs);
  }
  require(rows == reader.counts().rows);
  // A compressed input is longer than it looks.
  if (!reader.counts().gzip) require(rows + problems.count() <= text.size() + 5);
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
  options.read.absurd = workload::AbsurdTimes::keep;
  if ((choices & 2) != 0) {
    options.read.unsorted = workload::Unsorted::reorder;
    options.read.sort_window_ms = 16;
  }
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
  if (size < 3) return 0;
  const std::uint8_t choices = data[0];
  std::string text{reinterpret_cast<const char*>(data) + 3, size - 3};
  // Half of the inputs get a right header, so that the fuzzer spends its time on rows.
  if ((choices & 0x80) != 0) text = std::string{workload::kTraceHeader} + "\n" + text;
  read(text, options_of(data[1], data[2]));
  replay(text, choices);
  return 0;
}
