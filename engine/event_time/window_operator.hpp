// Keyed event-time windows: what is aggregated, when it fires, when it is too late.
//
// Modelled: Flink's WindowOperator with an EventTimeTrigger, for tumbling and hopping windows (rules W, L of
// reference/flink.md 11.1, 11.2):
//   * a record is dropped as late iff the last of its windows is past its cleanup time, max timestamp +
//   allowed
//     lateness <= watermark; a hopping record that is late for some of its windows but not for all is
//     accepted;
//   * a window fires when the watermark reaches its max timestamp, and again, at once, for every accepted
//   record after
//     that (accumulating panes);
//   * at its cleanup time its state goes. Cleanup times that overflow mean "never".
// Differences from it, on purpose:
//   * a window's contents live in shared slices (engine/event_time/slice.hpp), not once per window. The
//   results are the same;
//   * order: all that one watermark fires comes by (window end, partition, key). Flink leaves ties open;
//   * snapshots hold the watermark, and a restored partition never judges by less than it - as Flink's SQL
//   window
//     operator does. So a restore neither fires a window twice nor re-opens a cleaned one.
// State is kept per input partition: purge_partition() drops exactly the state of a revoked one. The same key
// in two partitions gives two panes. Not modelled: purging triggers, early panes, evictors, sessions (later
// rooms).
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/event_time/fired_window.hpp"
#include "engine/event_time/pane.hpp"
#include "engine/event_time/partition_watermarks.hpp"
#include "engine/event_time/slice.hpp"
#include "engine/event_time/window_assigner.hpp"
#include "engine/event_time/window_snapshot.hpp"

namespace wrackline::event_time {

/// When the state of a window goes (WindowOperator.cleanupTime).
constexpr TimestampMs cleanup_time(TimestampMs window_max_timestamp, std::int64_t allowed_lateness_ms) {
  return saturating_add(window_max_timestamp, allowed_lateness_ms);
}
/// WindowOperator.isWindowLate: nothing is added to such a window any more.
inline bool is_window_late(const Window& window, std::int64_t allowed_lateness_ms, TimestampMs watermark) {
  return cleanup_time(window.max_timestamp(), allowed_lateness_ms) <= watermark;
}

class WindowOperator {
 public:
  enum class Verdict : std::uint8_t {
    accepted,
    late_dropped,  ///< counted by Flink as numLateRecordsDropped
    no_window,     ///< slide > size and the record lies in a gap (and is not late): it vanishes without being
                   ///< counted
  };

  /// What Flink would refuse of the two, in words; empty if nothing.
  static std::vector<std::string> problems(const WindowAssigner& assigner, std::int64_t allowed_lateness_ms);
  /// Needs arguments without problems().
  explicit WindowOperator(const WindowAssigner& assigner, std::int64_t allowed_lateness_ms = 0,
                          Lineage lineage = Lineage::full);

  /// One record. `value` is what sum, min and max are taken over. Late firings are appended to `fired`.
  Verdict add(PartitionId partition, std::uint32_t key, TimestampMs timestamp, sim::EventId id,
              std::int64_t value, PaneBatch& fired) {
    PartitionState& state = partition_state(partition);
    // The usual case: the slice of the record before, and none of its windows has fired yet.
    const auto into = static_cast<std::uint64_t>(timestamp) - static_cast<std::uint64_t>(state.hot_start_ms);
    if (into < slice_ms_ && std::max(watermark_, state.watermark_floor) < state.hot_first_max) {
      add_to(*state.hot, key, id, value);
      return Verdict::accepted;
    }
    return add_slowly(state, key, timestamp, id, value, fired);
  }

  /// Before records of these keys are added: fetches what they will touch, all at once instead of one after
  /// the other. With many keys this is most of what adding costs.
  [[gnu::always_inline]] void foresee(PartitionId partition, std::span<const std::uint32_t> keys) {
    const PartitionState& state = partition_state(partition);
    if (state.hot_first_max != kMinTimestamp) state.hot->foresee(keys);
  }

  /// The watermark of the task moved to `watermark` (a smaller one is ignored). Everything that it lets fire
  /// is appended to `fired`, then what is past its cleanup time is forgotten.
  void advance_watermark(TimestampMs watermark, PaneBatch& fired) {
    if (watermark <= watermark_) return;
    const TimestampMs before = watermark_;
    watermark_ = watermark;
    if (watermark >= next_event_) run_due(before, fired);
  }
  TimestampMs watermark() const { return watermark_; }
  /// Up to here, exclusive, an advancing watermark changes nothing: no firing, no cleanup. kMaxTimestamp if
  /// no state.
  TimestampMs next_event() const { return next_event_; }

