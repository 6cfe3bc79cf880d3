// watermark_regression: a task's watermark moved backwards. A task that starts anew (from the smallest value)
// after a crash or a rebalance begins a new line; that is no regression.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "analysis/checkers/checker.hpp"

namespace wrackline::analysis {

class WatermarkRegression final : public Checker {
 public:
  WatermarkRegression(AnomalyLog& log, std::uint32_t job) : Checker{log}, job_{job} {}
  void watermark(std::uint32_t job, std::uint32_t task, std::int64_t from_ms, std::int64_t to_ms,
                 sim::Time at) override;

 private:
  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();
  std::uint32_t job_;
  std::vector<std::int64_t> last_;  ///< by task
};

}  // namespace wrackline::analysis
