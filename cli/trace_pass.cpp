#include "cli/trace_pass.hpp"

#include <fmt/format.h>

#include <ostream>

#include "cli/trace_arguments.hpp"

namespace wrackline::cli {

bool TracePass::run(const std::function<bool(const replay::Columns&)>& take) {
  constexpr std::size_t kChunkRows = 65'536;
  const auto input = open_trace(file_, options_, streams_);
  if (input == nullptr) return false;
  workload::TraceKeys keys;
  workload::TraceProblems problems;
  workload::TraceReader reader{*input, keys, problems, options_};
  workload::TraceColumns chunk;
  bool wanted = true;
  while (wanted && reader.read(chunk, kChunkRows)) {
    wanted = take({chunk.event_ms, chunk.arrival_ms, chunk.key, chunk.value});
    chunk.clear();
  }
  if (report_problems(problems, file_, streams_)) return false;
  if (reader.counts().rows == 0) {
    streams_.err << fmt::format("{}: there is no row that can be used\n", file_);
    return false;
  }
  keys_ = keys.size();
  counts_ = reader.counts();
  return true;
}

}  // namespace wrackline::cli