  /// Revocation: the state of the partition is gone, unfired. The watermark stays.
  void purge_partition(PartitionId partition);
  /// The state of the partition as a value; empty (but for the watermark) if it has none.
  PartitionSnapshot snapshot(PartitionId partition) const;
  /// Puts a snapshot back; the partition must have no state here (purge it first).
  void restore(PartitionId partition, const PartitionSnapshot& snapshot);

  const WindowAssigner& assigner() const { return assigner_; }
  std::int64_t allowed_lateness_ms() const { return allowed_lateness_ms_; }
  Lineage lineage() const { return lineage_; }
  /// State held now: the figures of science.md §2's cost model. Counted when asked.
  std::size_t slices_held() const;
  std::size_t cells_held() const;    ///< (slice, key) pairs
  std::size_t records_held() const;  ///< entries of lineage

 private:
  struct PartitionState {
    PartitionId partition = 0;
    TimestampMs watermark_floor = kMinTimestamp;   ///< from a restored snapshot
    std::vector<std::unique_ptr<Slice>> slices{};  ///< ascending by start
    std::vector<FiredWindow> fired{};              ///< ascending by start; only with allowed lateness
    Slice* hot = nullptr;                          ///< the slice of the last record
    TimestampMs hot_start_ms = 0;
    TimestampMs hot_first_max =
        kMinTimestamp;  ///< max timestamp of the first window over it; MIN: no hot slice
  };
  /// The starts of the windows over a slice, first <= last, or none.
  struct Starts {
    TimestampMs first = 0;
    TimestampMs last = 0;
    bool none = false;
  };
  struct DueWindow {
    TimestampMs start = 0;
    std::size_t state = 0;  ///< index into states_, which is ascending by partition
    friend auto operator<=>(const DueWindow&, const DueWindow&) = default;
  };
  struct Entry {
    std::uint64_t key_and_slice = 0;
    std::uint32_t slot = 0;
  };

  PartitionState& partition_state(PartitionId partition) {
    if (last_state_ < states_.size() && states_[last_state_].partition == partition)
      return states_[last_state_];
    return find_or_add_state(partition);
  }
  void add_to(Slice& slice, std::uint32_t key, sim::EventId id, std::int64_t value) {
    if (lineage_ != Lineage::none) {
      slice.add<true>(key, id, value);
    } else {
      slice.add<false>(key, id, value);
    }
  }
  PartitionState& find_or_add_state(PartitionId partition);
  const PartitionState* find_state(PartitionId partition) const;
  TimestampMs effective_watermark(const PartitionState& state) const {
    return std::max(watermark_, state.watermark_floor);
  }

  Verdict add_slowly(PartitionState& state, std::uint32_t key, TimestampMs timestamp, sim::EventId id,
                     std::int64_t value, PaneBatch& fired);
  void run_due(TimestampMs watermark_before, PaneBatch& fired);
  void fire_on_time(PartitionState& state, TimestampMs window_start, PaneBatch& fired);
  void fire_late(PartitionState& state, TimestampMs window_start, std::uint32_t key, sim::EventId id,
                 PaneBatch& fired);
  void clean_up(PartitionState& state);
  void schedule_next();
  void schedule(const PartitionState& state, TimestampMs slice_start);

  Starts starts_over(TimestampMs slice_start) const;
  TimestampMs max_of(TimestampMs window_start) const {
    return saturating_add(window_start, assigner_.size_ms - 1);
  }
  Slice& open_slice(PartitionState& state, TimestampMs slice_start);
  static std::uint32_t next_pane_index(PartitionState& state, TimestampMs window_start, std::uint32_t key);

  WindowAssigner assigner_;
  std::int64_t allowed_lateness_ms_;
  Lineage lineage_;
  std::uint64_t slice_ms_;
  TimestampMs watermark_ = kMinTimestamp;
  TimestampMs next_event_ = kMaxTimestamp;
  std::vector<PartitionState> states_;  ///< ascending by partition
  std::size_t last_state_ = 0;
  std::vector<std::unique_ptr<Slice>> spare_;

  // Scratch of run_due, kept for its memory.
  std::vector<DueWindow> due_;
  std::vector<Slice*> covering_;
  std::vector<Entry> entries_;
};

}  // namespace wrackline::event_time
