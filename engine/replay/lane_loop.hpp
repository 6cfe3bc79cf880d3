// The loop of lane.hpp, apart so that each kind of windows is one small translation unit.
#pragma once

#include <algorithm>
#include <utility>

#include "engine/replay/lane.hpp"
#include "engine/replay/watermark_feed.hpp"

namespace wrackline::replay {

template <class Windows, class Feed>
void LaneOf<Windows, Feed>::feed(const Columns& columns) {
  if (columns.size() == 0) return;
  if (!std::exchange(started_, true)) {
    const std::int64_t first = columns.arrival_ms.front();
    result_.first_arrival_ms = last_arrival_ms_ = first;
    feed_.start(first);
    if (config_.early_every_ms > 0 && !kClocked)
      next_early_ = first + (config_.phase_ms == 0 ? config_.early_every_ms : config_.phase_ms);
    next_timer_ = earliest_timer();
  }
  const std::size_t count = columns.size();
  const std::int64_t* const events = columns.event_ms.data();
  const std::int64_t* const arrivals = columns.arrival_ms.data();
  const std::uint32_t* const keys = columns.key.empty() ? nullptr : columns.key.data();
  const std::int64_t* const values = columns.value.empty() ? nullptr : columns.value.data();
  const std::uint64_t first_row = result_.records;
  const bool keep_fates = config_.keep_fates;
  std::int64_t watermark = watermark_;
  std::uint64_t behind = 0;

  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t event_ms = events[i];
    const std::int64_t now_ms = arrivals[i];
    const std::uint32_t key = keys == nullptr ? 0 : keys[i];
    const std::int64_t value = values == nullptr ? 1 : values[i];
    if (now_ms >= next_timer_) [[unlikely]] {
      run_timers(now_ms);
      watermark = watermark_;
    }
    if (static_cast<std::uint64_t>(event_ms - now_ms + oldest_) > span_) [[unlikely]] {
      reject(event_ms, now_ms);
      continue;
    }
    const bool is_behind = event_ms <= watermark;
    behind += is_behind ? 1 : 0;
    const Verdict verdict = windows_.add(key, event_ms, value, now_ms, watermark);
    if constexpr (kClocked) next_timer_ = earliest_timer();
    if (verdict != Verdict::accepted) [[unlikely]] {
      if (verdict == Verdict::dropped) {
        ++result_.dropped;
        result_.drops.add(first_row + i);
      } else {
        ++result_.no_window;
      }
    }
    if (keep_fates) [[unlikely]] {
      keep(verdict == Verdict::dropped     ? Fate::dropped
           : verdict == Verdict::no_window ? Fate::no_window
           : is_behind                     ? Fate::behind
                                           : Fate::on_time,
           watermark);
    }
    const std::int64_t said = feed_.on_record(key, {event_ms, now_ms, key, value});
    if (said != watermark) {
      moved(said, now_ms);
      watermark = watermark_;
    }
    if (watermark != event_time::kMinTimestamp) [[likely]]
      result_.lag.insert(now_ms - watermark - 1);
  }
  result_.behind += behind;
  result_.records += count;
  last_arrival_ms_ = arrivals[count - 1];
}

template <class Windows, class Feed>
void LaneOf<Windows, Feed>::moved(std::int64_t watermark, std::int64_t now_ms) {
  watermark = std::min(watermark, kLatestMs);
  if (watermark <= watermark_) {
    // Nothing downstream may see a watermark twice or going back: the checker counts, the windows stay.
    if (watermark < watermark_) ++result_.monotonicity_violations;
    return;
  }
  if (watermark_ == event_time::kMinTimestamp) lag_since_ms_ = now_ms;
  hold_lag(now_ms);
  watermark_ = watermark;
  ++result_.watermark_messages;
  if (watermark >= windows_.next_event()) windows_.advance(watermark, now_ms);
}

