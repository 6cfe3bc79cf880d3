// When a window fires: Flink's triggers, as plain functions of their own small state.
//
// Modelled: EventTime, ProcessingTime, Count, ContinuousEventTime, ContinuousProcessingTime, Delta (newer
// value minus older), Never, EndOfStream, and around any of them Purging and ProcessingTimeout, exactly as
// the classes behave: a count survives a purge; a continuous trigger's next firing is not re-armed by
// elements and is never beyond the window's end; a time-out fires whatever the inner trigger says, and purges
// only if the inner answered the *timer* with a purge; merging drops the state of the old
// windows but not all of their timers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/event_time/flink/time_window.hpp"

namespace wrackline::event_time::flink {

/// One layer of a trigger.
struct TriggerLayer {
  enum class Kind : std::uint8_t {
    event_time,
    processing_time,
    count,
    continuous_event_time,
    continuous_processing_time,
    delta,
    never,          ///< default of global windows
    end_of_stream,  ///< fires at the MAX watermark
    purging,
    processing_timeout,
  };
  Kind kind = Kind::event_time;
  std::int64_t n = 1;            ///< count
  std::int64_t interval_ms = 0;  ///< continuous_*; the time-out of processing_timeout
  double threshold = 0;          ///< delta
  bool reset_timer_on_new_record = false;
  bool clear_on_timeout = true;

  bool wraps() const { return kind == Kind::purging || kind == Kind::processing_timeout; }
};

/// What triggers keep per key and window, each in a state of its own name.
struct TriggerState {
  std::optional<std::int64_t> count;
  std::optional<std::int64_t> fire_time;
  std::optional<std::int64_t> last_element;
  std::optional<std::int64_t> timeout;

  std::size_t entries() const {
    return std::size_t{count.has_value()} + std::size_t{fire_time.has_value()} +
           std::size_t{last_element.has_value()} + std::size_t{timeout.has_value()};
  }
};

/// What a trigger may look at and do, for the key and window at hand. Implemented by the window operator.
class TriggerContext {
 public:
  virtual TimeWindow window() const = 0;
  virtual TimestampMs watermark() const = 0;
  virtual std::int64_t now_ms() const = 0;
  virtual TriggerState& state() = 0;
  virtual void register_event_timer(TimestampMs at) = 0;
  virtual void delete_event_timer(TimestampMs at) = 0;
  virtual void register_processing_timer(std::int64_t at) = 0;
  virtual void delete_processing_timer(std::int64_t at) = 0;

 protected:
  ~TriggerContext() = default;
};

struct TriggerResult {
  bool fire = false;
  bool purge = false;
  bool failed = false;  ///< the trigger itself throws (NullPointerException in Flink)
};

class Trigger {
 public:
  /// Outermost layer first; every layer but the last wraps the next.
  explicit Trigger(std::vector<TriggerLayer> layers);
  /// What an assigner uses if nothing else is said.
  static Trigger default_of(const WindowAssigner& assigner);

  bool can_merge() const;
  /// On a window without an end it re-arms itself for ever (surprise 11 of docs/surprises/flink.md).
  bool is_continuous_in_event_time() const {
    return layers_.back().kind == TriggerLayer::Kind::continuous_event_time;
  }
  TriggerResult on_element(const WindowElement& element, TriggerContext& context) const {
    return on_element(0, element, context);
  }
  TriggerResult on_event_time(TimestampMs time, TriggerContext& context) const {
    return on_event_time(0, time, context);
  }
  TriggerResult on_processing_time(std::int64_t time, TriggerContext& context) const {
    return on_processing_time(0, time, context);
  }
  /// `merged` are the states of the windows that became the one at hand; they are emptied by the caller.
  void on_merge(const std::vector<TriggerState>& merged, TriggerContext& context) const;
  void clear(TriggerContext& context) const { clear(0, context); }

 private:
  TriggerResult on_element(std::size_t at, const WindowElement& element, TriggerContext& context) const;
  TriggerResult on_event_time(std::size_t at, TimestampMs time, TriggerContext& context) const;
  TriggerResult on_processing_time(std::size_t at, std::int64_t time, TriggerContext& context) const;
  void clear(std::size_t at, TriggerContext& context) const;

  std::vector<TriggerLayer> layers_;
};

}  // namespace wrackline::event_time::flink
