// The window operator as a test reads it: elements and watermarks in, short lines out.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/event_time/flink/window_operator.hpp"

namespace wrackline::event_time::flink {

using Lines = std::vector<std::string>;

/// One key space: key n is printed as "kn". A result line is "k2,3@2999": key, sum, timestamp.
class Harness {
 public:
  explicit Harness(const WindowOperatorConfig& config) : op{config} {}

  Lines element(std::uint32_t key, std::int64_t value, TimestampMs ts, std::int64_t gap_ms = 0) {
    WindowElement element{.value = value, .timestamp = ts, .gap_ms = gap_ms};
    element.has_timestamp = ts != kMinTimestamp;
    verdict = op.add(key, element, results_);
    if (verdict == WindowOperator::Verdict::late) ++late;
    return take();
  }
  Lines watermark(TimestampMs ts) {
    alive = op.advance_watermark(ts, results_);
    return take();
  }
  Lines clock(std::int64_t now_ms) {
    alive = op.advance_processing_time(now_ms, results_);
    return take();
  }

  WindowOperator op;
  WindowOperator::Verdict verdict = WindowOperator::Verdict::accepted;
  bool alive = true;
  int late = 0;
  std::vector<WindowResult> last;         ///< of the last call
  std::vector<std::int64_t> last_values;  ///< their elements, one after the other

 private:
  Lines take() {
    Lines lines;
    for (const WindowResult& result : results_.results)
      lines.push_back(result.timestamp == kMaxTimestamp
                          ? fmt::format("k{},{}@MAX", result.key, result.sum)
                          : fmt::format("k{},{}@{}", result.key, result.sum, result.timestamp));
    std::sort(lines.begin(), lines.end());
    last = results_.results;
    last_values = results_.values;
    results_.clear();
    return lines;
  }
  WindowResults results_;
};

inline WindowOperatorConfig tumbling(std::int64_t size_ms, std::int64_t lateness_ms = 0) {
  return {.assigner = {.size_ms = size_ms}, .allowed_lateness_ms = lateness_ms};
}
inline WindowOperatorConfig sliding(std::int64_t size_ms, std::int64_t slide_ms,
                                    std::int64_t lateness_ms = 0) {
  return {.assigner = {.kind = WindowAssigner::Kind::sliding, .size_ms = size_ms, .slide_ms = slide_ms},
          .allowed_lateness_ms = lateness_ms};
}
inline WindowOperatorConfig session(std::int64_t gap_ms, std::int64_t lateness_ms = 0) {
  return {.assigner = {.kind = WindowAssigner::Kind::session, .gap_ms = gap_ms},
          .allowed_lateness_ms = lateness_ms};
}
inline WindowOperatorConfig dynamic_session() {
  return {.assigner = {.kind = WindowAssigner::Kind::dynamic_session}};
}
inline WindowOperatorConfig global() { return {.assigner = {.kind = WindowAssigner::Kind::global}}; }

inline TriggerLayer count(std::int64_t n) { return {.kind = TriggerLayer::Kind::count, .n = n}; }
inline TriggerLayer purging() { return {.kind = TriggerLayer::Kind::purging}; }
inline TriggerLayer on_event_time() { return {.kind = TriggerLayer::Kind::event_time}; }
inline TriggerLayer continuous(std::int64_t interval_ms) {
  return {.kind = TriggerLayer::Kind::continuous_event_time, .interval_ms = interval_ms};
}
inline TriggerLayer processing_timeout(std::int64_t timeout_ms) {
  return {.kind = TriggerLayer::Kind::processing_timeout, .interval_ms = timeout_ms};
}

}  // namespace wrackline::event_time::flink
