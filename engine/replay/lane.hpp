// One configuration on its way through the records: the loop that everything else exists for.
//
// For each record, in the order of Flink's source: the timers that are due run, the guards look at it, it is
// judged against the watermark as it stands, goes into its windows, and is fed to the strategy; if the
// watermark moved, windows fire. What is measured is measured here, so every strategy and every window kind
// is measured alike. The feed and the windows are template parameters: for bounded watermarks over slices the
// loop has no call in it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/replay/columns.hpp"
#include "engine/replay/config.hpp"
#include "engine/replay/result.hpp"

namespace wrackline::replay {

/// What Replay drives, whatever the configuration is made of.
class Lane {
 public:
  virtual ~Lane() = default;
  virtual void feed(const Columns& columns) = 0;
  virtual ReplayResult take(bool at_end) = 0;
};

template <class Windows, class Feed>
class LaneOf final : public Lane {
 public:
  template <class MakeWindows>
  LaneOf(const ReplayConfig& config, Feed feed, MakeWindows&& make_windows)
      : config_{config},
        rows_{config.rows, config.most_rows},
        feed_{std::move(feed)},
        windows_{make_windows(rows_)},
        oldest_{config.max_age_ms.value_or(kNoGuardMs)},
        span_{static_cast<std::uint64_t>(oldest_) +
              static_cast<std::uint64_t>(config.max_future_skew_ms.value_or(kNoGuardMs))} {}

  void feed(const Columns& columns) override;
  ReplayResult take(bool at_end) override;

 private:
  static constexpr std::int64_t kNoGuardMs = std::int64_t{1} << 52;
  /// Watermarks beyond stand for "everything has come"; kept away from the end of the axis.
  static constexpr std::int64_t kLatestMs = std::int64_t{1} << 52;

  /// Windows with triggers of their own by the clock, which each record may set.
  static constexpr bool kClocked = requires(const Windows& windows) { windows.next_clock_ms(); };

  void run_timers(std::int64_t until_ms);
  std::int64_t earliest_timer() const {
    std::int64_t earliest = std::min(feed_.next_timer(), next_early_);
    if constexpr (kClocked) earliest = std::min(earliest, windows_.next_clock_ms());
    return earliest;
  }
  void moved(std::int64_t watermark, std::int64_t now_ms);
  void leap(std::int64_t now_ms, std::int64_t until_ms);
  void reject(std::int64_t event_ms, std::int64_t now_ms);
  void keep(Fate fate, std::int64_t watermark) {
    result_.fates.push_back(fate);
    result_.met_watermark_ms.push_back(watermark);
  }
  /// The area under the lag up to now, doubled to stay whole.
  void hold_lag(std::int64_t now_ms) {
    if (watermark_ == event_time::kMinTimestamp) return;
    const std::int64_t span = now_ms - lag_since_ms_;
    lag_area_ += static_cast<Wide>(span) * (now_ms + lag_since_ms_ - 2 * (watermark_ + 1));
    lag_time_ms_ += span;
    lag_since_ms_ = now_ms;
  }

  __extension__ using Wide = __int128;

  ReplayConfig config_;
  RowList rows_;
  Feed feed_;
  Windows windows_;
  std::int64_t oldest_;
  std::uint64_t span_;

  bool started_ = false;
  std::int64_t watermark_ = event_time::kMinTimestamp;
  std::int64_t next_timer_ = event_time::kMaxTimestamp;
  std::int64_t next_early_ = event_time::kMaxTimestamp;
  std::int64_t last_arrival_ms_ = 0;

  Wide lag_area_ = 0;
  std::int64_t lag_time_ms_ = 0;
  std::int64_t lag_since_ms_ = 0;
  event_time::strategy::Counters counters_before_;
  ReplayResult result_;
};

}  // namespace wrackline::replay
