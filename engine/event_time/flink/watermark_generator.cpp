#include "engine/event_time/flink/watermark_generator.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::event_time::flink {

namespace {

constexpr std::int64_t kNanosPerMs = 1'000'000;

std::int64_t saturating_nanos(std::int64_t ms) {
  return ms > kMaxTimestamp / kNanosPerMs ? kMaxTimestamp : ms * kNanosPerMs;
}

}  // namespace

bool IdlenessTimer::check_if_idle(std::int64_t now_ns) {
  if (counter_ != last_counter_) {
    last_counter_ = counter_;
    start_of_inactivity_ns_ = 0;
    return false;
  }
  if (start_of_inactivity_ns_ == 0) {
    start_of_inactivity_ns_ = now_ns;
    return false;
  }
  return now_ns - start_of_inactivity_ns_ > timeout_ns_;
}

std::vector<std::string> GeneratorConfig::problems() const {
  std::vector<std::string> found;
  if (kind == Kind::bounded_out_of_orderness && bound_ms < 0)
    found.emplace_back("maxOutOfOrderness cannot be negative");
  if (idle_timeout_ms && *idle_timeout_ms <= 0) found.emplace_back("idleTimeout must be greater than zero");
  return found;
}

WatermarkGenerator::WatermarkGenerator(const GeneratorConfig& config)
    : config_{config},
      bound_ms_{config.kind == GeneratorConfig::Kind::bounded_out_of_orderness ? config.bound_ms : 0},
      // So that the first watermark is exactly MIN, and not a wrapped number.
      max_timestamp_{kMinTimestamp + bound_ms_ + 1} {
  assert(config.problems().empty());
  if (config.idle_timeout_ms) idleness_.emplace(saturating_nanos(*config.idle_timeout_ms));
}

void WatermarkGenerator::on_event(TimestampMs timestamp, WatermarkEvents& out) {
  max_timestamp_ = std::max(max_timestamp_, timestamp);
  if (config_.kind == GeneratorConfig::Kind::punctuated) out.push_back(WatermarkEvent::watermark(timestamp));
  if (idleness_) idleness_->activity();
  idle_now_ = false;
}

void WatermarkGenerator::on_periodic_emit(std::int64_t now_ns, WatermarkEvents& out) {
  if (idleness_ && idleness_->check_if_idle(now_ns)) {
    if (!idle_now_) out.push_back(WatermarkEvent::status(WatermarkStatus::idle));
    idle_now_ = true;
    return;
  }
  if (config_.kind == GeneratorConfig::Kind::bounded_out_of_orderness ||
      config_.kind == GeneratorConfig::Kind::ascending)
    out.push_back(WatermarkEvent::watermark(max_timestamp_ - bound_ms_ - 1));
}

}  // namespace wrackline::event_time::flink