template <class Windows, class Feed>
void LaneOf<Windows, Feed>::run_timers(std::int64_t until_ms) {
  while (next_timer_ <= until_ms) {
    if constexpr (kClocked) {
      if (next_timer_ == windows_.next_clock_ms()) {
        windows_.on_clock(next_timer_);
        next_timer_ = earliest_timer();
        continue;
      }
    }
    if (next_early_ <= feed_.next_timer()) {
      // Between two records nothing new can be shown, so one early pane a gap is enough.
      windows_.show_early(next_early_);
      next_early_ +=
          (until_ms - next_early_) / config_.early_every_ms * config_.early_every_ms + config_.early_every_ms;
    } else {
      const std::int64_t now_ms = feed_.next_timer();
      const std::int64_t before = watermark_;
      if (const std::int64_t said = feed_.on_timer(); said != before) moved(said, now_ms);
      const std::int64_t limit_ms = std::min(until_ms, next_early_);
      if (watermark_ == before) {
        feed_.leave_out(feed_.idle_firings(limit_ms));
      } else if (before != event_time::kMinTimestamp && watermark_ - before == feed_.interval_ms()) {
        leap(now_ms, limit_ms);
      }
    }
    next_timer_ = earliest_timer();
  }
}

template <class Windows, class Feed>
void LaneOf<Windows, Feed>::leap(std::int64_t now_ms, std::int64_t until_ms) {
  // It goes with the clock, firing by firing: until a window is due that is all that it does.
  const std::int64_t step = feed_.interval_ms();
  std::int64_t firings = feed_.firings_before(until_ms);
  if (windows_.next_event() != event_time::kMaxTimestamp)
    firings = std::min(firings, (windows_.next_event() - watermark_) / step - 1);
  if (firings <= 0) return;
  feed_.leave_out(firings);
  hold_lag(now_ms);
  const std::int64_t leapt = firings * step;
  // Between two firings the lag rises by a step and falls back.
  lag_area_ += static_cast<Wide>(leapt) * (2 * (now_ms - watermark_ - 1) + step);
  lag_time_ms_ += leapt;
  lag_since_ms_ += leapt;
  watermark_ += leapt;
  result_.watermark_messages += static_cast<std::uint64_t>(firings);
}

template <class Windows, class Feed>
void LaneOf<Windows, Feed>::reject(std::int64_t event_ms, std::int64_t now_ms) {
  const bool future = event_ms > now_ms;
  ++(future ? result_.rejected_future : result_.rejected_old);
  if (config_.keep_fates) keep(future ? Fate::rejected_future : Fate::rejected_old, watermark_);
}

template <class Windows, class Feed>
ReplayResult LaneOf<Windows, Feed>::take(bool at_end) {
  hold_lag(last_arrival_ms_);
  result_.label = config_.label;
  result_.last_arrival_ms = last_arrival_ms_;
  result_.windows = windows_.take(at_end, last_arrival_ms_);
  result_.state_bytes = result_.windows.peak_bytes != 0
                            ? result_.windows.peak_bytes
                            : result_.windows.peak_cells * config_.aggregates.partial_bytes();
  result_.before_first_watermark =
      result_.records - result_.rejected_future - result_.rejected_old - result_.lag.count();
  result_.mean_lag_over_time_ms =
      lag_time_ms_ == 0 ? 0 : static_cast<double>(lag_area_) / 2 / static_cast<double>(lag_time_ms_);
  const event_time::strategy::Counters now = feed_.counters();
  result_.strategy = {now.adaptations - counters_before_.adaptations,
                      now.suppressed_regressions - counters_before_.suppressed_regressions,
                      now.fallbacks - counters_before_.fallbacks};
  counters_before_ = now;
  result_.slack_ms = feed_.slack_ms();
  result_.strategy_bytes = feed_.state_bytes();
  result_.rows = rows_.take();
  result_.row_results = rows_.take_results();
  result_.rows_left_out = rows_.left_out();
  lag_area_ = 0;
  lag_time_ms_ = 0;
  ReplayResult taken = std::exchange(result_, ReplayResult{});
  result_.first_arrival_ms = last_arrival_ms_;
  return taken;
}

}  // namespace wrackline::replay
