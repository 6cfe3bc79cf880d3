// What happened in a run, drawn: faults, the records' journeys, watermarks and lag of each job, the leaders
// of each partition, and every moment of every process where it happened.
//
//   TraceFile file{out};
//   Timeline timeline{file, simulation, about};
//   analysis->also(timeline.job(0));      // for each job
//   ... the run ...
//   timeline.close(simulation.now());
//
// Only watches: a run is the same with and without it. One timeline is of one run.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analysis/timeline/timeline_world.hpp"
#include "analysis/timeline/trace_file.hpp"
#include "sim/observer.hpp"
#include "sim/process.hpp"
#include "sim/simulation.hpp"

namespace wrackline::analysis {

class JobTrack;

class Timeline {
 public:
  /// Before the first event. `file` and `simulation` outlive this.
  /// Follows `records` records of each job.
  Timeline(TraceFile& file, sim::Simulation& simulation, TimelineWorld world, std::size_t records);
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;
  ~Timeline();

  sim::Observer& job(std::size_t index);
  /// A strike of a fault; `until` kNever: it never ended.
  void strike(const std::string& fault, sim::Time at, sim::Time until, const std::string& what);
  void anomaly(std::size_t job, std::string_view name, sim::Time at, const std::string& what);
  /// Last, while the simulation stands. Without it (a run that broke off) the simulation goes first, and what
  /// was drawn is not a whole picture.
  void close(sim::Time end);

 private:
  void draw_processes();
  void on_moment(const sim::Moment& moment);
  void on_change(const sim::Process& process, sim::ProcessChange change);
  void lead(std::size_t partition, const std::string& by, sim::Time at);
  std::vector<TraceFile::Argument> arguments(const sim::Moment& moment) const;

  struct ProcessTrack {
    TraceFile::Track track = 0;
    bool away = false;  ///< a slice of being crashed, stopped or paused is open
  };

  TraceFile& file_;
  sim::Simulation& simulation_;
  TimelineWorld world_;
  std::map<std::string, TraceFile::Track> faults_;
  std::vector<std::unique_ptr<JobTrack>> jobs_;
  std::vector<TraceFile::Track> partitions_;
  std::map<std::uint32_t, ProcessTrack> processes_;  ///< by entity
  sim::MomentRegistry::Subscription moments_;
};

}  // namespace wrackline::analysis
