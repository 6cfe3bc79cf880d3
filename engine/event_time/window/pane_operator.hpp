// Keyed windows of the whole vocabulary: what is assigned, stored, fired, corrected and forgotten.
//
// Records of a (partition, key) go into its open windows; a window fires by its PanePolicy, and its state
// goes when the watermark reaches its last timestamp plus the allowed lateness (rules W and L of
// reference/flink.md 11, as WindowOperator in the folder above). Where the records lie:
//
//   slices   tumbling, hopping, cumulate: once per stretch between two window borders, combined when a window
//            fires: updates = records. Not with early panes or late discarding ones, which need to know what
//            is new in each window
//   buckets  once per open window: updates = records x windows. Sessions, count and global windows, too
//   items    sliding: each record for itself
//
// The order of what one watermark fires is (window end, start, partition, key). Sessions: touching ones merge
// (flink.md 3.2); a record that is late on its own but touches a live session is kept. A merged session is a
// new window; what its parts have reported stays with the reader unless panes are retracting.
//
// Count windows: the n-th record fires what is there, the end of the input fires the rest (Flink drops the
// rest in silence). Like global ones they span the whole axis and are never late.
//
// Pure logic: timestamps, a watermark and a processing time go in. State is kept per partition, as a value
// that can be taken out and put back. Not modelled: evictors beyond "the last n", delta and timeout triggers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "engine/event_time/partition_watermarks.hpp"
#include "engine/event_time/window/aggregate.hpp"
#include "engine/event_time/window/pane_policy.hpp"
#include "engine/event_time/window/pane_state.hpp"
#include "engine/event_time/window/time_windows.hpp"

namespace wrackline::event_time::window {

struct WindowedAggregation {
  enum class Storage : std::uint8_t { automatic, slices, buckets };
  WindowDefinition windows;
  AggregateSpec aggregate;
  PanePolicy panes;
  Storage storage = Storage::automatic;
  bool lineage = true;  ///< keep and list the contributing records

  bool can_slice() const;
  std::vector<std::string> problems() const;
};

enum class PaneKind : std::uint8_t { early, on_time, late };

struct ResultPane {
  Window window;
  PartitionId partition = 0;
  std::uint32_t key = 0;
  std::uint32_t index = 0;  ///< panes of this window before it; of a retraction: the retracted one's
  PaneKind kind = PaneKind::on_time;
  bool retraction = false;  ///< takes back what was said before, with the same figures
  Aggregate basic;
  AggregateResult result;
  std::size_t first_contribution = 0;
  std::size_t contributions = 0;
};

struct ResultPanes {
  std::vector<ResultPane> panes;
  std::vector<sim::EventId> ids;

  std::span<const sim::EventId> contributions(const ResultPane& pane) const {
    return std::span{ids}.subspan(pane.first_contribution, pane.contributions);
  }
  void clear() {
    panes.clear();
    ids.clear();
  }
};

/// The cost model of science.md §2: counts, not seconds.
struct WindowCosts {
  std::uint64_t records = 0;  ///< accepted
  std::uint64_t late_dropped = 0;
  std::uint64_t updates = 0;   ///< of an accumulator by a record
  std::uint64_t combines = 0;  ///< of an accumulator with another: slices of a firing window, merged sessions
  std::uint64_t windows = 0;   ///< opened
  std::uint64_t slices = 0;    ///< opened
  std::uint64_t merges = 0;    ///< of sessions
  std::uint64_t panes = 0;
  std::uint64_t retractions = 0;
};

class PaneOperator {
 public:
  enum class Verdict : std::uint8_t { accepted, late_dropped, no_window };

  /// Needs a spec without problems().
  explicit PaneOperator(WindowedAggregation spec);

  /// One record at processing time `now_ms`. What fires at once is appended to `fired`.
  Verdict add(PartitionId partition, std::uint32_t key, TimestampMs timestamp, sim::EventId id,
              std::int64_t value, std::int64_t now_ms, ResultPanes& fired);
  /// Of the record before, if accepted: the windows by timestamp for which it came too late. Sliding: the
  /// last window, whether it exists or not, that is closed to the record, and with it all before.
  std::span<const Window> late_windows() const { return late_windows_; }

