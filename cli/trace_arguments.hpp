// Traces on the command line: the options that say how a trace is read, the same for every command that takes
// one, from their declarations (workload::trace_options()).
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <istream>
#include <memory>
#include <string>

#include "cli/cli.hpp"
#include "engine/workload/trace_reader.hpp"

namespace wrackline::cli {

/// Adds --time-unit, --unsorted, --sort-window, ... to the command.
void add_trace_options(CLI::App& command, workload::TraceReadOptions& options);

/// Opens the trace; null, with a message, where it can not be or the options contradict each other.
std::unique_ptr<std::istream> open_trace(const std::string& path, const workload::TraceReadOptions& options,
                                         const Streams& streams);

/// Prints the problems to stderr with a last line that counts them; true if there were any.
bool report_problems(const workload::TraceProblems& problems, const std::string& path,
                     const Streams& streams);

}  // namespace wrackline::cli
