#include "engine/event_time/spark/streaming_deduplicate.hpp"

namespace wrackline::event_time::spark {

void StreamingDeduplicate::process(const RowBatch& input, BatchWatermarks watermarks, RowBatch& output,
                                   OperatorMetrics& metrics) {
  for (std::size_t i = 0; i < input.size(); ++i) {
    const Row row = input.row(i);
    if (event_time_ && not_after(row[*event_time_], watermarks.late_ms)) {
      ++metrics.dropped;
      continue;
    }
    for (std::size_t k = 0; k < keys_.size(); ++k) key_[k] = row[keys_[k]];
    bool inserted = false;
    const std::uint32_t slot = state_.find_or_insert(key_, inserted);
    if (!inserted) {
      ++metrics.duplicates;
      continue;
    }
    if (delay_ms_) {
      // The real operator reads the long of the row as it is, so NULL counts as the epoch and a window as its
      // start.
      state_.values(slot)[0] = Value::bigint(row[*event_time_].a + *delay_ms_ * 1000);
    }
    ++metrics.updated;
    output.append(row);
  }
  evict(watermarks.eviction_ms, metrics);
  metrics.total = static_cast<std::int64_t>(state_.size());
}

void StreamingDeduplicate::evict(std::int64_t watermark_ms, OperatorMetrics& metrics) {
  if (!delay_ms_ && !event_time_key_) return;
  state_.for_each([&](std::uint32_t slot) {
    const bool old = delay_ms_ ? state_.values(slot)[0].a <= watermark_ms * 1000
                               : not_after(state_.key(slot)[*event_time_key_], watermark_ms);
    if (!old) return;
    state_.remove(slot);
    ++metrics.removed;
  });
}

}  // namespace wrackline::event_time::spark
