// The commands, each with the options that it was given. One file a command or family.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "engine/workload/trace_options.hpp"
#include "scenarios/plan.hpp"

namespace wrackline::cli {

/// Options of everything that reads scenarios.
struct ScenarioOptions {
  std::vector<std::string> files;
  std::vector<std::string> sets;
  std::vector<std::string> sweeps;
  std::vector<std::string> readable;
  std::string seeds;
  bool json = false;
  bool quiet = false;
};

/// The options as the loader takes them; nothing, with a message, when the seeds are malformed.
std::optional<scenarios::LoadOptions> load_options(const ScenarioOptions& options, const Streams& streams);

/// Where the results of `run` go besides the table.
struct RunCommandOptions {
  unsigned jobs = 0;  ///< 0: as many as there are processors
  std::string database;
  std::string junit;
  std::string hash_trail;
  std::string record_events;  ///< "a..b"
  std::string trace;          ///< a file for Perfetto
  std::size_t trace_records = 100;
  std::string latency = "end_to_end";
  bool steady = false;
};
int run_scenario(const ScenarioOptions& options, const RunCommandOptions& outputs, const Streams& streams);

int validate(const ScenarioOptions& options, const Streams& streams);
int plan(const ScenarioOptions& options, const Streams& streams);

int explain(const std::vector<std::string>& topics, const Streams& streams);
int list(const std::string& what, const std::string& directory, bool json, const Streams& streams);
int schema(const Streams& streams);
int new_scenario(const std::string& path, const Streams& streams);
int diff_hash(const std::string& first, const std::string& second, const Streams& streams);

struct ConformOptions {
  std::vector<std::string> files;
  bool json = false;
  int shown = 3;  ///< differing cases shown for each kind
};
int conform_files(const ConformOptions& options, const Parts& parts, const Streams& streams);

struct FitCommandOptions {
  std::string file;
  workload::TraceReadOptions read;
  std::string by;                    ///< "key": a table of the sources too
  std::vector<std::string> without;  ///< sources whose rows are left out
  bool json = false;
};
int fit_trace(const FitCommandOptions& options, const Streams& streams);

struct ReplayCommandOptions {
  std::string file;
  workload::TraceReadOptions read;
  std::vector<std::string> watermarks;
  std::string window = "tumbling=5s";
  std::string lateness;
  std::vector<std::string> aggregates;
  std::string quantile;
  std::string early;
  std::int64_t early_records = 0;
  std::string accumulation = "accumulating";
  std::string phase;
  std::string max_future_skew;
  std::string max_age;
  bool per_key = false;
  int rows = 0;
  unsigned jobs = 1;
  bool json = false;
};
int replay_trace(const ReplayCommandOptions& options, const Streams& streams);

struct TuneCommandOptions {
  std::string file;
  workload::TraceReadOptions read;
  std::string window;
  std::string lateness;
  std::vector<std::string> aggregates;
  std::string quantile;
  std::string late_rate = "1%";
  std::string p99;
  std::string holdout = "0.5";
  std::string level = "0.95";
  std::string interval;
  std::string max_future_skew;
  std::string max_age;
  std::vector<std::string> strategies;
  bool per_key = false;
  bool all = false;
  unsigned jobs = 1;
  bool json = false;
};
int tune_trace(const TuneCommandOptions& options, const Streams& streams);

/// Name and options of a command, as completion needs them.
struct CommandWords {
  std::string name;
  std::string doc;
  std::vector<std::string> options;
};
int completion(const std::string& shell, const std::vector<CommandWords>& commands, const Streams& streams);

/// What `list` can list.
const std::vector<std::string>& list_subjects();

}  // namespace wrackline::cli
