// From a scenario file to the frozen list of runs: `extends`, `--set`, guarantee bundles, matrix, seeds.
//
//   Diagnostics diagnostics;
//   std::optional<Plan> plan = load_plan("scenarios/quickstart.jsonc", {}, diagnostics);
//   if (!plan) { print(to_text(diagnostics)); return 65; }
//   for (const Cell& cell : plan->cells)
//     for (std::uint64_t seed : plan->seeds)
//       run_one(cell.spec, seed, run_id(*plan, cell, seed));
//
// Everything that is wrong is reported before the first run; a plan exists only when there is no error. The
// hash of a cell covers its resolved content with defaults, in canonical form, without what can not influence
// a run (name, doc, expectations). Files are only read below the directories of the scenarios that the user
// named, and below those given in `readable`.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/document.hpp"
#include "scenarios/scenario.hpp"

namespace wrackline::scenarios {

struct SeedSpec {
  std::int64_t base = 1;
  std::int64_t count = 1;
};

/// A bundle of settings under the name of a guarantee.
struct BundleSpec {
  std::string name;
  std::string doc;
};

/// Names the protocol rules of this build; part of every run id.
inline constexpr std::string_view kModelVersion = "wrackline-0.1.0/1";

struct FileContent {
  std::optional<std::string> text;
  std::string error;
};
using FileReader = std::function<FileContent(const std::string& path)>;
/// Reads at most kMaxFileBytes + 1 bytes.
FileContent read_file(const std::string& path);

inline constexpr std::size_t kMaxCells = 10'000;

struct LoadOptions {
  std::vector<std::string> sets;      ///< "path=value", as --set
  std::vector<std::string> sweeps;    ///< "path=a,b,c", as --sweep: one more axis each
  std::vector<std::uint64_t> seeds;   ///< instead of the scenario's, when not empty
  std::vector<std::string> readable;  ///< directories that scenarios may read besides their own
  std::size_t max_cells = kMaxCells;
  FileReader reader = read_file;
  bool resolve_links = true;  ///< false: paths are compared as written (texts that are in no file system)
};

struct Setting {
  std::string path;
  std::string value;      ///< as a table shows it
  std::string set_value;  ///< as --set takes it
};

struct Cell {
  std::size_t index = 0;
  std::vector<Setting> settings;  ///< its place in the matrix, by axis in declared order
  ScenarioSpec spec;
  std::string resolved;  ///< canonical JSON: what the hash covers
  std::string hash;      ///< SHA-256, hex
};

struct Plan {
  std::string file;
  std::string name;
  std::vector<std::string> axes;
  std::vector<Cell> cells;
  std::vector<std::uint64_t> seeds;
  std::string hash;  ///< over all cells and seeds
  /// Properties that were given and have no effect here, e.g. "kafka.producer compression.type"; sorted.
  std::vector<std::string> without_effect;
};

/// Loads, expands and freezes. Nothing when there was an error.
std::optional<Plan> load_plan(const std::string& path, const LoadOptions& options, Diagnostics& diagnostics);

/// What `plan --json` and Python's plan show.
nlohmann::json to_json(const Plan& plan);

/// First 32 hex digits of the hash of (cell, seed, model version).
std::string run_id(const Cell& cell, std::uint64_t seed);

/// The command line that repeats one run: file, the cell's settings, the seed.
std::string reproduce_command(const Plan& plan, const Cell& cell, std::uint64_t seed,
                              const LoadOptions& options);

/// "7", "1..1000", "42,43,50": seeds as the command line takes them.
std::optional<std::vector<std::uint64_t>> parse_seeds(std::string_view text);

}  // namespace wrackline::scenarios