  void advance_watermark(TimestampMs watermark, ResultPanes& fired);
  void advance_processing_time(std::int64_t now_ms, ResultPanes& fired);
  TimestampMs watermark() const { return watermark_; }
  /// When advance_processing_time has something to do; kMaxTimestamp: never.
  std::int64_t next_processing_ms() const { return dues_.empty() ? kMaxTimestamp : dues_.begin()->at_ms; }

  void purge_partition(PartitionId partition);
  /// Differs whenever the partition's windows have changed.
  std::uint64_t changes_of(PartitionId partition) const;
  /// The state as a value, at no cost; what is due by processing time counts from the restoring operator's
  /// clock again.
  PartitionWindows snapshot(PartitionId partition) const;
  /// The partition must have no state here.
  void restore(PartitionId partition, const PartitionWindows& state, std::int64_t now_ms);

  const WindowedAggregation& spec() const { return spec_; }
  bool slicing() const { return storage_ == Store::slices; }
  const WindowCosts& costs() const { return costs_; }
  /// Calls `visit(key, window)` with every open window; but what is `seen`.
  template <class Visit>
  void for_each_open(Visit&& visit, SeenParts* seen = nullptr) const {
    for (const PartitionWindows& state : states_) state.for_each_open(visit, seen);
  }
  std::size_t open_windows() const;
  std::size_t slices_held() const;
  std::size_t state_bytes() const;
  bool empty() const { return timers_.empty() && dues_.empty(); }

 private:
  enum class Store : std::uint8_t { slices, buckets, items };
  /// Event time: fires before cleanups of the same time.
  struct Timer {
    TimestampMs at_ms = 0;
    bool cleanup = false;
    TimestampMs end_ms = 0;
    TimestampMs start_ms = 0;
    PartitionId partition = 0;
    std::uint32_t key = 0;
    friend auto operator<=>(const Timer&, const Timer&) = default;
  };
  struct Due {
    std::int64_t at_ms = 0;
    TimestampMs end_ms = 0;
    TimestampMs start_ms = 0;
    PartitionId partition = 0;
    std::uint32_t key = 0;
    friend auto operator<=>(const Due&, const Due&) = default;
  };
  struct Record {
    PartitionWindows* state;
    KeyWindows* keyed;
    std::uint32_t key;
    TimestampMs timestamp;
    sim::EventId id;
    std::int64_t value;
    std::int64_t now_ms;
    ResultPanes* fired;
  };

  PartitionWindows& state_of(PartitionId partition);
  TimestampMs watermark_of(const PartitionWindows& state) const {
    return std::max(watermark_, state.watermark_floor);
  }
  TimestampMs cleanup_of(const Window& window) const {
    return saturating_add(window.max_timestamp(), spec_.panes.allowed_lateness_ms);
  }
  bool gone(const PartitionWindows& state, const Window& window) const {
    return cleanup_of(window) <= watermark_of(state);
  }

  Verdict add_by_timestamp(const Record& record);
  Verdict add_to_slice(const Record& record);
  Verdict add_to_session(const Record& record);
  Verdict add_sliding(const Record& record);
  Verdict add_to_count(const Record& record);

  OpenWindow& open(const Record& record, const Window& window);
  void close(PartitionWindows& state, KeyWindows& keyed, std::uint32_t key, const Window& window);
  void put(const Record& record, OpenWindow& window);
  void triggers(const Record& record, OpenWindow& window);
  void arm(const Record& record, OpenWindow& window, std::int64_t after_ms);
  void disarm(PartitionId partition, std::uint32_t key, OpenWindow& window);
  void on_timer(const Timer& timer, ResultPanes& fired);
  void emit(const PartitionWindows& state, KeyWindows& keyed, std::uint32_t key, OpenWindow& window,
            PaneKind kind, ResultPanes& fired);
  void expire(KeyWindows& keyed, TimestampMs at_ms) const;

  WindowedAggregation spec_;
  std::optional<TimeWindows> time_windows_;
  Store storage_;
  TimestampMs watermark_ = kMinTimestamp;
  std::vector<PartitionWindows> states_;  ///< by partition
  std::set<Timer> timers_;
  std::set<Due> dues_;
  WindowCosts costs_;
  std::vector<Window> windows_;  // scratch
  std::vector<Window> late_windows_;
};

}  // namespace wrackline::event_time::window
