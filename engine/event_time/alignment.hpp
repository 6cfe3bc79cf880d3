// Watermark alignment: a partition that is far ahead of the slowest one is not read until the others caught
// up.
//
// Modelled: Flink's withWatermarkAlignment (reference/flink.md 2.8): every interval each task reports its
// watermark (the largest value while it is idle, nothing before its first one) to the group; the group
// announces min + max drift; a partition is paused iff its watermark is above that, strictly, and resumed
// otherwise. Before the first announcement nobody is paused; a sum that overflows is no limit. Differences:
// tasks are the instances of a job, they report and hear in the same step, and a task that has not reported
// for three intervals (it died, or has no partitions any more) no longer counts. State stays bounded,
// catching up is slower.
//
// The same reports make the out-of-band watermark: an aggregator that is polled, by which all tasks go.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/event_time/timestamp.hpp"

namespace wrackline::event_time {

/// The least watermark of a group of tasks, as known from what each said last.
class WatermarkReports {
 public:
  /// `lifetime_ms`: a report that is not renewed for longer does not count any more.
  explicit WatermarkReports(std::int64_t lifetime_ms) : lifetime_ms_{lifetime_ms} {}

  void report(std::uint32_t task, TimestampMs watermark, std::int64_t now_ms) {
    const auto at = std::lower_bound(reports_.begin(), reports_.end(), task,
                                     [](const Report& report, std::uint32_t id) { return report.task < id; });
    if (at != reports_.end() && at->task == task) {
      *at = {task, watermark, now_ms};
    } else {
      reports_.insert(at, {task, watermark, now_ms});
    }
  }
  /// Nothing if nobody has reported lately.
  std::optional<TimestampMs> least(std::int64_t now_ms) const {
    std::optional<TimestampMs> least;
    for (const Report& report : reports_) {
      if (now_ms - report.at_ms > lifetime_ms_) continue;
      least = std::min(least.value_or(kMaxTimestamp), report.watermark);
    }
    return least;
  }

 private:
  struct Report {
    std::uint32_t task = 0;
    TimestampMs watermark = kMinTimestamp;
    std::int64_t at_ms = 0;
  };
  std::int64_t lifetime_ms_;
  std::vector<Report> reports_;  ///< ascending by task
};

/// Shared by the tasks that are aligned.
class AlignmentGroup {
 public:
  AlignmentGroup(std::int64_t max_drift_ms, std::int64_t interval_ms)
      : max_drift_ms_{max_drift_ms}, reports_{3 * interval_ms} {}

  /// A task's watermark; kMinTimestamp (nothing said yet) is no report, an idle task reports kMaxTimestamp.
  void report(std::uint32_t task, TimestampMs watermark, std::int64_t now_ms) {
    if (watermark != kMinTimestamp) reports_.report(task, watermark, now_ms);
  }
  /// A partition whose watermark is above this is paused.
  TimestampMs max_allowed(std::int64_t now_ms) const {
    const auto least = reports_.least(now_ms);
    return least ? saturating_add(*least, max_drift_ms_) : kMaxTimestamp;
  }

 private:
  std::int64_t max_drift_ms_;
  WatermarkReports reports_;
};

/// Out-of-band propagation (MillWheel, Dataflow): the aggregator looks at all tasks every `poll_ms`; in
/// between its answer stands still. It never goes back.
class WatermarkAggregator {
 public:
  explicit WatermarkAggregator(std::int64_t poll_ms) : poll_ms_{poll_ms}, reports_{3 * poll_ms} {}

  void report(std::uint32_t task, TimestampMs watermark, std::int64_t now_ms) {
    reports_.report(task, watermark, now_ms);
  }
  TimestampMs poll(std::int64_t now_ms) {
    if (polled_ && now_ms - polled_at_ms_ < poll_ms_) return current_;
    polled_ = true;
    polled_at_ms_ = now_ms;
    current_ = std::max(current_, reports_.least(now_ms).value_or(kMinTimestamp));
    return current_;
  }

 private:
  std::int64_t poll_ms_;
  WatermarkReports reports_;
  bool polled_ = false;
  std::int64_t polled_at_ms_ = 0;
  TimestampMs current_ = kMinTimestamp;
};

}  // namespace wrackline::event_time
