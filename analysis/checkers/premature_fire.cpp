#include "analysis/checkers/premature_fire.hpp"

#include <algorithm>

namespace wrackline::analysis {

void PrematureFire::watermark(std::uint32_t job, std::uint32_t /*task*/, std::int64_t /*from_ms*/,
                              std::int64_t to_ms, sim::Time /*at*/) {
  if (job != job_) return;
  any_ = true;
  newest_ms_ = std::max(newest_ms_, to_ms);
}

void PrematureFire::visible(const sim::VisibleResult& result, sim::Time at) {
  constexpr std::int64_t kNoWindow = std::numeric_limits<std::int64_t>::min();
  if (result.job != job_ || result.window_start_ms == kNoWindow || result.pane != 0) return;
  const bool before_watermark = any_ && newest_ms_ < result.window_end_ms - 1;
  const bool before_time = start_ms_ + sim::to_ms(at) < result.window_end_ms;
  // The end of a run closes all windows with the largest watermark there is, whatever the time.
  if (!before_watermark && (!before_time || newest_ms_ == std::numeric_limits<std::int64_t>::max())) return;
  log_.report(Anomaly::premature_fire, at, [&] {
    return "key " + std::to_string(result.key) + ", window [" + std::to_string(result.window_start_ms) +
           ", " + std::to_string(result.window_end_ms) + "): " +
           (before_watermark
                ? "the watermark is at " + std::to_string(newest_ms_)
                : "true time is " + std::to_string(start_ms_ + sim::to_ms(at)) + ", a clock runs ahead");
  });
}

}  // namespace wrackline::analysis
