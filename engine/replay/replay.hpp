// Replays a recorded trace under one or many configurations: what would have been late, dropped, complete,
// and when - without a simulator, in one pass, holding nothing of the trace.
//
//   Replay replay{{config, other}};
//   while (reader gives a chunk) if (auto error = replay.feed(chunk)) complain(*error);
//   std::vector<ReplayResult> results = replay.finish();
//
// Modelled: one task that reads all records in order of arrival, with the watermark strategies of the
// catalogue and event-time windows; the clock is that of the arrivals. Timers (periodic emission, idleness,
// early panes) run between the records, up to the last arrival. When the input ends nothing is flushed:
// windows that the watermark has not reached stay unfired, and their records are missing from the latencies,
// as they would be for somebody who looks at that moment.
//
// Not modelled: processing costs, parallel tasks, a watermark that travels (the pipeline does that).
//
// Configurations share nothing, so they may run on several threads; results do not depend on how many, nor on
// how the trace was cut into chunks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/replay/columns.hpp"
#include "engine/replay/config.hpp"
#include "engine/replay/result.hpp"

namespace wrackline::replay {

class Lane;

class Replay {
 public:
  /// Needs configurations without problems().
  explicit Replay(const std::vector<ReplayConfig>& configs, unsigned threads = 1);
  ~Replay();
  Replay(Replay&&) noexcept;
  Replay& operator=(Replay&&) noexcept;

  /// The next records. If something is wrong with the columns (lengths that differ, an arrival before the one
  /// ahead of it, a time beyond the year 9999), says so by row and takes none of them.
  std::optional<std::string> feed(const Columns& columns);
  /// Looked at while feeding; once it is true, the rest of the records is ignored.
  void cancel_on(const std::atomic<bool>* cancelled) { cancelled_ = cancelled; }

  /// The results so far, one for each configuration in their order. Counting starts anew, all state stays:
  /// the next results are those of the following part of the trace, warm.
  std::vector<ReplayResult> cut() { return take(false); }
  /// The results of the last part, with what has not fired.
  std::vector<ReplayResult> finish() { return take(true); }

  std::uint64_t records() const { return records_; }

 private:
  std::optional<std::string> problem_of(const Columns& columns) const;
  std::vector<ReplayResult> take(bool at_end);

  std::vector<std::unique_ptr<Lane>> lanes_;
  unsigned threads_;
  const std::atomic<bool>* cancelled_ = nullptr;
  std::uint64_t records_ = 0;
  std::int64_t last_arrival_ms_ = INT64_MIN;
};

/// All of it in one call, for columns that are in memory anyway.
struct ReplayOutcome {
  std::vector<ReplayResult> results;
  std::string error;  ///< set if there are no results
};
ReplayOutcome replay(const std::vector<ReplayConfig>& configs, const Columns& columns, unsigned threads = 1,
                     const std::atomic<bool>* cancelled = nullptr);

}  // namespace wrackline::replay
