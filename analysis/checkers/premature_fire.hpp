// premature_fire: a result of a window is visible before
//   * any task's watermark has reached the end of the window: the runtime broke its own rule; or
//   * true time has: a clock that runs ahead moved the watermark, and events of the window are still to come.
// Looks at first panes only. Jobs that never told a watermark are held to true time alone.
#pragma once

#include <cstdint>
#include <limits>

#include "analysis/checkers/checker.hpp"

namespace wrackline::analysis {

class PrematureFire final : public Checker {
 public:
  PrematureFire(AnomalyLog& log, std::uint32_t job, std::int64_t start_ms)
      : Checker{log}, job_{job}, start_ms_{start_ms} {}
  void watermark(std::uint32_t job, std::uint32_t task, std::int64_t from_ms, std::int64_t to_ms,
                 sim::Time at) override;
  void visible(const sim::VisibleResult& result, sim::Time at) override;

 private:
  std::uint32_t job_;
  std::int64_t start_ms_;
  bool any_ = false;
  std::int64_t newest_ms_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace wrackline::analysis
