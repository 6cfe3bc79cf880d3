#include "analysis/checkers/watermark_regression.hpp"

#include <algorithm>

namespace wrackline::analysis {

void WatermarkRegression::watermark(std::uint32_t job, std::uint32_t task, std::int64_t from_ms,
                                    std::int64_t to_ms, sim::Time at) {
  if (job != job_) return;
  if (task >= last_.size()) last_.resize(std::size_t{task} + 1, kNone);
  const std::int64_t before = from_ms == kNone ? kNone : std::max(from_ms, last_[task]);
  if (to_ms < before) {
    log_.report(Anomaly::watermark_regression, at, [&] {
      return "task " + std::to_string(task) + ": from " + std::to_string(before) + " to " +
             std::to_string(to_ms);
    });
  }
  last_[task] = to_ms;
}

}  // namespace wrackline::analysis
