#include "analysis/checkers/double_fire.hpp"

namespace wrackline::analysis {

void DoubleFire::visible(const sim::VisibleResult& result, sim::Time at) {
  constexpr std::int64_t kNoWindow = INT64_MIN;
  if (result.job != job_ || result.sink != sink_ || result.window_start_ms == kNoWindow) return;
  // The rows of settled windows are forgotten; another one now is a repetition, as all of them were there.
  const bool was_final = result.window_end_ms <= settled_ms_;
  bool again = was_final && result.pane == 0;
  if (!was_final) {
    std::uint32_t& panes = by_end_[result.window_end_ms][result.key];
    again = result.pane < panes;
    panes = std::max(panes, result.pane + 1);
  }
  if (!again || result.overwrites) return;
  log_.report(Anomaly::double_fire, at, [&] {
    return "key " + std::to_string(result.key) + ", window [" + std::to_string(result.window_start_ms) +
           ", " + std::to_string(result.window_end_ms) + "), pane " + std::to_string(result.pane);
  });
}

void DoubleFire::settle_before(std::int64_t event_time_ms) {
  settled_ms_ = std::max(settled_ms_, event_time_ms);
  by_end_.erase(by_end_.begin(), by_end_.upper_bound(event_time_ms));
}

}  // namespace wrackline::analysis
