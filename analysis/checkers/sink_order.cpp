#include "analysis/checkers/sink_order.hpp"

namespace wrackline::analysis {

void SinkOrder::visible(const sim::VisibleResult& result, sim::Time at) {
  // Late panes of an older window are what they are; only first rows have an order to keep.
  if (result.job != job_ || result.sink != sink_ || result.window_start_ms == INT64_MIN || result.pane != 0 ||
      result.overwrites) {
    return;
  }
  if (result.key >= newest_end_.size()) newest_end_.resize(std::size_t{result.key} + 1, INT64_MIN);
  std::int64_t& newest = newest_end_[result.key];
  if (result.window_end_ms >= newest) {
    newest = result.window_end_ms;
    return;
  }
  log_.report(Anomaly::sink_order_inversion, at, [&] {
    return "key " + std::to_string(result.key) + ": window ending at " +
           std::to_string(result.window_end_ms) + " after the one ending at " + std::to_string(newest);
  });
}

}  // namespace wrackline::analysis
