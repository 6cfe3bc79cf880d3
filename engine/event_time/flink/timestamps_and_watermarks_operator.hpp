// assignTimestampsAndWatermarks in the middle of a pipeline: Flink's TimestampsAndWatermarksOperator.
//
// Modelled: the record goes on first, then the generator hears of it; periodic emission re-armed at now +
// interval after each fire (a clock jump over several intervals fires once); upstream watermarks are ignored
// but for MAX, upstream statuses altogether; one last periodic emission at the end of the input. A watermark
// that does not advance is swallowed, and it does not end idleness either.
// Not modelled: the production timer service's extra millisecond (the caller's clock decides when a timer is
// due).
#pragma once

#include <cstdint>
#include <optional>

#include "engine/event_time/flink/watermark_event.hpp"
#include "engine/event_time/flink/watermark_generator.hpp"

namespace wrackline::event_time::flink {

class TimestampsAndWatermarksOperator {
 public:
  /// `interval_ms`: pipeline.auto-watermark-interval; 0 = no periodic emission.
  TimestampsAndWatermarksOperator(const GeneratorConfig& generator, std::int64_t interval_ms,
                                  std::int64_t now_ms);

  /// The record itself has gone downstream already.
  void on_record(TimestampMs timestamp, WatermarkEvents& out);
  void on_watermark(TimestampMs timestamp, WatermarkEvents& out);
  /// The clock reads now_ms: fires the timer if it is due.
  void on_processing_time(std::int64_t now_ms, WatermarkEvents& out);
  void on_end_of_input(std::int64_t now_ms, WatermarkEvents& out);

  /// When the periodic timer is due; none with interval 0.
  std::optional<std::int64_t> next_timer_ms() const { return next_timer_ms_; }

 private:
  void forward(WatermarkEvents& out);
  void emit(TimestampMs timestamp, WatermarkEvents& out);

  WatermarkGenerator generator_;
  std::int64_t interval_ms_;
  std::optional<std::int64_t> next_timer_ms_;
  TimestampMs current_watermark_ = kMinTimestamp;
  bool idle_ = false;
  WatermarkEvents said_;
};

}  // namespace wrackline::event_time::flink
