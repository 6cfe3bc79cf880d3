// Reads a scenario file and the files that it extends, within the directories that the user named.
//
// `extends` paths and traces are relative to the file in which they stand. No absolute path, nothing that
// leaves the directory of the named scenario (or a directory given with --readable), neither by ".." nor by a
// symbolic link: refused before any file is touched. Cycles are found; a file that is reached on two ways is
// read twice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/document.hpp"
#include "scenarios/plan.hpp"

namespace wrackline::scenarios {

inline constexpr int kMaxFiles = 32;

class ScenarioFiles {
 public:
  ScenarioFiles(const LoadOptions& options, Diagnostics& diagnostics)
      : options_(options), diagnostics_(diagnostics) {}

  /// The named file with everything it extends merged in; nothing when it could not be read.
  std::optional<Node> load(const std::string& path);

  /// The path to open for a name that stands in a file; reports WL1009 when it lies outside. Only after
  /// load().
  std::optional<std::string> resolve(const std::string& name, Location at) const;

 private:
  std::optional<Node> read(const std::string& path, Location from);
  bool extend(const Node& document, Node& base);

  const LoadOptions& options_;
  Diagnostics& diagnostics_;
  std::vector<std::string> roots_;
  std::vector<std::string> open_;   ///< being read: a file in here again is a cycle
  std::vector<std::string> paths_;  ///< by number of file
  int files_ = 0;
};

}  // namespace wrackline::scenarios
