// A trace file as the replay takes it: chunk after chunk, from the beginning as often as it is asked for.
#pragma once

#include <functional>
#include <string>

#include "cli/cli.hpp"
#include "engine/replay/columns.hpp"
#include "engine/workload/trace_reader.hpp"

namespace wrackline::cli {

class TracePass {
 public:
  TracePass(std::string file, const workload::TraceReadOptions& options, const Streams& streams)
      : file_{std::move(file)}, options_{options}, streams_{streams} {}

  /// Gives every chunk to `take` until that returns false. False if the trace can not be read or something is
  /// wrong with it; that has been said on stderr then.
  bool run(const std::function<bool(const replay::Columns&)>& take);
  /// What run() should end the program with where it failed.
  int exit_code() const { return options_.problems().empty() ? kBadInput : kUsage; }

  std::size_t keys() const { return keys_; }
  const workload::TraceCounts& counts() const { return counts_; }

 private:
  std::string file_;
  workload::TraceReadOptions options_;
  const Streams& streams_;
  std::size_t keys_ = 0;
  workload::TraceCounts counts_;
};

}  // namespace wrackline::cli
