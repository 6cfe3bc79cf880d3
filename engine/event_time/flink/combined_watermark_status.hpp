// Several watermarks into one: CombinedWatermarkStatus, used over the splits of a reader
// (WatermarkOutputMultiplexer) and over the inputs of an operator (IndexedCombinedWatermarkStatus).
//
// Modelled: the minimum over the parts that are not idle, never backwards; a watermark on a part ends its
// idleness, even if it does not advance; nothing happens without parts, and the idle flag then stays what it
// was. Version: with all parts idle 1.20 leaves the combined watermark where it is, 2.x moves it to the
// maximum of all. (The core's PartitionWatermarks is the same rule in one piece for the pipeline's source;
// this is the class at its real seam, where parts can be told idle and active from outside.)
#pragma once

#include <cassert>
#include <cstddef>
#include <vector>

#include "engine/event_time/flink/version.hpp"
#include "engine/event_time/flink/watermark_event.hpp"

namespace wrackline::event_time::flink {

struct PartialWatermark {
  TimestampMs watermark = kMinTimestamp;
  bool idle = false;

  /// Whether the watermark rose. Ends idleness in any case.
  bool set_watermark(TimestampMs timestamp) {
    idle = false;
    if (timestamp <= watermark) return false;
    watermark = timestamp;
    return true;
  }
};

class CombinedWatermarkStatus {
 public:
  explicit CombinedWatermarkStatus(Version version) : version_{version} {}

  TimestampMs combined_watermark() const { return combined_; }
  bool is_idle() const { return idle_; }

  /// Whether the combined watermark rose; refreshes is_idle(). `part_of` gets a PartialWatermark out of an
  /// element of `parts`.
  template <typename Parts, typename PartOf>
  bool update(const Parts& parts, PartOf part_of) {
    if (parts.empty()) return false;
    TimestampMs lowest = kMaxTimestamp;
    TimestampMs highest = kMinTimestamp;
    bool all_idle = true;
    for (const auto& element : parts) {
      const PartialWatermark& part = part_of(element);
      if (part.watermark > highest) highest = part.watermark;
      if (part.idle) continue;
      all_idle = false;
      if (part.watermark < lowest) lowest = part.watermark;
    }
    idle_ = all_idle;
    if (all_idle && version_ == Version::v1_20) return false;
    const TimestampMs candidate = all_idle ? highest : lowest;
    if (candidate <= combined_) return false;
    combined_ = candidate;
    return true;
  }

 private:
  Version version_;
  TimestampMs combined_ = kMinTimestamp;
  bool idle_ = false;
};

class IndexedCombinedWatermarkStatus {
 public:
  IndexedCombinedWatermarkStatus(std::size_t inputs, Version version) : parts_(inputs), status_{version} {}

  /// Whether the combined watermark rose.
  bool update_watermark(std::size_t input, TimestampMs timestamp) {
    assert(input < parts_.size());
    parts_[input].set_watermark(timestamp);
    return update();
  }
  bool update_status(std::size_t input, WatermarkStatus status) {
    assert(input < parts_.size());
    parts_[input].idle = status == WatermarkStatus::idle;
    return update();
  }
  TimestampMs combined_watermark() const { return status_.combined_watermark(); }
  bool is_idle() const { return status_.is_idle(); }

 private:
  bool update() {
    return status_.update(parts_,
                          [](const PartialWatermark& part) -> const PartialWatermark& { return part; });
  }

  std::vector<PartialWatermark> parts_;
  CombinedWatermarkStatus status_;
};

/// The watermarks of an operator with several inputs (AbstractStreamOperator.processWatermark1/2,
/// processWatermarkStatus1/2): the combined watermark is processed, then - if the combination changed between
/// idle and active - the status that came in is sent on.
class OperatorInputs {
 public:
  OperatorInputs(std::size_t inputs, Version version) : combined_{inputs, version} {}

  void on_watermark(std::size_t input, TimestampMs timestamp, WatermarkEvents& out) {
    if (combined_.update_watermark(input, timestamp)) process_watermark(out);
  }
  void on_status(std::size_t input, WatermarkStatus status, WatermarkEvents& out) {
    const bool was_idle = combined_.is_idle();
    if (combined_.update_status(input, status)) process_watermark(out);
    if (was_idle != combined_.is_idle()) out.push_back(WatermarkEvent::status(status));
  }
  /// What records are judged against.
  TimestampMs current_watermark() const { return combined_.combined_watermark(); }

 private:
  void process_watermark(WatermarkEvents& out) {
    out.push_back(WatermarkEvent::watermark(combined_.combined_watermark()));
  }
  IndexedCombinedWatermarkStatus combined_;
};

}  // namespace wrackline::event_time::flink
