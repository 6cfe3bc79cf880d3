// The DataStream window operator, whole: Flink's WindowOperator and EvictingWindowOperator.
//
// Modelled: assigners of time_window.hpp, triggers of trigger.hpp, evictors of evictor.hpp, session merging,
// event- and processing-time timers, cleanup at maxTimestamp + lateness (at MAX if that overflows), late
// elements counted or put aside (L-1 ... L-10, S-1 ... S-10, G-1 ... G-5, P-1 ... P-3). A record late for
// some of its windows but not for all is not late. Its contents are either the list of its elements or one
// accumulator (a sum); emitted results carry the window's maximum timestamp. The operator does not filter
// watermarks: that is the valve's work. Restored state starts with the watermark at MIN.
// Not modelled: per-window user state, stagger, the state backend's cost.
//
// Beside the core's WindowOperator (event_time/window_operator.hpp), which is the pipeline's fast path:
// slices, event time, the default trigger, many partitions. Within that range both decide alike (tested);
// this one is the engine at its own seam, with its refusals and its oddities.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/event_time/flink/evictor.hpp"
#include "engine/event_time/flink/merging_window_set.hpp"
#include "engine/event_time/flink/timer_queue.hpp"
#include "engine/event_time/flink/trigger.hpp"

namespace wrackline::event_time::flink {

struct WindowOperatorConfig {
  WindowAssigner assigner;
  std::vector<TriggerLayer> trigger = {};  ///< outermost first; empty: the assigner's own
  std::optional<Evictor> evictor = {};
  std::int64_t allowed_lateness_ms = 0;
  bool reduce = false;  ///< one accumulator instead of the list of elements
  Version version = Version::v2_2;

  /// The first thing that Flink refuses, by its exception and words.
  struct Refusal {
    std::string exception;
    std::string message;
  };
  std::optional<Refusal> refusal() const;
};

/// Which call made a window fire.
struct FireCause {
  enum class By : std::uint8_t { element, event_timer, processing_timer };
  By by = By::element;
  TimestampMs time = 0;  ///< of the timer
};

struct WindowResult {
  std::uint32_t key = 0;
  TimeWindow window;
  TimestampMs timestamp = 0;  ///< of the emitted record
  std::int64_t sum = 0;
  std::size_t first_value = 0;  ///< into WindowResults::values; unless the operator reduces
  std::size_t count = 0;
  FireCause cause;
};

/// Results in the order in which they were emitted. Reused by the caller: clear() keeps the memory.
struct WindowResults {
  std::vector<WindowResult> results;
  std::vector<std::int64_t> values;  ///< of the elements, in state order

  void clear() {
    results.clear();
    values.clear();
  }
};

class WindowOperator {
 public:
  enum class Verdict : std::uint8_t {
    accepted,
    late,      ///< in no window any more: counted as dropped, or put aside
    vanished,  ///< in no window, and not late by its own timestamp: nobody counts it
    failed,    ///< the job fails; failure() says why, and nothing may be asked after that
  };
  /// Why the job failed. `exception` and `message` as in Flink.
  struct Failure {
    std::string exception;
    std::string message;
    bool endless = false;  ///< not an exception: the engine would fire for ever, or a million times in a pass
  };

  /// Needs a configuration without refusal().
  explicit WindowOperator(const WindowOperatorConfig& config);

  Verdict add(std::uint32_t key, const WindowElement& element, WindowResults& out);
  /// Fires the event-time timers up to the watermark. False: the job failed.
  bool advance_watermark(TimestampMs watermark, WindowResults& out);
  /// The clock reads now_ms: fires the processing-time timers up to it. False: the job failed. (A production
  /// timer for T rings at T + 1; whoever drives this decides when it is due.)
  bool advance_processing_time(std::int64_t now_ms, WindowResults& out);
  /// Only sets the clock, as opening an operator does.
  void set_processing_time(std::int64_t now_ms) { now_ms_ = now_ms; }
  /// A restart from a checkpoint taken now: state and timers stay, watermark and counter do not.
  void restore();

  TimestampMs watermark() const { return watermark_; }
  std::int64_t processing_time() const { return now_ms_; }
  const std::optional<Failure>& failure() const { return failure_; }
  std::size_t event_timers() const { return event_timers_.size(); }
  std::size_t processing_timers() const { return processing_timers_.size(); }
  /// Entries of keyed state: contents, trigger states, one merging set per key.
  std::size_t state_entries() const;

 private:
  struct WindowState {
    TimeWindow window;
    bool has_contents = false;
    std::int64_t sum = 0;                 ///< the accumulator, if the operator reduces
    std::vector<WindowElement> elements;  ///< else
    TriggerState trigger;
    bool empty() const { return !has_contents && trigger.entries() == 0; }
  };
  struct KeyState {
    std::vector<WindowState> windows;  ///< ascending by window
    MergingWindowSet sessions;
  };
  class Context;

  KeyState& key_state(std::uint32_t key);
  WindowState* find(std::uint32_t key, const TimeWindow& window);
  WindowState& find_or_add(std::uint32_t key, const TimeWindow& window);
  /// Forgets the entry if nothing is left in it.
  void prune(std::uint32_t key, const TimeWindow& window);

  bool add_to_window(std::uint32_t key, const TimeWindow& window, const TimeWindow& state_window,
                     const WindowElement& element, WindowResults& out);
  bool apply_merge(std::uint32_t key, const MergingWindowSet::Merge& merge);
  bool fire_timer(const WindowTimer& timer, FireCause cause, WindowResults& out);
  bool act(const TriggerResult& result, std::uint32_t key, const TimeWindow& window,
           const TimeWindow& state_window, FireCause cause, WindowResults& out);
  bool emit(std::uint32_t key, const TimeWindow& window, WindowState& state, FireCause cause,
            WindowResults& out);
  void clear_contents(std::uint32_t key, const TimeWindow& state_window);

  TimestampMs cleanup_time(const TimeWindow& window) const;
  bool is_window_late(const TimeWindow& window) const;
  bool is_element_late(const WindowElement& element) const;
  TimerQueue& cleanup_queue() {
    return config_.assigner.is_event_time() ? event_timers_ : processing_timers_;
  }
  bool fail(std::string exception, std::string message);
  bool never_ends(const char* why);

  WindowOperatorConfig config_;
  Trigger trigger_;
  TimestampMs watermark_ = kMinTimestamp;
  std::int64_t now_ms_ = 0;
  TimerQueue event_timers_;
  TimerQueue processing_timers_;
  std::vector<KeyState> keys_;  ///< by key: keys are interned, dense numbers
  std::optional<Failure> failure_;

  std::vector<TimeWindow> assigned_;
  std::vector<MergingWindowSet::Merge> merges_;
};

}  // namespace wrackline::event_time::flink
