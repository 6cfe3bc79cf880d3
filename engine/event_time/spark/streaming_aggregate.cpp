#include "engine/event_time/spark/streaming_aggregate.hpp"

namespace wrackline::event_time::spark {

StreamingAggregate::StreamingAggregate(std::vector<std::size_t> keys,
                                       std::vector<AggregateFunction> functions,
                                       std::optional<std::size_t> event_time_key, OutputMode mode)
    : keys_{std::move(keys)},
      functions_{std::move(functions)},
      event_time_key_{event_time_key},
      mode_{mode},
      state_{keys_.size(), functions_.size()},
      partial_{keys_.size(), functions_.size()},
      key_(keys_.size()) {}

void StreamingAggregate::process(const RowBatch& input, BatchWatermarks watermarks, RowBatch& output,
                                 OperatorMetrics& metrics) {
  partial_.clear();
  for (std::size_t i = 0; i < input.size(); ++i) {
    const Row row = input.row(i);
    for (std::size_t k = 0; k < keys_.size(); ++k) key_[k] = row[keys_[k]];
    bool inserted = false;
    const auto buffers = partial_.values(partial_.find_or_insert(key_, inserted));
    for (std::size_t f = 0; f < functions_.size(); ++f)
      functions_[f].merge(buffers[f], functions_[f].of(row));
  }

  const bool filters = event_time_key_ && mode_ != OutputMode::complete;
  partial_.for_each([&](std::uint32_t group) {
    const Row key = partial_.key(group);
    if (filters && not_after(key[*event_time_key_], watermarks.late_ms)) {
      ++metrics.dropped;
      return;
    }
    bool inserted = false;
    const std::uint32_t slot = state_.find_or_insert(key, inserted);
    for (std::size_t f = 0; f < functions_.size(); ++f)
      functions_[f].merge(state_.values(slot)[f], partial_.values(group)[f]);
    ++metrics.updated;
    if (mode_ == OutputMode::update) output.append(state_.whole(slot));
  });

  if (filters) evict(watermarks.eviction_ms, output, metrics);
  if (mode_ == OutputMode::complete)
    state_.for_each([&](std::uint32_t slot) { output.append(state_.whole(slot)); });
  metrics.total = static_cast<std::int64_t>(state_.size());
}

void StreamingAggregate::evict(std::int64_t watermark_ms, RowBatch& output, OperatorMetrics& metrics) {
  state_.for_each([&](std::uint32_t slot) {
    if (!not_after(state_.key(slot)[*event_time_key_], watermark_ms)) return;
    if (mode_ == OutputMode::append) output.append(state_.whole(slot));
    state_.remove(slot);
    ++metrics.removed;
  });
}

}  // namespace wrackline::event_time::spark
