#include "cli/run_timeline.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

#include "analysis/names/anomaly.hpp"
#include "analysis/timeline/timeline.hpp"
#include "scenarios/run/world.hpp"

namespace wrackline::cli {

RunTimeline::RunTimeline(std::string path, std::size_t records)
    : path_{std::move(path)}, file_{path_, std::ios::binary | std::ios::trunc}, records_{records} {}

RunTimeline::~RunTimeline() {
  const bool half_done = good() && !finished_;
  file_.close();
  std::error_code ignored;
  if (half_done) std::filesystem::remove(path_, ignored);
}

void RunTimeline::attach(scenarios::World& world) {
  trace_ = std::make_unique<analysis::TraceFile>(file_);
  timeline_ =
      std::make_unique<analysis::Timeline>(*trace_, world.simulation(), world.timeline_world(), records_);
  for (std::size_t job = 0; job < world.analyses().size(); ++job)
    world.analyses()[job]->also(timeline_->job(job));
}

void RunTimeline::finish(scenarios::World& world, const std::vector<faults::FaultReport>& faults,
                         const std::vector<analysis::RunResult>& results) {
  for (const faults::FaultReport& fault : faults) {
    for (const faults::StrikeReport& strike : fault.detail) {
      std::string what = strike.targets;
      for (const auto& note : strike.notes) what += (what.empty() ? "" : "; ") + note.what;
      timeline_->strike(fault.id, strike.at, strike.healed, what);
    }
  }
  for (std::size_t job = 0; job < results.size(); ++job) {
    for (const analysis::AnomalyInfo& info : analysis::anomalies()) {
      for (const analysis::AnomalyExample& example : results[job].anomalies.examples_of(info.anomaly))
        timeline_->anomaly(job, info.name, sim::kStart + sim::Duration{example.at_ns}, example.what);
    }
  }
  timeline_->close(world.simulation().now());
  // It watches a world that is about to go.
  timeline_.reset();
  file_.flush();
  finished_ = true;
}

}  // namespace wrackline::cli
