#include "analysis/checkers/zombie_write.hpp"

#include <algorithm>

namespace wrackline::analysis {

void ZombieWrite::generation(std::uint32_t job, std::int32_t generation, sim::Time /*at*/) {
  if (job == job_) newest_ = std::max(newest_, generation);
}

void ZombieWrite::visible(const sim::VisibleResult& result, sim::Time at) {
  if (result.job != job_ || result.writer_generation < 0 || result.writer_generation >= newest_) return;
  log_.report(Anomaly::zombie_write, at, [&] {
    return "writer " + std::to_string(result.writer) + " of generation " +
           std::to_string(result.writer_generation) + " (now " + std::to_string(newest_) + "): key " +
           std::to_string(result.key) + ", window ending at " + std::to_string(result.window_end_ms);
  });
}

}  // namespace wrackline::analysis
