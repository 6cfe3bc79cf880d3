// sink_order_inversion: of one key, the first row of an older window becomes visible after that of a younger
// one. A reader that takes the newest row as the current value is then shown the past.
#pragma once

#include <cstdint>
#include <vector>

#include "analysis/checkers/checker.hpp"

namespace wrackline::analysis {

class SinkOrder final : public Checker {
 public:
  SinkOrder(AnomalyLog& log, std::uint32_t job, std::uint32_t sink) : Checker{log}, job_{job}, sink_{sink} {}
  void visible(const sim::VisibleResult& result, sim::Time at) override;

 private:
  std::uint32_t job_;
  std::uint32_t sink_;
  std::vector<std::int64_t> newest_end_;  ///< by key: keys are dense indices
};

}  // namespace wrackline::analysis
