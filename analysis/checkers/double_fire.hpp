// double_fire: a pane of a (job, key, window) that was visible already becomes visible again, and does not
// replace the first one. What a replay into an append-only sink does.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

#include "analysis/checkers/checker.hpp"

namespace wrackline::analysis {

class DoubleFire final : public Checker {
 public:
  DoubleFire(AnomalyLog& log, std::uint32_t job, std::uint32_t sink) : Checker{log}, job_{job}, sink_{sink} {}
  void visible(const sim::VisibleResult& result, sim::Time at) override;
  void settle_before(std::int64_t event_time_ms) override;

 private:
  std::uint32_t job_;
  std::uint32_t sink_;
  using Panes = std::unordered_map<std::uint32_t, std::uint32_t>;  ///< key -> panes seen
  std::map<std::int64_t, Panes> by_end_;
  std::int64_t settled_ms_ = INT64_MIN;
};

}  // namespace wrackline::analysis
