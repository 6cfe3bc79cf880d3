// Which watermark? Every strategy and parameter over one trace: chosen on its first part, judged on the rest.
//
//   what is promised   the late-drop rate, with the interval in which the next stretch of the trace should
//   have
//                      it (drop_interval.hpp). A configuration fulfils `late_rate` if the upper end does.
//   what is chosen     among those, and among those whose P99 result latency is within `p99_ms` too, the
//                      fastest by P99 and those within one emission interval of it, which is phase luck; of
//                      these the ones that go by event time rather than by the clock (a stall can not make
//                      those late), then the lowest upper end of the drop rate, then P99, then fixed before
//                      adaptive.
//   what is judged     the drop rate of the chosen one on the held-out part, which it enters warm, against
//   its
//                      interval. Kept: at or below the upper end.
//
// Result latency is from the end of a window to its on-time pane; windows that should have fired and have not
// count with their age, so a watermark that stands still is not fast. The Pareto front is over drop rate and
// P99 on the first part: nothing else is at least as good in both and better in one.
//
// Only windows that end in event time can be tuned for: count and global windows wait for no watermark.
//
// The trace is walked through three times (how long it is; what its first part looks like; the replay itself)
// and never held. Not modelled: tuning of window and lateness (they are the question), and what a stall of a
// kind that the first part has not seen would do - the holdout shows it where it happened.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/replay/drop_interval.hpp"
#include "engine/replay/replay.hpp"
#include "engine/replay/tune_grid.hpp"

namespace wrackline::replay {

struct TuneQuestion {
  WindowSpec window;
  std::int64_t allowed_lateness_ms = 0;
  AggregateList aggregates;
  double late_rate = 0.01;             ///< dropped / records
  std::optional<std::int64_t> p99_ms;  ///< of the result latency
  double holdout = 0.5;                ///< the share of the records that judges; 0: none is held out
  double level = 0.95;                 ///< of the interval, two-sided
  GridOptions grid;
  std::optional<std::int64_t> max_future_skew_ms;
  std::optional<std::int64_t> max_age_ms;

  std::vector<std::string> problems() const;
};

struct TuneCandidate {
  event_time::strategy::Block watermark;
  ReplayResult first;
  ReplayResult second;  ///< of the held-out part; no records if there is none
  DropInterval interval;
  /// Of the first part, with the overdue windows; nothing: no window has ended.
  std::optional<std::int64_t> p50_ms;
  std::optional<std::int64_t> p95_ms;
  std::optional<std::int64_t> p99_ms;
  std::optional<std::int64_t> held_out_p99_ms;
  /// Of the held-out part: how many of a hundredth of its records in a row were dropped at most. Drops come
  /// in clusters, so a rate that is kept says little about the worst stretch.
  std::uint64_t worst_dropped = 0;
  std::uint64_t worst_records = 0;  ///< 0: nothing is held out
  bool on_front = false;
  bool keeps_late_rate = false;  ///< the upper end of the interval does
  bool keeps_p99 = false;        ///< true as well if no latency was asked for
};

struct TuneReport {
  std::string error;  ///< set if there is nothing else
  std::uint64_t records = 0;
  std::uint64_t first_records = 0;
  std::int64_t first_arrival_ms = 0;
  std::int64_t split_ms = 0;  ///< arrival of the first held-out record
  std::int64_t last_arrival_ms = 0;
  std::vector<TuneCandidate> candidates;  ///< in the order of the catalogue
  std::optional<std::size_t> recommended;
  bool fulfilled = false;  ///< the recommended one keeps what was asked for
  std::string reason;      ///< one sentence
  std::string caution;  ///< what the figures of the trace do not say about the recommended one; may be empty
  /// The verdict of the held-out part on the recommended one.
  bool kept = false;             ///< not above its interval
  bool within_interval = false;  ///< not below either
};

/// Walks through the trace from its beginning each time it is called: gives chunk after chunk to the function
/// until that returns false. Says what is wrong with the trace, if something is.
using TracePass = std::function<std::string(const std::function<bool(const Columns&)>&)>;

TuneReport tune(const TuneQuestion& question, const TracePass& pass, unsigned threads = 1,
                const std::atomic<bool>* cancelled = nullptr);
/// Decides anew about candidates that are measured already, for another late_rate, p99_ms or level.
void decide(TuneReport& report, const TuneQuestion& question);

TuneReport tune(const TuneQuestion& question, const Columns& columns, unsigned threads = 1,
                const std::atomic<bool>* cancelled = nullptr);

}  // namespace wrackline::replay
