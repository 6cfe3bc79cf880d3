// Flink's watermark generators at the level of the WatermarkGenerator interface: what one of them says on an
// event and at a periodic emission, before anything filters it.
//
// Modelled: BoundedOutOfOrdernessWatermarks and AscendingTimestampsWatermarks, a punctuated generator that
// says every timestamp, NoWatermarksGenerator, and WatermarksWithIdleness around any of them. At this level
// equal and smaller watermarks are said again and again; the operator or the source output swallows them.
//
// Beside the core's WatermarkGenerator and IdlenessTimer (event_time/), because the real seam differs in
// three ways: it speaks (the core is asked), any bound up to Long.MAX_VALUE is legal, and the idleness clock
// counts nanoseconds with 0 for "not started" - so that a probe at clock 0 does not start it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/event_time/flink/watermark_event.hpp"

namespace wrackline::event_time::flink {

/// WatermarksWithIdleness.IdlenessTimer. Paused by the caller (who then passes a clock that stands) while the
/// task is backpressured or the split is blocked by watermark alignment.
class IdlenessTimer {
 public:
  explicit IdlenessTimer(std::int64_t timeout_ns) : timeout_ns_{timeout_ns} {}

  void activity() { ++counter_; }
  bool check_if_idle(std::int64_t now_ns);

 private:
  std::int64_t timeout_ns_;
  std::uint64_t counter_ = 0;
  std::uint64_t last_counter_ = 0;
  std::int64_t start_of_inactivity_ns_ = 0;  ///< 0: not started
};

struct GeneratorConfig {
  enum class Kind : std::uint8_t { bounded_out_of_orderness, ascending, punctuated, none };
  Kind kind = Kind::bounded_out_of_orderness;
  std::int64_t bound_ms = 0;                         ///< of bounded_out_of_orderness
  std::optional<std::int64_t> idle_timeout_ms = {};  ///< withIdleness

  /// What Flink would refuse, in its own words; empty if nothing.
  std::vector<std::string> problems() const;
};

class WatermarkGenerator {
 public:
  /// Needs a configuration without problems().
  explicit WatermarkGenerator(const GeneratorConfig& config);

  void on_event(TimestampMs timestamp, WatermarkEvents& out);
  void on_periodic_emit(std::int64_t now_ns, WatermarkEvents& out);

 private:
  GeneratorConfig config_;
  std::int64_t bound_ms_;
  TimestampMs max_timestamp_;
  std::optional<IdlenessTimer> idleness_;
  bool idle_now_ = false;
};

}  // namespace wrackline::event_time::flink
