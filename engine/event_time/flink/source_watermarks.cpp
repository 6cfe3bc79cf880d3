#include "engine/event_time/flink/source_watermarks.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::event_time::flink {

namespace {
constexpr std::int64_t kNanosPerMs = 1'000'000;
using Kind = SourceEvent::Kind;
}  // namespace

SourceWatermarks::SourceWatermarks(const GeneratorConfig& generator, std::int64_t interval_ms,
                                   std::int64_t now_ms, Version version)
    : config_{generator},
      interval_ms_{interval_ms},
      next_emit_ms_{now_ms + interval_ms},
      multiplexer_{version},
      main_{generator} {}

SourceWatermarks::Split& SourceWatermarks::at(SplitId split) {
  const auto found =
      std::find_if(splits_.begin(), splits_.end(), [split](const Split& s) { return s.id == split; });
  assert(found != splits_.end() && "a split that was not assigned");
  return *found;
}

void SourceWatermarks::add_split(SplitId split) {
  if (multiplexer_.register_output(split)) splits_.push_back({split, WatermarkGenerator{config_}});
}

void SourceWatermarks::release_split(SplitId split, SourceEvents& out) {
  out.push_back({Kind::split_finished, 0, split});
  multiplexer_.unregister_output(split);
  std::erase_if(splits_, [split](const Split& s) { return s.id == split; });
}

void SourceWatermarks::on_record(SplitId split, TimestampMs timestamp, SourceEvents& out) {
  at(split).generator.on_event(timestamp, said_);
  for (const WatermarkEvent& event : said_) multiplexer_.immediate(split, event, combined_);
  said_.clear();
  forward_splits(out);
}

void SourceWatermarks::on_main_record(TimestampMs timestamp, SourceEvents& out) {
  main_.on_event(timestamp, said_);
  forward_main(out);
}

void SourceWatermarks::mark_idle(SplitId split, SourceEvents& out) {
  assert(has_split(split));
  multiplexer_.immediate(split, WatermarkEvent::status(WatermarkStatus::idle), combined_);
  forward_splits(out);
}

void SourceWatermarks::on_processing_time(std::int64_t now_ms, SourceEvents& out) {
  if (interval_ms_ <= 0) return;
  for (; next_emit_ms_ <= now_ms; next_emit_ms_ += interval_ms_) emit_periodic(now_ms, out);
}

void SourceWatermarks::emit_periodic(std::int64_t now_ms, SourceEvents& out) {
  for (Split& split : splits_) {
    split.generator.on_periodic_emit(now_ms * kNanosPerMs, said_);
    for (const WatermarkEvent& event : said_) multiplexer_.deferred(split.id, event, combined_);
    said_.clear();
  }
  multiplexer_.on_periodic_emit(combined_);
  forward_splits(out);
  main_.on_periodic_emit(now_ms * kNanosPerMs, said_);
  forward_main(out);
}

void SourceWatermarks::forward_splits(SourceEvents& out) {
  for (const MultiplexerEvent& event : combined_) {
    switch (event.kind) {
      case MultiplexerEvent::Kind::output_watermark:
        out.push_back({Kind::split_watermark, event.timestamp, event.output});
        break;
      case MultiplexerEvent::Kind::watermark:
        emit(event.timestamp, out);
        splits_idle_ = false;
        break;
      case MultiplexerEvent::Kind::idle:
        splits_idle_ = true;
        maybe_idle(out);
        break;
    }
  }
  combined_.clear();
}

void SourceWatermarks::forward_main(SourceEvents& out) {
  for (const WatermarkEvent& event : said_) {
    main_idle_ = event.kind == WatermarkEvent::Kind::idle;
    if (main_idle_) {
      maybe_idle(out);
    } else {
      emit(event.timestamp, out);
    }
  }
  said_.clear();
}

void SourceWatermarks::emit(TimestampMs timestamp, SourceEvents& out) {
  if (timestamp <= max_watermark_) return;
  max_watermark_ = timestamp;
  out.push_back({Kind::reader_watermark, timestamp, 0});
  if (idle_) {
    out.push_back({Kind::active, 0, 0});
    out.push_back({Kind::reader_active, 0, 0});
  }
  idle_ = false;
  out.push_back({Kind::watermark, timestamp, 0});
}

void SourceWatermarks::maybe_idle(SourceEvents& out) {
  if (!splits_idle_ || !main_idle_ || idle_) return;
  out.push_back({Kind::idle, 0, 0});
  out.push_back({Kind::reader_idle, 0, 0});
  idle_ = true;
}

}  // namespace wrackline::event_time::flink
