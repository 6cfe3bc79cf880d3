#include "engine/event_time/flink/timestamps_and_watermarks_operator.hpp"

namespace wrackline::event_time::flink {

namespace {
constexpr std::int64_t kNanosPerMs = 1'000'000;
}

TimestampsAndWatermarksOperator::TimestampsAndWatermarksOperator(const GeneratorConfig& generator,
                                                                 std::int64_t interval_ms,
                                                                 std::int64_t now_ms)
    : generator_{generator}, interval_ms_{interval_ms} {
  if (interval_ms > 0) next_timer_ms_ = now_ms + interval_ms;
}

void TimestampsAndWatermarksOperator::on_record(TimestampMs timestamp, WatermarkEvents& out) {
  generator_.on_event(timestamp, said_);
  forward(out);
}

void TimestampsAndWatermarksOperator::on_watermark(TimestampMs timestamp, WatermarkEvents& out) {
  if (timestamp == kMaxTimestamp) emit(timestamp, out);
}

void TimestampsAndWatermarksOperator::on_processing_time(std::int64_t now_ms, WatermarkEvents& out) {
  if (!next_timer_ms_ || *next_timer_ms_ > now_ms) return;
  generator_.on_periodic_emit(now_ms * kNanosPerMs, said_);
  forward(out);
  next_timer_ms_ = now_ms + interval_ms_;
}

void TimestampsAndWatermarksOperator::on_end_of_input(std::int64_t now_ms, WatermarkEvents& out) {
  generator_.on_periodic_emit(now_ms * kNanosPerMs, said_);
  forward(out);
}

void TimestampsAndWatermarksOperator::forward(WatermarkEvents& out) {
  for (const WatermarkEvent& said : said_) {
    if (said.kind == WatermarkEvent::Kind::watermark) {
      emit(said.timestamp, out);
    } else if (!idle_) {
      idle_ = true;
      out.push_back(said);
    }
  }
  said_.clear();
}

void TimestampsAndWatermarksOperator::emit(TimestampMs timestamp, WatermarkEvents& out) {
  if (timestamp <= current_watermark_) return;
  current_watermark_ = timestamp;
  if (idle_) out.push_back(WatermarkEvent::status(WatermarkStatus::active));
  idle_ = false;
  out.push_back(WatermarkEvent::watermark(timestamp));
}

}  // namespace wrackline::event_time::flink
