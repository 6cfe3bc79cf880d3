#include "analysis/checkers/sink_order.hpp"

namespace wrackline::analysis {

void SinkOrder::visible(const sim::VisibleResult& result, sim::Time at) {
  // Late panes of an older window are what they are; only first rows have an order to keep.
  if (result.job != job_ || result.sink != sink_ || result.window_start_ms == INT64_MIN || result.pane != 0 ||
      result.overwrites) {
    return;
  }
  const auto [newest, is_new] = newest_end_.try_emplace(result.key, result.window_end_ms);
  if (is_new || result.window_end_ms >= newest->second) {
    newest->second = result.window_end_ms;
    return;
  }
  log_.report(Anomaly::sink_order_inversion, at, [&] {
    return "key " + std::to_string(result.key) + ": window ending at " +
           std::to_string(result.window_end_ms) + " after the one ending at " +
           std::to_string(newest->second);
  });
}

}  // namespace wrackline::analysis
