#include <fmt/format.h>

#include "engine/event_time/flink/interval_join.hpp"
#include "engine/event_time/flink/watermark_generator.hpp"
#include "engine/event_time/flink/window_operator.hpp"
#include "tests/event_time_engines/engines.hpp"

namespace wrackline::event_time::engines {

namespace {

/// The watermark after each record.
class Watermarks {
 public:
  explicit Watermarks(std::int64_t bound_ms)
      : generator_({flink::GeneratorConfig::Kind::bounded_out_of_orderness, bound_ms}) {}
  TimestampMs after(TimestampMs timestamp) {
    flink::WatermarkEvents said;
    generator_.on_event(timestamp, said);
    generator_.on_periodic_emit(0, said);
    for (const auto& event : said) {
      if (event.kind == flink::WatermarkEvent::Kind::watermark) now_ = std::max(now_, event.timestamp);
    }
    return now_;
  }

 private:
  flink::WatermarkGenerator generator_;
  TimestampMs now_ = kMinTimestamp;
};

}  // namespace

Cells flink_counts(const std::vector<Arrival>& arrivals, const Setting& setting) {
  flink::WindowOperatorConfig config;
  config.assigner.kind = setting.windowing == Windowing::tumbling ? flink::WindowAssigner::Kind::tumbling
                                                                  : flink::WindowAssigner::Kind::session;
  config.assigner.size_ms = setting.window_s * 1000;
  config.assigner.gap_ms = setting.window_s * 1000;
  config.allowed_lateness_ms = setting.flink_lateness_s * 1000;
  config.reduce = true;
  flink::WindowOperator windows(config);
  Watermarks watermarks(setting.disorder_s * 1000);
  flink::WindowResults results;
  Cells cells;
  for (const Arrival& arrival : arrivals) {
    const TimestampMs timestamp = arrival.seconds * 1000;
    results.clear();
    const auto verdict = windows.add(static_cast<std::uint32_t>(key_number(arrival.key)),
                                     {.value = 1, .timestamp = timestamp}, results);
    windows.advance_watermark(watermarks.after(timestamp), results);
    std::vector<std::string> said;
    if (verdict == flink::WindowOperator::Verdict::late) said.push_back("dropped");
    for (const auto& result : results.results) {
      const bool again = result.cause.by == flink::FireCause::By::element;
      said.push_back(count_text(key_text(result.key), result.window.start, result.window.end, false,
                                std::to_string(result.sum)) +
                     (again ? " (again)" : ""));
    }
    cells.push_back(cell(said));
  }
  return cells;
}

Cells flink_join(const std::vector<Arrival>& arrivals, std::int64_t within_s, std::int64_t disorder_s) {
  flink::IntervalJoin join({-within_s * 1000, within_s * 1000});
  Watermarks sides[2] = {Watermarks(disorder_s * 1000), Watermarks(disorder_s * 1000)};
  TimestampMs said_by[2] = {kMinTimestamp, kMinTimestamp};
  Cells cells;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const Arrival& arrival = arrivals[i];
    const TimestampMs timestamp = arrival.seconds * 1000;
    std::vector<flink::JoinPair> pairs;
    const auto verdict = join.add(arrival.right ? flink::JoinSide::right : flink::JoinSide::left,
                                  static_cast<std::uint32_t>(key_number(arrival.key)), i, timestamp, pairs);
    std::vector<std::string> said;
    if (verdict == flink::IntervalJoin::Verdict::late) said.push_back("dropped");
    for (const auto& pair : pairs) {
      said.push_back(join_name(arrivals, pair.left) + "+" + join_name(arrivals, pair.right));
    }
    const std::size_t side = arrival.right ? 1 : 0;
    said_by[side] = sides[side].after(timestamp);
    join.advance_watermark(std::min(said_by[0], said_by[1]));
    cells.push_back(cell(said));
  }
  return cells;
}

}  // namespace wrackline::event_time::engines
