// The judge of the windows: a batch recomputation of the same input, written without anything of the
// operator.
//
// Give it every record that should count (each once, in any order), ask it for any window: it collects the
// window's records, sorts them by key and adds them up. No slices, no watermark, no lateness, no state
// machine. It keeps its records until forget_before(), so memory follows the span of event time that is still
// open to judgement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "engine/event_time/window_assigner.hpp"
#include "sim/event_id.hpp"

namespace wrackline::event_time {

/// What a complete and duplicate-free window of one key must contain.
struct ExpectedResult {
  std::uint32_t key = 0;
  std::int64_t count = 0;
  std::int64_t sum = 0;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::uint64_t digest = 0;  ///< wrapping sum of sim::mix over the ids
  friend bool operator==(const ExpectedResult&, const ExpectedResult&) = default;
};

class WindowOracle {
 public:
  explicit WindowOracle(const WindowAssigner& assigner) : assigner_{assigner} {}

  void add(std::uint32_t key, TimestampMs timestamp, sim::EventId id, std::int64_t value) {
    const auto into = static_cast<std::uint64_t>(timestamp) - static_cast<std::uint64_t>(newest_bucket_);
    if (newest_ == nullptr || into >= static_cast<std::uint64_t>(assigner_.slide_ms)) {
      newest_bucket_ = assigner_.last_start(timestamp);
      newest_ = &buckets_[newest_bucket_];
    }
    newest_->push_back({timestamp, id, value, key});
  }

  /// The window's results, ascending by key; keys without a record do not appear.
  std::vector<ExpectedResult> expected(TimestampMs window_start) const;
  /// The ids behind one of them, ascending.
  std::vector<sim::EventId> members(TimestampMs window_start, std::uint32_t key) const;
  /// Starts of the windows that have at least one record, ascending.
  std::vector<TimestampMs> window_starts() const;

  /// No window that ends at or before `window_end` will be asked for again.
  void forget_before(TimestampMs window_end);
  std::size_t records_held() const;

 private:
  struct Record {
    TimestampMs timestamp;
    sim::EventId id;
    std::int64_t value;
    std::uint32_t key;
  };
  std::vector<Record> records_of(TimestampMs window_start) const;

  WindowAssigner assigner_;
  std::map<TimestampMs, std::vector<Record>> buckets_;  ///< by the newest window start <= timestamp
  std::vector<Record>* newest_ = nullptr;
  TimestampMs newest_bucket_ = 0;
};

}  // namespace wrackline::event_time
