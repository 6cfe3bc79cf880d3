// `run --trace FILE`: the timeline of one run, written while it runs.
#pragma once

#include <fstream>
#include <memory>
#include <string>

#include "scenarios/run/run_one.hpp"

namespace wrackline::analysis {
class Timeline;
class TraceFile;
}  // namespace wrackline::analysis

namespace wrackline::cli {

class RunTimeline {
 public:
  /// Opens the file; see good().
  RunTimeline(std::string path, std::size_t records);
  /// Takes the file away again if no run came to its end.
  ~RunTimeline();
  RunTimeline(const RunTimeline&) = delete;
  RunTimeline& operator=(const RunTimeline&) = delete;

  bool good() const { return file_.good(); }
  /// For RunOptions::prepare and finish.
  void attach(scenarios::World& world);
  void finish(scenarios::World& world, const std::vector<faults::FaultReport>& faults,
              const std::vector<analysis::RunResult>& results);

 private:
  std::string path_;
  std::ofstream file_;
  bool finished_ = false;
  std::size_t records_;
  std::unique_ptr<analysis::TraceFile> trace_;
  std::unique_ptr<analysis::Timeline> timeline_;
};

}  // namespace wrackline::cli
